import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { bolt, gear, Icon, inbox, keyboard, search, type IconShapes } from '../shared/icons';
import { adopt } from '../shared/styles';
import { plain } from '../shared/text';
import type { Session } from '../shared/types';
import { keysOf, named } from './commands';
import { insert } from './field';
import { fits } from './fuzzy';
import { absorb } from './lists';
import { views } from './model';
import { pageIcons, pageTitles, pagesFor, viewNames } from './nav';
import css from './palette.css';
import { go, link, pageLink } from './route';
import { fill, readSaved } from './saved';
import { api } from './server';
import { get, set } from './state';
import { face, useApp, visitorFace } from './use';
import { t, type Word } from './words';
import { assign } from './work';

adopt(document, css);

interface Entry {
  key: string;
  group: Word;
  name: string;
  about?: string;
  icon: ComponentChildren;
  keys?: string[] | undefined;
  /** Kept out until something is typed. */
  hidden?: boolean;
  run(): void;
}

const most = 24; // entries drawn
const keysTo: Partial<Record<string, string[]>> = { visitors: ['G', 'V'], reports: ['G', 'R'], settings: ['G', 'S'] };

const drawn = (of: IconShapes) => <Icon of={of} />;

/** All that can be reached by name, from what this page knows. */
function everything(): Entry[] {
  const { sessions, open, scopes, agents, me, saved } = get();
  const session = open ? sessions.get(open) : undefined;
  const out: Entry[] = named().map(({ command, name }) => ({ key: `do ${name}`, group: 'palDo', name, keys: keysOf(command), icon: drawn(command.icon ?? keyboard), run: () => command.run() }));
  if (session?.status === 'active' && scopes.includes('write')) {
    for (const a of agents) {
      const name = t('palAssign', { name: a.agent_id === me?.agent_id ? t('palMe') : a.name });
      out.push({ key: `to ${a.agent_id}`, group: 'palDo', name, icon: <Avatar person={face(a.name, a.avatar_url)} size={20} />, hidden: true, run: () => void assign(session.session_id, a) });
    }
  }
  if (session && scopes.includes('write')) {
    for (const r of saved ?? []) {
      out.push({ key: `say ${r.canned_reply_id}`, group: 'palSay', name: `/${r.shortcut}`, about: r.message, icon: drawn(bolt), hidden: true, run: () => insert(fill(r.message, session.visitor_name, me?.name ?? '')) });
    }
  }
  for (const view of views) out.push({ key: `list ${view}`, group: 'palGo', name: viewNames[view], icon: drawn(inbox), keys: view === 'open' ? ['G', 'I'] : undefined, run: () => go(view) });
  for (const page of pagesFor(scopes.includes('admin'))) {
    out.push({ key: `page ${page}`, group: 'palGo', name: pageTitles[page], icon: drawn(pageIcons[page]), keys: keysTo[page], run: () => { location.hash = pageLink(page); } });
  }
  if (scopes.includes('admin')) {
    for (const [section, word] of [['widget', 'palWidget'], ['hours', 'palHours'], ['developers', 'palDevelopers']] as const) {
      out.push({ key: `settings ${section}`, group: 'palGo', name: t(word), icon: drawn(gear), hidden: true, run: () => { location.hash = pageLink('settings', section); } });
    }
  }
  for (const s of sessions.values()) out.push(conversation(s));
  return out;
}

function conversation(s: Session, excerpt?: string, message?: string): Entry {
  const view = s.status === 'closed' ? 'closed' : 'open';
  return {
    key: `talk ${s.session_id} ${message ?? ''}`, group: 'palTalks', name: s.visitor_name, icon: <Avatar person={visitorFace(s.visitor_name, s.visitor_id)} online={s.visitor_online} size={20} />,
    about: excerpt ?? [s.visitor_email, plain(s.last_message?.message ?? '')].filter(Boolean).join(', '),
    run: () => { location.hash = link(view, s.session_id, message); },
  };
}

