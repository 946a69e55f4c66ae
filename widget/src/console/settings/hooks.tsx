// Webhooks: which there are, what was sent of late, and the form that makes one.
import { useEffect, useState } from 'preact/hooks';
import { Icon, plus } from '../../shared/icons';
import { pageLink } from '../route';
import { api, every, words } from '../server';
import { say } from '../state';
import { span, useApp } from '../use';
import { Deliveries, type Delivery } from './deliveries';
import { Section } from './fields';
import { HookForm } from './hookform';
import { Secret } from './secret';

export interface Webhook {
  webhook_id: string;
  url: string;
  events: string[];
  description: string;
  enabled: boolean;
  version: number;
  disabled_reason?: 'by_hand' | 'gone' | 'failing';
  failing_since?: string;
  created_at: string;
  secret?: string;
  previous_secret_expires_at?: string;
}

const shown = 10;

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
  useEvery5s(load);

  return (
    <>
      <Section title="Webhooks" lede="We send events as they happen, signed, and try again for three days if your server doesn’t answer."
        action={!making && <button type="button" class="ghost" onClick={() => { setMaking(true); setSecret(undefined); }}><Icon of={plus} />New webhook</button>}>
        {making && <HookForm done={(hook) => { setMaking(false); if (hook) { setSecret(hook); void load(); } }} />}
        {secret?.secret && <Secret key={secret.secret} label="The signing secret" value={secret.secret} />}
        {error && <p class="wrong" role="alert">{error}</p>}
        {list && (list.length ? (
          <div class="wide"><table>
            <thead><tr><th>Address</th><th>Events</th><th>State</th></tr></thead>
            <tbody>{list.map((hook) => (
              <tr key={hook.webhook_id}>
                <td><a href={pageLink('settings', 'developers', hook.webhook_id)}><code dir="ltr">{hook.url}</code></a>{hook.description && <small class="faint under" dir="auto">{hook.description}</small>}</td>
                <td>{kindsOf(hook)}</td><td><State of={hook} /></td>
              </tr>
            ))}</tbody>
          </table></div>
        ) : <p class="faint">There are no webhooks.</p>)}
      </Section>
      {deliveries.length > 0 && (
        <Section title="Latest deliveries"><Deliveries list={deliveries} hooks={list} again={load} /></Section>
      )}
    </>
  );
}

/** Calls load now and, while somebody looks, every five seconds. */
export function useEvery5s(load: () => Promise<void>, ...inputs: unknown[]) {
  useEffect(() => {
    void load();
    const timer = setInterval(() => { if (!document.hidden) void load(); }, 5000);
    return () => clearInterval(timer);
  }, inputs);
}

/** Does one thing, says so or why not, and reads what came of it. */
export async function doing(said: string, act: () => Promise<unknown>, then: () => unknown) {
  try {
    await act();
    say({ text: said });
  } catch (err) { say({ text: words(err), bad: true }); }
  await then();
}

/** "message_sent", "4 kinds". */
export const kindsOf = ({ events }: Webhook) => (events.length === 1 ? (events[0] === '*' ? 'All but notes' : events[0]) : `${events.length} kinds`);

export function State({ of: hook }: { of: Webhook }) {
  const now = useApp((s) => s.now);
  if (!hook.enabled) {
    const why = { by_hand: 'Paused', gone: 'Off: the server says it is gone', failing: 'Off: nothing got through' }[hook.disabled_reason ?? 'by_hand'];
    return <span class="state off">{why}</span>;
  }
  if (!hook.failing_since) return <span class="state">Working</span>;
  const minutes = Math.floor((now - Date.parse(hook.failing_since)) / 60_000);
  return <span class="state late">{minutes < 1 ? 'Failing' : `Failing for ${span(minutes)}`}</span>;
}
