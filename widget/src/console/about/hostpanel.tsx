// What the host's own code shows of this customer, and what it can be asked to do. Everything is drawn as text.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { safeURL } from '../../shared/text';
import type { Session } from '../../shared/types';
import { api, words } from '../server';
import { say } from '../state';
import { useApp } from '../use';
import { Fact, whole } from './facts';

interface Action { action_id: string; label: string; confirm?: string }
interface Panel { title: string; facts: { name: string; value: string; url?: string }[]; actions: Action[] }

const path = (visitor: string, rest = '') => `/visitors/${encodeURIComponent(visitor)}/panel${rest}`;

/** A path of the host's own site, or an address that any message may link to. */
const target = (url: string | undefined) => (url && (/^\/(?![/\\])/.test(url) ? url : safeURL(url)));

/** `asked` is told of the first reading, so that others can wait for it. */
export function HostPanel({ session, asked }: { session: Session; asked: { current: Promise<void> | undefined } }) {
  const on = useApp((s) => s.features?.contact_panel);
  const [panel, setPanel] = useState<Panel>();
  const [error, setError] = useState('');
  const visitor = session.visitor_id;
  const gone = useRef(false);

  const load = () => api<Panel>('GET', path(visitor)).then(
    (got) => { if (!gone.current) { setPanel(got); setError(''); } },
    (err: unknown) => { if (!gone.current) setError(words(err)); },
  );
  useEffect(() => {
    if (on) asked.current = load();
    return () => { gone.current = true; };
  }, [on]);
  // Once they are known to be somebody, there is more to say.
  useEffect(() => { if (panel) void load(); }, [session.visitor_email, session.visitor_name]);

  if (!on || (!error && !panel?.facts.length && !panel?.actions.length)) return null;
  return (
    <section class="sec host-panel"><h3 dir="auto">{panel?.title || 'From your site'}</h3>
      {error && <p class="said" role="status">{error} <button onClick={() => void load()}>Try again</button></p>}
      {!!panel?.facts.length && (
        <dl>{panel.facts.map((f, i) => {
          const to = target(f.url);
          return <Fact key={i} name={f.name} title={whole(f.value, 60)}>{to ? <a href={to} target="_blank" rel="noopener">{f.value}</a> : f.value}</Fact>;
        })}</dl>
      )}
      {!!panel?.actions.length && <Actions visitor={visitor} actions={panel.actions} done={load} />}
    </section>
  );
}

function Actions({ visitor, actions, done }: { visitor: string; actions: Action[]; done(): Promise<void> }) {
  const id = useId();
  const [asking, setAsking] = useState<Action>();
  const [busy, setBusy] = useState('');
  const [error, setError] = useState('');
  const sure = useRef<HTMLButtonElement>(null), openers = useRef<HTMLDivElement>(null), last = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (asking) sure.current?.focus();
    else if (last.current !== undefined) openers.current?.querySelectorAll('button')[last.current]?.focus();
  }, [asking]);

  async function run(action: Action) {
    if (busy) return; // a button may be pressed twice
    setBusy(action.action_id);
    setError('');
    try {
      const { message } = await api<{ message: string }>('POST', path(visitor, `/${encodeURIComponent(action.action_id)}`));
      say({ text: message || `${action.label}: done.` });
      setAsking(undefined);
      await done();
    } catch (err) { setError(words(err)); }
    setBusy('');
  }

  if (asking) {
    return (
      <div class="act" role="group" aria-label={asking.label} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); setAsking(undefined); setError(''); } }}>
        <p id={`${id}q`} dir="auto">{asking.confirm}</p>
        {error && <p class="wrong" role="alert">{error}</p>}
        <div class="acts">
          <button ref={sure} class="solid" aria-describedby={`${id}q`} aria-disabled={!!busy} onClick={() => void run(asking)}>{asking.label}</button>
          <button class="ghost" onClick={() => { setAsking(undefined); setError(''); }}>Cancel</button>
        </div>
      </div>
    );
  }
  return (
    <>
      <div ref={openers} class="acts">{actions.map((a, i) => (
        <button key={a.action_id} class="ghost" dir="auto" aria-disabled={!!busy}
          onClick={() => { last.current = i; setError(''); if (a.confirm) setAsking(a); else void run(a); }}>{a.label}{a.confirm ? '…' : ''}</button>
      ))}</div>
      {error && <p class="said wrong" role="alert">{error}</p>}
    </>
  );
}
