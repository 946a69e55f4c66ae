// The form of a webhook, new or to be changed.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { api, words } from '../server';
import type { Webhook } from './hooks';

/** What can be asked for, in the order in which it happens. */
const kinds = ['session_started', 'session_updated', 'session_closed', 'session_rated', 'session_missed', 'message_sent', 'message_updated', 'message_deleted', 'note_added', 'webhook_disabled'];

/** The kinds that a list with patterns stands for. Patterns reach neither notes nor the notice about other webhooks. */
function picksOf(events: string[]): string[] {
  const wide = kinds.slice(0, 8);
  return kinds.filter((kind) => events.some((asked) => asked === kind || asked.endsWith('*') && wide.includes(kind) && kind.startsWith(asked.slice(0, -1))));
}

/** Ends with the webhook, or without one where nothing was changed. */
export function HookForm({ of: hook, done }: { of?: Webhook; done(hook?: Webhook): void }) {
  const id = useId();
  const url = useRef<HTMLInputElement>(null), description = useRef<HTMLInputElement>(null);
  const [all, setAll] = useState(hook ? hook.events.length === 1 && hook.events[0] === '*' : true);
  const [picked, setPicked] = useState<string[]>(() => (hook ? picksOf(hook.events) : ['session_started', 'message_sent', 'session_closed']));
  const [error, setError] = useState('');
  useEffect(() => url.current?.focus(), []);

  async function save() {
    const given = url.current!.value.trim();
    if (!given) { setError('Where should events go?'); return url.current?.focus(); }
    if (!all && !picked.length) return setError('Choose at least one kind of event.');
    const body = { url: given, events: all ? ['*'] : picked, description: description.current!.value };
    try {
      done(await (hook ? api<Webhook>('PATCH', `/webhooks/${hook.webhook_id}`, body) : api<Webhook>('POST', '/webhooks', body)));
    } catch (err) { setError(words(err)); }
  }

  return (
    <form class="new" noValidate onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <div class="field whole"><label for={id}>Address</label>
        <input id={id} ref={url} class="in" type="url" dir="ltr" autocomplete="off" placeholder="https://…" defaultValue={hook?.url} aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} /></div>
      <div class="field whole"><label for={`${id}d`}>What it is for</label>
        <input id={`${id}d`} ref={description} class="in" type="text" dir="auto" autocomplete="off" maxLength={200} placeholder="The shop’s CRM" defaultValue={hook?.description} /></div>
      <fieldset class="field"><legend>Events</legend>
        <label class="tick"><input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} />All but notes</label>
        {!all && <div class="ticks">{kinds.map((kind) => (
          <label class="tick" key={kind}><input type="checkbox" checked={picked.includes(kind)}
            onChange={(e) => setPicked(e.currentTarget.checked ? [...picked, kind] : picked.filter((k) => k !== kind))} /><code>{kind}</code></label>
        ))}</div>}
      </fieldset>
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
      <div class="line"><button class="solid">{hook ? 'Save webhook' : 'Make webhook'}</button><button type="button" class="ghost" onClick={() => done()}>Cancel</button></div>
    </form>
  );
}
