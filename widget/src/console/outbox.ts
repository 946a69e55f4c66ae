// Replies and notes on their way to the server. Nothing that somebody wrote is lost here: what does not arrive stays,
// with its text and the key that makes sending it again harmless, until it does or its writer takes it back.
//
// A reply is held for a moment in which it can be taken back. It lies in the browser's storage meanwhile, like
// everything here: a tab that crashes, or is closed before an answer came, leaves it to the next one.
import { APIError, uuid } from '../shared/api';
import type { Message } from '../shared/types';
import { crossed } from './crossing';
import { absorb, readSession } from './lists';
import { withMessage } from './model';
import { api, words } from './server';
import { change, get, set, type Outgoing } from './state';
import { takeToAnswer } from './taking';
import { takeIn } from './thread';
import { closeSoon } from './work';

export const holdFor = 5000; // ms

export interface Sending { note: boolean; thenClose?: boolean; after_seq?: number | undefined; mentions?: string[]; quick_replies?: string[] }

export function send(session_id: string, text: string, options: Sending) {
  const me = get().me;
  if (!me) return;
  release(session_id); // what was written before goes before it, and at once: its writer has moved on
  const held = !options.note && get().prefs.undo;
  const item: Outgoing = {
    ...options, client_id: uuid(), session_id, agent_id: me.agent_id, text, at: new Date().toISOString(),
    state: held ? 'held' : 'waiting', ...(held && { until: Date.now() + holdFor }),
  };
  set((s) => ({ outbox: [...s.outbox, item] }));
  if (held) setTimeout(release, holdFor + 20, session_id, item.client_id);
  else void pump(session_id);
}

const update = (id: string, patch: Partial<Outgoing> | undefined) => set((s) => ({
  outbox: patch ? s.outbox.map((o) => (o.client_id === id ? { ...o, ...patch } : o)) : s.outbox.filter((o) => o.client_id !== id),
}));

/** Ends the time in which something can be taken back, for one message or all of a conversation. */
export function release(session: string, client?: string) {
  const held = (o: Outgoing) => o.state === 'held' && o.session_id === session && (!client || o.client_id === client);
  if (!get().outbox.some(held)) return;
  set((s) => ({ outbox: s.outbox.map((o) => (held(o) ? { ...o, state: 'waiting' } : o)) }));
  void pump(session);
}

/** The message that can still be taken back, if there is one. */
export const undoable = (session: string | undefined) => get().outbox.findLast((o) => o.state === 'held' && (!session || o.session_id === session));

export function tryAgain(id: string) {
  const item = get().outbox.find((o) => o.client_id === id);
  if (!item) return;
  update(id, { state: 'waiting', error: undefined });
  void pump(item.session_id);
}

export function takeBack(id: string): Outgoing | undefined {
  const item = get().outbox.find((o) => o.client_id === id && o.state !== 'sending');
  if (item) update(id, undefined);
  return item;
}

const busy = new Set<string>();
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let leaving = false;

/** Sends what waits for one conversation, one after another so that the order stays as it was written. */
async function pump(session: string): Promise<void> {
  const { outbox, me, phase } = get();
  const item = outbox.find((o) => o.session_id === session && o.state === 'waiting' && o.agent_id === me?.agent_id);
  if (!item || busy.has(session) || phase !== 'ready') return;
  busy.add(session);
  update(item.client_id, { state: 'sending' });
  const on = await post(item);
  busy.delete(session);
  if (on) return pump(session);
}

/** Sends one item. Answers whether the next one may follow. */
async function post(item: Outgoing): Promise<boolean> {
  const path = `/sessions/${encodeURIComponent(item.session_id)}/${item.note ? 'notes' : 'messages'}`;
  const body = {
    message: item.text, client_id: item.client_id,
    ...(item.note ? item.mentions?.length && { mentions: item.mentions } : { sender: 'agent', after_seq: item.after_seq }),
    ...(item.quick_replies?.length && { quick_replies: item.quick_replies }),
  };
  try {
    const ending = leaving || document.hidden; // nothing may run after this: what there is to ask is asked at once
    const taking = item.note ? undefined : takeToAnswer(item.session_id, ending);
    if (ending) taking?.catch(() => { /* the answer goes out all the same */ });
    const name = ending ? undefined : await taking;
    if (name) {
      update(item.client_id, undefined);
      crossed(item, { name, taken: true });
      return true;
    }
    const message = await api<Message>('POST', path, body, { keepalive: ending });
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
  if (err.latest && err.field === 'after_seq') {
    update(item.client_id, undefined);
    crossed(item, { name: err.latest.sender_name ?? '', latest: err.latest });
    return true;
  }
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

/**
 * What was held goes out when its writer looks away or the page ends, because its timer may not run any more. The
 * browser asks before a page ends that could not send something: it would be sent only when the console is open again.
 * Whoever leaves to sign in is about to open it.
 */
export function sendOnLeaving() {
  const releaseAll = () => { for (const session of new Set(get().outbox.map((o) => o.session_id))) release(session); };
  document.addEventListener('visibilitychange', () => { if (document.hidden) releaseAll(); });
  addEventListener('pagehide', () => { leaving = true; releaseAll(); });
  addEventListener('pageshow', () => { leaving = false; });
  addEventListener('beforeunload', (event) => {
    const stuck = (o: Outgoing) => o.agent_id === get().me?.agent_id && o.state !== 'held' && o.state !== 'sending';
    if (get().uploads.length || (get().phase === 'ready' && get().outbox.some(stuck))) event.preventDefault();
  });
}
