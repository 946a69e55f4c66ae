import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { check, clockFace, cross, Icon, people, tag as tagIcon, user } from '../../shared/icons';
import { bulk, chooseAll, letGo } from '../choose';
import { Menu, type Item } from '../menu';
import { get, say, set } from '../state';
import { face, useApp } from '../use';
import { assign, closeDelay, closeOne, tag, transfer } from '../work';
import { sideBySide } from './many';

/** What can be done with all that are chosen. */
export function Bulk() {
  const chosen = useApp((s) => s.chosen);
  const agents = useApp((s) => s.agents);
  const departments = useApp((s) => s.departments);
  const me = useApp((s) => s.me?.agent_id);
  const [tagging, setTagging] = useState(false);
  const [busy, setBusy] = useState('');
  const [closing, setClosing] = useState<string[]>();
  const n = chosen.size;

  /** Those for which it did not work stay chosen, to be tried again. */
  async function all(doing: string, done: string, fn: (id: string) => Promise<boolean>, ids = [...get().chosen]) {
    setBusy(doing);
    const well = await sideBySide(ids, fn);
    setBusy('');
    set({ chosen: new Set(ids.filter((id) => !well.includes(id))) });
    if (well.length) say({ text: `${well.length === 1 ? 'One conversation' : `${well.length} conversations`} ${done}.` });
  }

  // Closing waits for a change of mind, as it does for one. Leaving the page does it at once.
  const close = useRef(() => {});
  close.current = () => { if (closing) { setClosing(undefined); void all('Closing…', 'closed', closeOne, closing); } };
  useEffect(() => {
    if (!closing) return;
    const timer = setTimeout(() => close.current(), closeDelay);
    const leave = () => close.current();
    addEventListener('pagehide', leave);
    return () => { clearTimeout(timer); removeEventListener('pagehide', leave); };
  }, [closing]);

  // The keys reach what the bar offers.
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const mine = agents.find((a) => a.agent_id === me);
    Object.assign(bulk, closing ? { assign: undefined, tag: undefined, take: undefined, close: undefined, keep: () => setClosing(undefined) } : {
      assign: () => box.current?.querySelector<HTMLElement>('.menu-root > button')?.click(),
      tag: () => setTagging(true),
      take: () => { if (mine) void all('Assigning…', 'assigned to you', (id) => assign(id, mine)); },
      close: () => setClosing([...get().chosen]),
      keep: undefined,
    });
    return () => { for (const name of Object.keys(bulk) as (keyof typeof bulk)[]) delete bulk[name]; };
  });

  const items: Item[] = agents.map((a) => ({
    label: a.agent_id === me ? `${a.name} (you)` : a.name, hint: a.availability === 'away' ? 'Away' : a.online ? '' : 'Not here',
    icon: <Avatar person={face(a.name, a.avatar_url)} size={20} />,
    run: () => void all('Assigning…', `assigned to ${a.name}`, (id) => assign(id, a)),
  }));
  items.push(...departments.map((name) => ({ label: name, hint: 'Department', icon: <Icon of={people} />, run: () => void all('Handing over…', `handed to ${name}`, (id) => transfer(id, name)) })));
  items.push({ label: 'Nobody', icon: <span class="none" aria-hidden="true" />, run: () => void all('Releasing…', 'released', (id) => assign(id, undefined)) });

  if (closing) {
    return (
      <div class="bulk" role="status"><p>Closing {closing.length === 1 ? 'one conversation' : `${closing.length} conversations`}</p>
        <div><button class="ghost" title="Keep open (Z)" onClick={() => setClosing(undefined)}>Keep open</button></div></div>
    );
  }
  return (
    <div class="bulk" ref={box} role="toolbar" aria-label="With what is chosen">
      <p role="status">{busy || `${n} chosen`}</p>
      <button class="text" title="All in this list (Shift A)" onClick={chooseAll}>All in this list</button>
      <button class="icon" aria-label="Choose none" title="Choose none (Esc)" onClick={letGo}><Icon of={cross} /></button>
      {tagging
        ? <TagField done={(name) => { setTagging(false); if (name) void all('Tagging…', `tagged ${name}`, (id) => tag(id, name, true)); }} />
        : (
          <div>
            <Menu class="ghost" hint="Assign (A)" items={items}><Icon of={user} />Assign</Menu>
            <button class="ghost" title="Tag (T)" onClick={() => setTagging(true)}><Icon of={tagIcon} />Tag</button>
            <button class="ghost" title="Later (H)" onClick={() => set({ later: [...chosen] })}><Icon of={clockFace} />Later</button>
            <button class="ghost" title="Close (E)" onClick={() => setClosing([...chosen])}><Icon of={check} />Close</button>
          </div>
        )}
    </div>
  );
}

function TagField({ done }: { done(name: string): void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const finish = () => done(field.current!.value.trim().replace(/\s+/g, ' '));
  return (
    <form onSubmit={(e) => { e.preventDefault(); finish(); }}>
      <input ref={field} type="text" dir="auto" autocomplete="off" maxLength={50} aria-label="Tag for all of them" placeholder="Tag"
        onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); e.preventDefault(); done(''); } }} />
      <button class="solid">Add</button>
    </form>
  );
}
