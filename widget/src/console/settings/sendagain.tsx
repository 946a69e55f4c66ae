// Sending many deliveries of a webhook again: those that failed, those that it has missed, or all since a time.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { api, words } from '../server';
import { say } from '../state';

const whats = { failed: 'All that failed', skipped: 'All that were not sent while it was off', all: 'Everything' };
type What = keyof typeof whats;

export function SendAgain({ path, done }: { path: string; done(): void }) {
  const id = useId();
  const first = useRef<HTMLSelectElement>(null), since = useRef<HTMLInputElement>(null);
  const [what, setWhat] = useState<What>('failed');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => first.current?.focus(), []);

  async function run() {
    const from = since.current!.value;
    if (what === 'all' && !from) { setError('Everything since when?'); return since.current?.focus(); }
    setBusy(true);
    try {
      const { redelivered } = await api<{ redelivered: number }>('POST', `${path}/redeliver`, {
        ...(what !== 'all' && { state: what }), ...(from && { since: new Date(from).toISOString() }),
      });
      say({ text: redelivered === 0 ? 'There was nothing to send.' : redelivered === 1 ? 'One delivery is sent again.' : `${redelivered} deliveries are sent again.` });
      done();
    } catch (err) {
      setError(words(err));
      setBusy(false);
    }
  }

  return (
    <form class="new" noValidate onSubmit={(e) => { e.preventDefault(); if (!busy) void run(); }}>
      <div class="field"><label for={id}>What</label>
        <select id={id} ref={first} class="in" value={what} onChange={(e) => { setWhat(e.currentTarget.value as What); setError(''); }}>
          {Object.entries(whats).map(([key, label]) => <option key={key} value={key}>{label}</option>)}
        </select></div>
      <div class="field"><label for={`${id}s`}>{what === 'all' ? 'Since' : 'Since, if not from the beginning'}</label>
        <input id={`${id}s`} ref={since} class="in" type="datetime-local" aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} /></div>
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
      <p class="help">They go out in the order in which they happened, with the ids they had: a receiver that keeps ids does nothing twice.</p>
      <div class="line"><button class="solid" aria-disabled={busy}>Send again</button><button type="button" class="ghost" onClick={done}>Cancel</button></div>
    </form>
  );
}
