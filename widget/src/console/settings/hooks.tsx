import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon, more, plus } from '../../shared/icons';
import { Menu } from '../menu';
import { api, every, words } from '../server';
import { say } from '../state';
import { ago, useApp } from '../use';
import { Deliveries, type Delivery } from './deliveries';
import { Section } from './fields';
import { Secret } from './secret';

export interface Webhook {
  webhook_id: string;
  url: string;
  events: string[];
  enabled: boolean;
  disabled_reason?: 'by_hand' | 'gone' | 'failing';
  failing_since?: string;
  secret?: string;
}

const shown = 10;

/** Webhooks, and what was sent to them of late. */
export function Hooks() {
  const [list, setList] = useState<Webhook[]>();
  const [deliveries, setDeliveries] = useState<Delivery[]>([]);
  const [error, setError] = useState('');
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<Webhook>();

  async function load() {
    try {
      const webhooks = await every<Webhook>('/webhooks', 'webhooks');
      setList(webhooks);
      const pages = await Promise.all(webhooks.map((w) => api<{ deliveries: Delivery[] }>('GET', `/webhooks/${w.webhook_id}/deliveries`, undefined, { query: { limit: shown } })));
      setDeliveries(pages.flatMap((p) => p.deliveries).sort((a, b) => b.timestamp.localeCompare(a.timestamp)).slice(0, shown));
      setError('');
    } catch (err) { setError(words(err)); }
  }
  useEffect(() => {
    void load();
    const timer = setInterval(() => { if (!document.hidden) void load(); }, 5000);
    return () => clearInterval(timer);
  }, []);

  /** Does one thing and reads what came of it. */
  const doing = (said: string, act: () => Promise<unknown>) => () => void act().then(() => { say({ text: said }); return load(); }, (err) => say({ text: words(err), bad: true }));

  return (
    <>
      <Section title="Webhooks" lede="We send events as they happen, signed, and try again for three days if your server doesn’t answer."
        action={!making && <button type="button" class="ghost" onClick={() => { setMaking(true); setSecret(undefined); }}><Icon of={plus} />New webhook</button>}>
        {making && <NewHook done={(hook) => { setMaking(false); if (hook) { setSecret(hook); void load(); } }} />}
        {secret?.secret && <Secret key={secret.secret} label="The signing secret" value={secret.secret} />}
        {error && <p class="wrong" role="alert">{error}</p>}
        {list && (list.length ? (
          <div class="wide"><table>
            <thead><tr><th>Address</th><th>Events</th><th>State</th><th><span class="sr">Do</span></th></tr></thead>
            <tbody>{list.map((hook) => {
              const path = `/webhooks/${hook.webhook_id}`;
              return (
                <tr key={hook.webhook_id}>
                  <td><code dir="ltr">{hook.url}</code></td><td>{hook.events.length === 1 ? (hook.events[0] === '*' ? 'All' : hook.events[0]) : `${hook.events.length} kinds`}</td><td><State of={hook} /></td>
                  <td><Menu label={`What to do with ${hook.url}`} class="icon" items={[
                    { label: 'Send a ping', run: doing('The ping is on its way.', () => api('POST', `${path}/ping`)) },
                    hook.enabled ? { label: 'Pause', run: doing('It is paused.', () => api('PATCH', path, { enabled: false })) }
                      : { label: 'Switch on', run: doing('It is on.', () => api('PATCH', path, { enabled: true })) },
                    { label: 'New secret', run: doing('The old secret holds for a day more.', async () => setSecret(await api<Webhook>('POST', `${path}/rotate-secret`))) },
                    { label: 'Remove', run: doing('It was removed.', () => api('DELETE', path)) },
                  ]}><Icon of={more} /></Menu></td>
                </tr>
              );
            })}</tbody>
          </table></div>
        ) : <p class="faint">There are no webhooks.</p>)}
      </Section>
      {deliveries.length > 0 && <Deliveries list={deliveries} hooks={list ?? []} again={(d) => doing('It is sent again.', () => api('POST', `/deliveries/${d.delivery_id}/redeliver`))()} />}
    </>
  );
}

function State({ of: hook }: { of: Webhook }) {
  const now = useApp((s) => s.now);
  if (!hook.enabled) {
    const why = { by_hand: 'Paused', gone: 'Off: the server says it is gone', failing: 'Off: nothing got through' }[hook.disabled_reason ?? 'by_hand'];
    return <span class="state off">{why}</span>;
  }
  return hook.failing_since ? <span class="state late">Failing since {ago(hook.failing_since, now)}</span> : <span class="state">Working</span>;
}

const kinds = ['session_started', 'session_updated', 'session_closed', 'session_rated', 'message_sent', 'message_updated', 'message_deleted', 'note_added', 'webhook_disabled'];

function NewHook({ done }: { done(hook?: Webhook): void }) {
  const id = useId();
  const url = useRef<HTMLInputElement>(null);
  const [all, setAll] = useState(true);
  const [picked, setPicked] = useState<string[]>(['message_sent']);
  const [error, setError] = useState('');
  useEffect(() => url.current?.focus(), []);

  async function make() {
    const given = url.current!.value.trim();
    if (!given) { setError('Where should events go?'); return url.current?.focus(); }
    if (!all && !picked.length) return setError('Choose at least one kind of event.');
    try { done(await api<Webhook>('POST', '/webhooks', { url: given, events: all ? ['*'] : picked })); } catch (err) { setError(words(err)); }
  }

  return (
    <form class="new" noValidate onSubmit={(e) => { e.preventDefault(); void make(); }}>
      <div class="field grow"><label for={id}>Address</label>
        <input id={id} ref={url} class="in" type="url" dir="ltr" autocomplete="off" placeholder="https://…" aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} /></div>
      <fieldset class="field"><legend>Events</legend>
        <label class="tick"><input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} />All but notes</label>
        {!all && <div class="ticks">{kinds.map((kind) => (
          <label class="tick" key={kind}><input type="checkbox" checked={picked.includes(kind)}
            onChange={(e) => setPicked(e.currentTarget.checked ? [...picked, kind] : picked.filter((k) => k !== kind))} /><code>{kind}</code></label>
        ))}</div>}
      </fieldset>
      <div class="line"><button class="solid">Make webhook</button><button type="button" class="ghost" onClick={() => done()}>Cancel</button></div>
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
    </form>
  );
}
