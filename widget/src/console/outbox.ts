// Replies and notes on their way to the server. Nothing that somebody wrote is lost here: what does not arrive stays,
// with its text and the key that makes sending it again harmless, until it does or its writer takes it back.
import { APIError, uuid } from '../shared/api';
import type { Message } from '../shared/types';
import { absorb, readSession } from './lists';
import { withMessage } from './model';
import { api, tab, words } from './server';
import { change, get, set, store, type Outgoing } from './state';
import { takeIn } from './thread';
import { closeSoon } from './work';

/** Brings back what this tab had not sent when it was reloaded. */
export function restoreOutbox() {
  const saved = tab.get<Outgoing[]>('outbox', []);
  set({ outbox: saved.map((o) => (o.state === 'sending' ? { ...o, state: 'waiting' } : o)) });
  let last = get().outbox;
  store.subscribe(({ outbox }) => {
    if (outbox === last) return;
    last = outbox;
    tab.put('outbox', outbox.length ? outbox : undefined);
  });
}

export function send(session_id: string, text: string, options: { note: boolean; thenClose?: boolean; quick_replies?: string[] }) {
  const me = get().me;
  if (!me) return;
  const item: Outgoing = {
    ...options, client_id: uuid(), session_id, agent_id: me.agent_id, text, at: new Date().toISOString(), state: 'waiting',
  };
  set((s) => ({ outbox: [...s.outbox, item] }));
  void pump(session_id);
}

const update = (id: string, patch: Partial<Outgoing> | undefined) => set((s) => ({
  outbox: patch ? s.outbox.map((o) => (o.client_id === id ? { ...o, ...patch } : o)) : s.outbox.filter((o) => o.client_id !== id),
}));

export function tryAgain(id: string) {
  const item = get().outbox.find((o) => o.client_id === id);
  if (!item) return;
  update(id, { state: 'waiting', error: undefined });
  void pump(item.session_id);
}

export function takeBack(id: string): string | undefined {
  const item = get().outbox.find((o) => o.client_id === id && o.state !== 'sending');
  if (item) update(id, undefined);
  return item?.text;
}

const busy = new Set<string>();
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Sends what waits for one conversation, one after another so that the order stays as it was written. */
async function pump(session: string): Promise<void> {
  const item = get().outbox.find((o) => o.session_id === session && o.state === 'waiting' && o.agent_id === get().me?.agent_id);
  if (!item || busy.has(session) || get().phase !== 'ready') return;
  busy.add(session);
  update(item.client_id, { state: 'sending' });
  const on = await post(item);
  busy.delete(session);
  if (on) return pump(session);
}

/** Sends one item. Answers whether the next one may follow. */
async function post(item: Outgoing): Promise<boolean> {
  const path = `/sessions/${encodeURIComponent(item.session_id)}/${item.note ? 'notes' : 'messages'}`;
  const body = { message: item.text, client_id: item.client_id, ...(!item.note && { sender: 'agent' }), ...(item.quick_replies?.length && { quick_replies: item.quick_replies }) };
  try {
    const message = await api<Message>('POST', path, body);
    attempt = 0;
    arrived(message);
    if (item.thenClose && !item.note) closeSoon(item.session_id);
    return true;
  } catch (err) {
    return failed(item, err instanceof APIError ? err : new APIError(-1, 'page', words(err)));
  }
}

/** A message of ours is on the server: by its answer or by the event, whichever was faster. */
export function arrived(message: Message) {
  const leave = () => { if (message.client_id) update(message.client_id, undefined); };
  const reading = takeIn(message.session_id, [message]);
  if (reading) void reading.then(leave); else leave(); // until it stands in the log it stays in sight here
  if (!message.note) change(message.session_id, (s) => withMessage(s, message));
}

function failed(item: Outgoing, err: APIError): boolean {
  // An event may have told of its arrival although the answer was lost.
  if (!get().outbox.some((o) => o.client_id === item.client_id)) return true;
  if (err.status === 401) { update(item.client_id, { state: 'waiting' }); return false; } // sent after signing in again
  const offline = err.status === 0 && (!navigator.onLine || get().live !== 'live');
  if (offline || err.status === 429 || err.status === 503) {
    update(item.client_id, { state: 'waiting' });
    attempt++;
    later(err.retryAfter ? err.retryAfter * 1000 : Math.min(30_000, 1000 * 2 ** attempt));
    return false;
  }
  if (err.code === 'session_closed') readSession(item.session_id).then((s) => absorb([s]), () => {});
  update(item.client_id, { state: 'failed', error: reason(err), temporary: err.temporary || err.status === 403 });
  return true;
}

export function reason(err: APIError): string {
  if (err.status === 0) return 'The server can’t be reached.';
  if (err.status >= 500) return 'The server had a problem.';
  if (err.code === 'session_closed') return 'The conversation has been closed.';
  if (err.status === 403) return 'You may read here, but not write.';
  return err.message.charAt(0).toUpperCase() + err.message.slice(1);
}

function later(ms: number) {
  clearTimeout(timer);
  timer = setTimeout(() => flush(false), ms);
}

/** Sends everything that waits; after a return of the connection also what another try may help. */
export function flush(reconnected: boolean) {
  if (reconnected) {
    set((s) => {
      if (!s.outbox.some((o) => o.state === 'failed' && o.temporary)) return {};
      return { outbox: s.outbox.map((o) => (o.state === 'failed' && o.temporary ? { ...o, state: 'waiting', error: undefined } : o)) };
    });
  }
  for (const session of new Set(get().outbox.map((o) => o.session_id))) void pump(session);
}

/** What is unsent would be lost with the tab: the browser asks before that. */
export function guardUnsent() {
  addEventListener('beforeunload', (event) => {
    if (get().uploads.length || get().outbox.some((o) => o.agent_id === get().me?.agent_id)) event.preventDefault();
  });
}