/** Reaches everything by name: what can be done, where one can go, whom one can talk to, what can be said. */
export function Palette() {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [found, setFound] = useState<Entry[]>([]);
  const saved = useApp((s) => s.saved);
  const box = useRef<HTMLDialogElement>(null);
  const back = useRef<HTMLElement | null>(null);

  useEffect(() => {
    back.current = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    readSaved().catch(() => { /* they are not offered */ });
  }, []);
  useEffect(() => {
    const q = typed.trim();
    setFound([]);
    if (q.length < 2) return;
    const stop = new AbortController();
    const ask = setTimeout(async () => {
      try {
        const page = await api<{ results: { session: Session; message?: { message_id: string }; excerpt: string }[] }>('GET', '/search', undefined, { query: { q, limit: 8 }, signal: stop.signal });
        absorb(page.results.map((r) => r.session));
        setFound(page.results.map((r) => conversation(r.session, r.excerpt, r.message?.message_id)));
      } catch { /* what this page knows is offered all the same */ }
    }, 180);
    return () => { clearTimeout(ask); stop.abort(); };
  }, [typed]);

  const entries = useMemo(() => choose(everything(), found, typed), [typed, found, saved]);
  const now = Math.min(chosen, entries.length - 1);
  useEffect(() => { box.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }); }, [now, entries]);

  const close = () => set({ paletteOpen: false });
  function run(entry: Entry | undefined) {
    if (!entry) return;
    close();
    // What is done may set the focus somewhere itself; before that it goes back to where it came from.
    setTimeout(() => { back.current?.focus(); entry.run(); });
  }

  function key(e: KeyboardEvent) {
    if (e.isComposing) return;
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + 8, PageUp: now - 8 }[e.key];
    if (to !== undefined) setChosen(e.key.startsWith('Page') ? Math.max(0, Math.min(entries.length - 1, to)) : (to + entries.length) % Math.max(1, entries.length));
    else if (e.key === 'Enter') run(entries[now]);
    else return;
    e.preventDefault();
  }

  return (
    <dialog ref={box} class="palette" aria-label={t('findOrDo')} onClose={() => { close(); back.current?.focus(); }} onClick={(e) => { if (e.target === box.current) { close(); back.current?.focus(); } }}>
      <div class="ask-for">
        <Icon of={search} />
        <input value={typed} placeholder={t('palHint')} aria-label={t('findOrDo')} role="combobox" aria-expanded="true" aria-controls="palette" aria-autocomplete="list" autocomplete="off" spellcheck={false} dir="auto"
          aria-activedescendant={entries.length ? `palette-${now}` : undefined} onInput={(e) => { setTyped(e.currentTarget.value); setChosen(0); }} onKeyDown={key} />
        <kbd>Esc</kbd>
      </div>
      <div class="entries" id="palette" role="listbox" aria-label={t('findOrDo')}>
        {entries.map((one, i) => [
          one.group !== entries[i - 1]?.group && <div class="group" role="presentation" key={`group ${one.group}`}>{t(one.group)}</div>,
          <div key={one.key} id={`palette-${i}`} class="entry" role="option" aria-selected={i === now} onMouseMove={() => setChosen(i)} onClick={() => run(one)}>
            {one.icon}<b dir="auto">{one.name}</b>{one.about && <span class="about-it" dir="auto">{one.about}</span>}{one.keys && <span class="keys">{one.keys.map((k) => <kbd key={k}>{k}</kbd>)}</span>}
          </div>,
        ])}
        {!entries.length && <p class="none">{t('palNothing')}</p>}
      </div>
      <div class="sr" role="status">{typed && t('offers', { n: entries.length })}</div>
    </dialog>
  );
}

const order: Word[] = ['palTalks', 'palDo', 'palGo', 'palSay'];

/** The entries that fit, by group, the group of the best one first; conversations that only the server knows stand behind those known here. */
function choose(all: Entry[], found: Entry[], typed: string): Entry[] {
  const q = typed.trim();
  if (!q) {
    const talks = all.filter((e) => e.group === 'palTalks').slice(0, 5);
    return sorted([...talks, ...all.filter((e) => e.group !== 'palTalks' && !e.hidden)].map((entry) => ({ entry, score: 1 })), order);
  }
  const scored = all.map((entry) => ({ entry, score: Math.max(fits(entry.name, q), entry.about ? fits(entry.about, q) / (entry.group === 'palTalks' ? 2 : 3) : 0) }))
    .filter(({ score }) => score > 8).sort((a, b) => b.score - a.score).slice(0, most);
  const known = new Set(scored.map(({ entry }) => entry.key.split(' ')[1]));
  for (const entry of found) if (!known.has(entry.key.split(' ')[1]!)) scored.push({ entry, score: 20 });
  return sorted(scored, [...new Set(scored.map(({ entry }) => entry.group))]);
}

const sorted = (list: { entry: Entry; score: number }[], groups: Word[]) => groups.flatMap((g) => list.filter(({ entry }) => entry.group === g).map(({ entry }) => entry));

