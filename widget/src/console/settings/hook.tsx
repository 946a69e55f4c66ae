// One webhook: what it is, what can be done with it, and its deliveries.
import { useEffect, useRef, useState } from 'preact/hooks';
import { exact } from '../../shared/format';
import { Icon, left } from '../../shared/icons';
import { pageLink } from '../route';
import { api, words } from '../server';
import { locale } from '../use';
import { Deliveries, type Delivery } from './deliveries';
import { Section } from './fields';
import { HookForm } from './hookform';
import { doing, State, useEvery5s, type Webhook } from './hooks';
import { SendAgain } from './sendagain';
import { Secret } from './secret';

type Asking = 'edit' | 'rotate' | 'remove' | 'again' | undefined;

export function HookPage({ id }: { id: string }) {
  const path = `/webhooks/${id}`;
  const [hook, setHook] = useState<Webhook>();
  const [error, setError] = useState('');
  const [asking, setAsking] = useState<Asking>();
  const [secret, setSecret] = useState<Webhook>();
  const [round, setRound] = useState(0);
  const [going, setGoing] = useState(false); // it is being removed: nobody asks for it any more

  async function load() {
    if (going) return;
    try {
      setHook(await api<Webhook>('GET', path));
      setError('');
    } catch (err) { setError(words(err)); }
  }
  useEvery5s(load, going);
  const look = async () => { setRound((n) => n + 1); await load(); };
  const back = pageLink('settings', 'developers');

  async function switchOn() {
    await doing('It is on. What it has missed can be sent now.', () => api('PATCH', path, { enabled: true }), look);
    setAsking('again');
  }
  async function rotate() {
    setAsking(undefined);
    await doing('Deliveries are signed with both secrets for a day.', async () => setSecret(await api<Webhook>('POST', `${path}/rotate-secret`)), look);
  }
  async function remove() {
    setAsking(undefined);
    setGoing(true);
    await doing('It was removed.', () => api('DELETE', path).then(() => { location.hash = back; }, (err) => { setGoing(false); throw err; }), () => undefined);
  }

  return (
    <>
      <p class="backlink"><a href={back}><Icon of={left} class="flip" />Developers</a></p>
      {error && <p class="wrong" role="alert">{error}</p>}
      {hook && (
        <section class="set" aria-label="Webhook">
          <header class="stack"><h3 class="address" dir="ltr">{hook.url}</h3><p dir="auto">{hook.description}</p><State of={hook} /></header>
          {!hook.enabled && <Off of={hook} />}
          {asking === 'edit' ? <HookForm of={hook} done={(made) => { setAsking(undefined); if (made) setHook(made); }} /> : (
            <>
              <dl class="facts">
                <dt>Events</dt><dd>{hook.events[0] === '*' && hook.events.length === 1 ? 'All but notes' : hook.events.map((e) => <code key={e} class="tagged">{e}</code>)}</dd>
                <dt>Payload</dt><dd>Version {hook.version}</dd>
                <dt>Made</dt><dd>{exact(new Date(hook.created_at), locale)}</dd>
              </dl>
              <div class="line acts">
                {hook.enabled ? <button type="button" class="ghost" onClick={() => void doing('The ping is on its way.', () => api('POST', `${path}/ping`), look)}>Send a ping</button>
                  : <button type="button" class="solid" onClick={() => void switchOn()}>Switch on</button>}
                <button type="button" class="ghost" onClick={() => setAsking('edit')}>Edit</button>
                {hook.enabled && <button type="button" class="ghost" onClick={() => void doing('It is paused. What happens is kept.', () => api('PATCH', path, { enabled: false }), look)}>Pause</button>}
                <button type="button" class="ghost" onClick={() => setAsking('rotate')}>New secret</button>
                <button type="button" class="ghost bad" onClick={() => setAsking('remove')}>Remove</button>
              </div>
            </>
          )}
          {asking === 'rotate' && <Sure text="The present secret stays good for a day, so that your server can change over. One that is on its way out already ends now." yes="Make a new secret" run={rotate} no={() => setAsking(undefined)} />}
          {asking === 'remove' && <Sure text="Its deliveries go with it, those that wait too." yes="Remove it for good" bad run={remove} no={() => setAsking(undefined)} />}
          {secret?.secret && <Secret key={secret.secret} value={secret.secret}
            label={`The new signing secret${secret.previous_secret_expires_at ? `; the old one is good until ${exact(new Date(secret.previous_secret_expires_at), locale)}` : ''}`} />}
        </section>
      )}
      {hook && !going && <Log of={hook} path={path} round={round} again={look} many={asking === 'again'} ask={(on) => setAsking(on ? 'again' : undefined)} />}
    </>
  );
}

