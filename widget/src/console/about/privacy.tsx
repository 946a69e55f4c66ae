// What can be done about a visitor: keep them out, hand out what is held about them, erase it.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { day, exact, firstName } from '../../shared/format';
import type { Ban, Session, Visitor } from '../../shared/types';
import { loadCounts, reload } from '../lists';
import { go } from '../route';
import { api, blob, words } from '../server';
import { change, get, say, set } from '../state';
import { readVisitor } from '../thread';
import { locale, time, useApp } from '../use';

const path = (id: string, rest = '') => `/visitors/${encodeURIComponent(id)}${rest}`;

/** "until 12 May, 10:41" or "until somebody lifts it". */
export const until = (ban: Ban) => (ban.until ? `until ${day(new Date(ban.until), locale)}, ${time(ban.until)}` : 'until somebody lifts it');

const terms = { hour: 'For an hour', day: 'For a day', week: 'For a week', month: 'For 30 days', ever: 'Until lifted' };
const hours = { hour: 1, day: 24, week: 168, month: 720, ever: 0 };
type Term = keyof typeof terms;
/** When a ban that begins now ends; undefined for one that does not. */
export const endOf = (term: Term) => (hours[term] ? new Date(Date.now() + hours[term] * 3_600_000).toISOString() : undefined);

export function TermField({ id, value, onChange }: { id: string; value: Term; onChange(term: Term): void }) {
  return (
    <select id={id} class="in" value={value} onChange={(e) => onChange(e.currentTarget.value as Term)}>
      {Object.entries(terms).map(([key, label]) => <option key={key} value={key}>{label}</option>)}
    </select>
  );
}

/** Takes a ban, or its end, into what is shown before the server's word of it comes. */
function noted(visitor: string, ban: Ban | undefined) {
  for (const s of get().sessions.values()) {
    if (s.visitor_id === visitor) change(s.session_id, ({ banned: _, ...rest }) => (ban ? { ...rest, banned: ban } : rest));
  }
  void readVisitor(visitor);
}

export async function liftBan(visitor: string): Promise<boolean> {
  try {
    await api('DELETE', path(visitor, '/ban'));
    noted(visitor, undefined);
    say({ text: 'The ban is lifted.' });
    return true;
  } catch (err) {
    say({ text: words(err), bad: true });
    return false;
  }
}

/** The line that says that a visitor is kept out. */
export function Banned({ session }: { session: Session }) {
  const write = useApp((s) => s.scopes.includes('write'));
  const agents = useApp((s) => s.agents);
  const ban = session.banned;
  if (!ban) return null;
  const by = agents.find((a) => a.agent_id === ban.by)?.name;
  return (
    <div class="kept-out" role="status">
      <p><b>Banned</b> <span title={exact(new Date(ban.banned_at), locale)}>{until(ban)}{by ? `, by ${firstName(by)}` : ''}</span></p>
      {ban.reason && <p dir="auto">{ban.reason}</p>}
      {write && <button class="text" onClick={() => void liftBan(session.visitor_id)}>Lift the ban</button>}
    </div>
  );
}

type Doing = 'ban' | 'erase';

export function Privacy({ session, visitor }: { session: Session; visitor?: Visitor | undefined }) {
  const scopes = useApp((s) => s.scopes);
  const [doing, setDoing] = useState<Doing>();
  const openers = { ban: useRef<HTMLButtonElement>(null), erase: useRef<HTMLButtonElement>(null) };
  const back = useRef<Doing | ''>('');
  useEffect(() => { if (!doing && back.current) openers[back.current].current?.focus(); back.current = ''; }, [doing]);
  const stop = () => { back.current = doing ?? ''; setDoing(undefined); };
  const name = session.visitor_name;

  return (
    <section class="sec privacy"><h3>Data and access</h3>
      {!doing && (
        <div class="acts">
          {scopes.includes('write') && !session.banned && <button ref={openers.ban} class="ghost" onClick={() => setDoing('ban')}>Ban…</button>}
          <button class="ghost" onClick={() => void download(session.visitor_id)} title="Everything held about this visitor, as a JSON file">Export</button>
          {scopes.includes('admin') && <button ref={openers.erase} class="ghost danger" onClick={() => setDoing('erase')}>Erase…</button>}
        </div>
      )}
      {doing === 'ban' && <BanForm visitor={session.visitor_id} name={name} done={stop} />}
      {doing === 'erase' && <EraseForm visitor={session.visitor_id} name={visitor?.name || name} done={stop} />}
    </section>
  );
}

