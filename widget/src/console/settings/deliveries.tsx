import { exact } from '../../shared/format';
import { ago, locale, useApp } from '../use';
import { Section } from './fields';
import type { Webhook } from './hooks';

export interface Delivery {
  delivery_id: string;
  webhook_id: string;
  event: string;
  state: 'pending' | 'delivered' | 'failed' | 'skipped';
  timestamp: string;
  attempts: { attempt: number; status?: number; latency_ms: number; error?: string }[];
}

/** What was sent last, and what was answered. */
export function Deliveries({ list, hooks, again }: { list: Delivery[]; hooks: Webhook[]; again(d: Delivery): void }) {
  const now = useApp((s) => s.now);
  const to = (id: string) => { try { return new URL(hooks.find((h) => h.webhook_id === id)!.url).host; } catch { return ''; } };
  return (
    <Section title="Latest deliveries">
      <div class="wide"><table>
        <thead><tr><th>Event</th><th>To</th><th>Answer</th><th>When</th><th><span class="sr">Do</span></th></tr></thead>
        <tbody>{list.map((d) => (
          <tr key={d.delivery_id}>
            <td><code>{d.event}</code></td><td dir="ltr">{to(d.webhook_id)}</td>
            <td class={`num ${d.state === 'delivered' ? '' : 'late'}`}>{answer(d)}</td>
            <td><time dateTime={d.timestamp} title={exact(new Date(d.timestamp), locale)}>{ago(d.timestamp, now)}</time></td>
            <td>{d.state !== 'pending' && <button type="button" class="text" aria-label={`Send ${d.event} again`} onClick={() => again(d)}>Send again</button>}</td>
          </tr>
        ))}</tbody>
      </table></div>
    </Section>
  );
}

/** "200 in 84 ms", "503 in 1.2 s, try 3". */
function answer({ state, attempts }: Delivery): string {
  const last = attempts.at(-1);
  if (!last) return state === 'skipped' ? 'Not sent: it was off' : 'Waiting';
  const took = last.latency_ms < 1000 ? `${last.latency_ms} ms` : `${(last.latency_ms / 1000).toFixed(1)} s`;
  const tries = last.attempt > 1 ? `, try ${last.attempt}` : '';
  return `${last.status ? `${last.status} in ${took}` : last.error ?? `No answer in ${took}`}${tries}`;
}
