// What was sent to webhooks, with every try and what was answered.
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { clock, exact } from '../../shared/format';
import { down, Icon } from '../../shared/icons';
import { api } from '../server';
import { ago, locale, span, useApp } from '../use';
import { doing, type Webhook } from './hooks';

export interface Attempt { attempt: number; timestamp?: string; status?: number; latency_ms: number; response?: string; error?: string }

export interface Delivery {
  delivery_id: string;
  webhook_id: string;
  event_id?: string;
  event: string;
  session_id?: string;
  state: 'pending' | 'delivered' | 'failed' | 'skipped';
  timestamp: string;
  next_attempt_at?: string;
  attempts: Attempt[];
}

/** hooks: whose they are, where that is not plain. again: called when one is sent again. */
export function Deliveries({ list, hooks, again }: { list: Delivery[]; hooks?: Webhook[] | undefined; again(): unknown }) {
  const [open, setOpen] = useState('');
  const columns = hooks ? 5 : 4;
  return (
    <div class="wide"><table class="deliveries">
      <thead><tr><th>Event</th>{hooks && <th>To</th>}<th>Answer</th><th>When</th><th><span class="sr">Do</span></th></tr></thead>
      <tbody>{list.map((d) => {
        const opened = open === d.delivery_id;
        return (
          <Fragment key={d.delivery_id}>
            <tr>
              <td><button type="button" class="opens" aria-expanded={opened} aria-controls={`d-${d.delivery_id}`} onClick={() => setOpen(opened ? '' : d.delivery_id)}><Icon of={down} /><code>{d.event}</code></button></td>
              {hooks && <td dir="ltr">{hostOf(hooks, d.webhook_id)}</td>}
              <Outcome of={d} />
              <td><When at={d.timestamp} /></td>
              <td>{d.state !== 'pending' && <button type="button" class="text" aria-label={`Send again: ${d.event}`}
                onClick={() => void doing('It is sent again.', () => api('POST', `/deliveries/${d.delivery_id}/redeliver`), again)}>Send again</button>}</td>
            </tr>
            {opened && <tr class="more" id={`d-${d.delivery_id}`}><td colSpan={columns}><Tries of={d} /></td></tr>}
          </Fragment>
        );
      })}</tbody>
    </table></div>
  );
}

function When({ at }: { at: string }) {
  const now = useApp((s) => s.now);
  return <time dateTime={at} title={exact(new Date(at), locale)}>{ago(at, now)}</time>;
}

function hostOf(hooks: Webhook[], id: string): string {
  try { return new URL(hooks.find((h) => h.webhook_id === id)!.url).host; } catch { return ''; }
}

/** "200 in 84 ms", "503 in 1.2 s, try 3". */
function Outcome({ of: { state, attempts, next_attempt_at } }: { of: Delivery }) {
  const now = useApp((s) => s.now);
  const last = attempts.at(-1);
  if (!last) return <td class="num">{state === 'skipped' ? 'Not sent: it was off' : 'Waiting'}</td>;
  const wait = Math.ceil((Date.parse(next_attempt_at ?? '') - now) / 60_000);
  const next = state === 'failed' ? ', given up' : state === 'pending' && wait > 0 ? `, again in ${span(wait)}` : '';
  return <td class={`num ${state === 'delivered' ? '' : 'late'}`}>{answer(last)}{last.attempt > 1 ? `, try ${last.attempt}` : ''}{next}</td>;
}

function answer({ status, latency_ms, error }: Attempt): string {
  const took = latency_ms < 1 ? 'under 1 ms' : latency_ms < 1000 ? `${latency_ms} ms` : `${(latency_ms / 1000).toFixed(1)} s`;
  if (!status) return error ?? `No answer in ${took}`;
  return `${status} in ${took}${error ? `: ${error}` : ''}`;
}

function Tries({ of: d }: { of: Delivery }) {
  return (
    <div class="tries">
      <dl>
        {d.event_id && <><dt>Event</dt><dd><code dir="ltr">{d.event_id}</code></dd></>}
        {d.session_id && <><dt>Session</dt><dd><code dir="ltr">{d.session_id}</code></dd></>}
        <dt>Delivery</dt><dd><code dir="ltr">{d.delivery_id}</code></dd>
      </dl>
      {d.attempts.length === 0 && <p class="faint">{d.state === 'skipped' ? 'The webhook was off when this happened.' : 'It has not been sent yet.'}</p>}
      <ol>{[...d.attempts].reverse().map((a) => (
        <li key={a.attempt}>
          <p><b>Try {a.attempt}</b>{a.timestamp && <time dateTime={a.timestamp} title={exact(new Date(a.timestamp), locale)}>{clock(new Date(a.timestamp), locale)}</time>}<span class={a.status && a.status < 300 ? '' : 'late'}>{answer(a)}</span></p>
          {a.response && <pre dir="auto" tabIndex={0} aria-label={`What was answered to try ${a.attempt}`}>{a.response}</pre>}
        </li>
      ))}</ol>
    </div>
  );
}