async function download(visitor: string) {
  try {
    const url = URL.createObjectURL(await blob(path(visitor, '/export').slice(1)));
    const link = document.createElement('a');
    link.href = url;
    link.download = `visitor-${visitor}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (err) { say({ text: words(err), bad: true }); }
}

function BanForm({ visitor, name, done }: { visitor: string; name: string; done(): void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [term, setTerm] = useState<Term>('day');
  const [along, setAlong] = useState(false);
  const [error, setError] = useState('');
  useEffect(() => field.current?.focus(), []);

  async function ban() {
    const reason = field.current!.value.trim(), end = endOf(term);
    try {
      await api('POST', path(visitor, '/ban'), { reason, ...(end && { until: end }), with_address: along });
      noted(visitor, { banned_at: new Date().toISOString(), ...(reason && { reason }), ...(end && { until: end }), ...(get().me && { by: get().me!.agent_id }) });
      say({ text: `${firstName(name)} is banned.` });
      done();
    } catch (err) { setError(words(err)); }
  }

  return (
    <form class="act" noValidate onSubmit={(e) => { e.preventDefault(); void ban(); }} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); done(); } }}>
      <p>They are shut out at once and cannot write or read on. The conversation stays here.</p>
      <label for={`${id}r`}>Reason, for your team</label>
      <input id={`${id}r`} ref={field} class="in" type="text" dir="auto" autocomplete="off" maxLength={300} aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} />
      <label for={`${id}t`}>How long</label>
      <TermField id={`${id}t`} value={term} onChange={setTerm} />
      <label class="tick"><input type="checkbox" checked={along} onChange={(e) => setAlong(e.currentTarget.checked)} />Also the address they next come from</label>
      {along && <p class="fine">Whoever shares it, in an office for example, is shut out too. Addresses are not kept otherwise.</p>}
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
      <div class="acts"><button class="solid">Ban</button><button type="button" class="ghost" onClick={done}>Cancel</button></div>
    </form>
  );
}

const word = 'erase';

function EraseForm({ visitor, name, done }: { visitor: string; name: string; done(): void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const sure = typed.trim().toLowerCase() === word;
  useEffect(() => field.current?.focus(), []);

  async function erase() {
    if (!sure || busy) { setError(`Type ${word} to confirm.`); return field.current?.focus(); }
    setBusy(true);
    try {
      await api('DELETE', path(visitor));
      erased(visitor);
      say({ text: 'Everything held about this visitor is erased.' });
    } catch (err) { setError(words(err)); setBusy(false); }
  }

  return (
    <form class="act" noValidate onSubmit={(e) => { e.preventDefault(); void erase(); }} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); done(); } }}>
      <p>Removes for good what is held about <bdi>{name}</bdi>: profile, all conversations with notes and files, pages, ratings, what waits for webhooks. It cannot be undone, and it does not reach what was exported, sent or backed up before.</p>
      <label for={`${id}w`}>Type <b>{word}</b> to confirm</label>
      <input id={`${id}w`} ref={field} class="in" type="text" autocomplete="off" autocapitalize="off" spellcheck={false} value={typed} aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined}
        onInput={(e) => { setTyped(e.currentTarget.value); setError(''); }} />
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
      <div class="acts"><button class="solid danger" aria-disabled={!sure || busy}>Erase for good</button><button type="button" class="ghost" onClick={done}>Cancel</button></div>
    </form>
  );
}

/** Drops an erased visitor from what is shown. */
function erased(visitor: string) {
  const { view, open, sessions } = get();
  if (open && sessions.get(open)?.visitor_id === visitor) go(view);
  set((s) => ({
    aboutOpen: false,
    sessions: s.sessions.with(...[...s.sessions].filter(([, one]) => one.visitor_id === visitor).map(([id]) => [id, undefined] as const)),
    visitors: new Map([...s.visitors].filter(([id]) => id !== visitor)),
    earlier: new Map([...s.earlier].filter(([id]) => id !== visitor)),
    trails: new Map([...s.trails].filter(([id]) => id !== visitor)),
  }));
  void reload();
  void loadCounts();
}
