// Who is kept out: banned visitors and banned addresses, to lift and to add.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon, plus } from '../../shared/icons';
import type { AddressBan, Ban, Session, Visitor } from '../../shared/types';
import { endOf, liftBan, TermField, until } from '../about/privacy';
import { link } from '../route';
import { api, words } from '../server';
import { say } from '../state';
import { ago, useApp } from '../use';
import { Section } from './fields';

interface Row { key: string; who: string; ban: Ban; visitor?: string; address?: AddressBan }

export function Bans() {
  const now = useApp((s) => s.now);
  const [rows, setRows] = useState<Row[]>();
  const [more, setMore] = useState(false);
  const [error, setError] = useState('');
  const [making, setMaking] = useState(false);

  async function load() {
    try {
      const [people, places] = await Promise.all([
        api<{ visitors: Visitor[]; next_cursor?: string }>('GET', '/visitors', undefined, { query: { banned: true, limit: 200 } }),
        api<{ bans: AddressBan[]; next_cursor?: string }>('GET', '/bans', undefined, { query: { limit: 200 } }),
      ]);
      const all: Row[] = [
        ...people.visitors.map((v) => ({ key: v.visitor_id, who: v.name || v.email || 'Visitor', ban: v.banned!, visitor: v.visitor_id })),
        ...places.bans.map((b) => ({ key: b.ban_id, who: b.address, ban: b, address: b })),
      ];
      setRows(all.sort((a, b) => b.ban.banned_at.localeCompare(a.ban.banned_at)));
      setMore(!!people.next_cursor || !!places.next_cursor);
      setError('');
    } catch (err) { setError(words(err)); }
  }
  useEffect(() => void load(), []);

  async function lift(row: Row) {
    if (row.visitor) await liftBan(row.visitor);
    else {
      try {
        await api('DELETE', `/bans/${row.key}`);
        say({ text: `${row.who} is no longer banned.` });
      } catch (err) { say({ text: words(err), bad: true }); }
    }
    void load();
  }

  return (
    <Section title="Bans" lede="Whoever is banned cannot begin, write or read on. Visitors are banned beside their conversation; lifting a ban lifts the address that came with it."
      action={!making && <button type="button" class="ghost" onClick={() => setMaking(true)}><Icon of={plus} />Ban an address</button>}>
      {making && <NewBan done={(made) => { setMaking(false); if (made) void load(); }} />}
      {error && <p class="wrong" role="alert">{error}</p>}
      {rows && (rows.length ? (
        <div class="wide"><table>
          <thead><tr><th>Who</th><th>Reason</th><th>Until</th><th>Since</th><th><span class="sr">Do</span></th></tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.key}>
              <td>{row.visitor ? <Name id={row.visitor}>{row.who}</Name> : <code dir="ltr">{row.who}</code>}{row.address?.visitor_id && <small class="faint"> with a visitor</small>}</td>
              <td dir="auto">{row.ban.reason}</td><td>{row.ban.until ? until(row.ban).replace('until ', '') : 'Lifted by hand'}</td><td>{ago(row.ban.banned_at, now)}</td>
              <td><button type="button" class="text" aria-label={`Lift the ban of ${row.who}`} onClick={() => void lift(row)}>Lift</button></td>
            </tr>
          ))}</tbody>
        </table></div>
      ) : <p class="faint">Nobody is banned.</p>)}
      {more && <p class="help">The 200 latest of each kind are shown.</p>}
    </Section>
  );
}

/** A visitor's name, leading to what they said last. */
function Name({ id, children }: { id: string; children: string }) {
  const [last, setLast] = useState<Session>();
  useEffect(() => {
    api<{ sessions: Session[] }>('GET', '/sessions', undefined, { query: { visitor_id: id, status: 'all', limit: 1 } }).then((p) => setLast(p.sessions[0]), () => { /* the name alone will do */ });
  }, [id]);
  return last ? <a dir="auto" href={link(last.status === 'closed' ? 'closed' : 'open', last.session_id)}>{children}</a> : <span dir="auto">{children}</span>;
}

function NewBan({ done }: { done(made: boolean): void }) {
  const id = useId();
  const address = useRef<HTMLInputElement>(null), reason = useRef<HTMLInputElement>(null);
  const [term, setTerm] = useState<Parameters<typeof endOf>[0]>('week');
  const [error, setError] = useState('');
  useEffect(() => address.current?.focus(), []);

  async function make() {
    const given = address.current!.value.trim(), end = endOf(term);
    if (!given) { setError('Which address, or which network?'); return address.current?.focus(); }
    try {
      await api('POST', '/bans', { address: given, reason: reason.current!.value.trim(), ...(end && { until: end }) });
      done(true);
    } catch (err) { setError(words(err).replace(/^address /, 'This ')); }
  }

  return (
    <form class="new" noValidate onSubmit={(e) => { e.preventDefault(); void make(); }}>
      <div class="field"><label for={`${id}a`}>Address or network</label>
        <input id={`${id}a`} ref={address} class="in" type="text" dir="ltr" autocomplete="off" spellcheck={false} maxLength={60} placeholder="203.0.113.0/24" aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} /></div>
      <div class="field"><label for={`${id}r`}>Reason, for your team</label><input id={`${id}r`} ref={reason} class="in" type="text" dir="auto" autocomplete="off" maxLength={300} /></div>
      <div class="field"><label for={`${id}t`}>How long</label><TermField id={`${id}t`} value={term} onChange={setTerm} /></div>
      <div class="line"><button class="solid">Ban</button><button type="button" class="ghost" onClick={() => done(false)}>Cancel</button></div>
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
    </form>
  );
}