/** Why nothing is sent, and what becomes of what happens. */
function Off({ of: hook }: { of: Webhook }) {
  const why = {
    by_hand: 'It is paused.', gone: 'Your server has answered 410: the address is gone.', failing: 'Nothing got through for days, so it was switched off.',
  }[hook.disabled_reason ?? 'by_hand'];
  return <p class="notice">{why} What happens meanwhile is kept, and can be sent when it is on again.</p>;
}

/** Asks once more, in place. */
function Sure({ text, yes, bad, run, no }: { text: string; yes: string; bad?: boolean; run(): Promise<void>; no(): void }) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div class="sure" role="group" aria-label={yes}>
      <p>{text}</p>
      <div class="line"><button ref={first} type="button" class={`solid ${bad ? 'bad' : ''}`} onClick={() => void run()}>{yes}</button><button type="button" class="ghost" onClick={no}>Cancel</button></div>
    </div>
  );
}

const states = { all: 'All', pending: 'Waiting', delivered: 'Delivered', failed: 'Failed', skipped: 'Not sent' };
const pageSize = 25;

interface LogProps { of: Webhook; path: string; round: number; again(): unknown; many: boolean; ask(on: boolean): void }

function Log({ of: hook, path, round, again, many, ask }: LogProps) {
  const [state, setState] = useState<keyof typeof states>('all');
  const [list, setList] = useState<Delivery[]>();
  const [next, setNext] = useState<string>();
  const [error, setError] = useState('');
  const page = (after?: string) => api<{ deliveries: Delivery[]; next_cursor?: string }>('GET', `${path}/deliveries`, undefined, { query: { limit: pageSize, state, after } });

  async function load() {
    try {
      const { deliveries, next_cursor } = await page();
      const last = deliveries.at(-1)?.delivery_id;
      // What somebody has paged down to stays; ids sort by time.
      const older = next_cursor && last ? (list ?? []).filter((d) => d.delivery_id < last) : [];
      setList([...deliveries, ...older]);
      if (!older.length) setNext(next_cursor);
      setError('');
    } catch (err) { setError(words(err)); }
  }
  useEvery5s(load, state, round, list?.length);
  // Somebody waits for the answer to what goes out at this moment.
  useEffect(() => {
    if (document.hidden || !list?.some((d) => d.state === 'pending' && Date.parse(d.next_attempt_at ?? '') < Date.now() + 1000)) return;
    const soon = setTimeout(() => void load(), 600);
    return () => clearTimeout(soon);
  }, [list]);

  async function more() {
    try {
      const { deliveries, next_cursor } = await page(next);
      setList([...(list ?? []), ...deliveries]);
      setNext(next_cursor);
    } catch (err) { setError(words(err)); }
  }

  return (
    <Section title="Deliveries" lede="What was sent, every try, and the first kilobyte of what was answered."
      action={hook.enabled && !many && <button type="button" class="ghost" onClick={() => ask(true)}>Send many again</button>}>
      {many && hook.enabled && <SendAgain path={path} done={() => { ask(false); again(); }} />}
      <div class="seg" role="group" aria-label="Which">{Object.entries(states).map(([key, label]) => (
        <button key={key} type="button" aria-pressed={key === state} onClick={() => { setList(undefined); setState(key as keyof typeof states); }}>{label}</button>
      ))}</div>
      {error && <p class="wrong" role="alert">{error}</p>}
      {list && (list.length ? <Deliveries list={list} again={again} />
        : <p class="faint">{state === 'all' ? 'Nothing has been sent yet. Send a ping to see whether it works.' : 'There are none.'}</p>)}
      {list && next && <p class="further"><button type="button" class="ghost" onClick={() => void more()}>Show older</button></p>}
    </Section>
  );
}
