// The messages of the open conversation, and what the agent's looking at them says to others.
import type { Message, MessagePage, Session, Step } from '../shared/types';
import { readHistory } from './history';
import { absorb, readSession } from './lists';
import { before, emptyLog, put, type Log } from './model';
import { api, status, words } from './server';
import { but, change, get, set } from './state';

const path = (id: string) => `/sessions/${encodeURIComponent(id)}`;
const remembered = 12; // logs kept for quick return; the rest is read again

const setLog = (id: string, log: Log | undefined) => set((s) => ({ logs: but(s.logs, id, log) }));

/** Shows a conversation: at once what is remembered, then what is new. */
export async function openThread(id: string) {
  set((s) => {
    const kept = new Set(s.kept);
    return kept.delete(id) ? { kept } : {};
  });
  const log = get().logs.get(id);
  await (log && log.state !== 'failed' ? catchUp(id) : loadThread(id));
}

/** Reads the newest page of a conversation. */
export async function loadThread(id: string) {
  setLog(id, emptyLog);
  try {
    const [page] = await Promise.all([
      api<MessagePage>('GET', `${path(id)}/messages`, undefined, { query: { before: 'latest', limit: 50 } }),
      readSession(id), readHistory(id),
    ]);
    arrived(id, page);
    forget();
  } catch (err) {
    setLog(id, status(err) === 404 ? undefined : { ...emptyLog, state: 'failed', error: words(err) });
  }
}

/** Puts the newest page under what events brought meanwhile. */
function arrived(id: string, page: MessagePage) {
  const live = get().logs.get(id) ?? emptyLog;
  const start: Log = {
    messages: page.messages.filter((m) => !m.note), notes: page.messages.filter((m) => m.note), older: page.next_cursor, state: 'ready',
  };
  const { log, gap } = put(start, [...live.messages, ...live.notes]);
  setLog(id, log);
  if (gap) setTimeout(catchUp, 0, id); // after the one that may be under way
}

const catching = new Set<string>();

/** Reads what came after the last message known. Notes have no place in that order, so the newest page is read for them. */
export async function catchUp(id: string) {
  if (catching.has(id)) return;
  catching.add(id);
  void readHistory(id);
  try {
    const [page] = await Promise.all([
      api<MessagePage>('GET', `${path(id)}/messages`, undefined, { query: { before: 'latest', limit: 50 } }), readSession(id),
    ]);
    const known = get().logs.get(id);
    if (!known) return;
    const { log, gap } = put(known, page.messages);
    if (gap || !known.messages.length) arrived(id, page); // more was missed than one page holds: start over from it
    else setLog(id, log);
  } catch (err) {
    if (status(err) === 404) setLog(id, undefined);
    // Otherwise the connection is in trouble, which the banner says; its return reads again.
  } finally {
    catching.delete(id);
  }
}

function forget() {
  const { logs, open } = get();
  if (logs.size <= remembered) return;
  const kept = [...logs].filter(([id], i) => id === open || i >= logs.size - remembered);
  set((s) => ({ logs: new Map(kept), histories: new Map(kept.flatMap(([id]) => (s.histories.has(id) ? [[id, s.histories.get(id)!] as const] : []))) }));
}

/** After missed events only the open conversation is worth reading again; the others are read when they are opened. */
export function refreshThreads() {
  const { open, logs } = get();
  const log = open ? logs.get(open) : undefined;
  set({ logs: new Map(open && log ? [[open, log]] : []) });
  if (open && log?.state === 'ready') void catchUp(open);
  else if (open) void loadThread(open);
}

/** Takes in messages that an event or an answer brought. A promise is answered where others must be read first. */
export function takeIn(id: string, messages: Message[]): Promise<void> | undefined {
  const known = get().logs.get(id);
  if (!known) return undefined;
  const { log, gap } = put(known, messages);
  setLog(id, log);
  return gap && known.state === 'ready' ? catchUp(id) : undefined;
}

export async function loadOlder(id: string, limit = 50) {
  const log = get().logs.get(id);
  if (!log?.older || log.olderState === 'loading' || log.state !== 'ready') return;
  setLog(id, { ...log, olderState: 'loading' });
  try {
    const page = await api<MessagePage>('GET', `${path(id)}/messages`, undefined, { query: { before: log.older, limit } });
    const now = get().logs.get(id);
    if (now && now.older === log.older) setLog(id, before(now, page.messages, page.next_cursor));
  } catch {
    const now = get().logs.get(id);
    if (now) setLog(id, { ...now, olderState: 'failed' });
  }
}

let telling = '', askedAgain = '';

/** Tells the visitor's side that everything up to the end has been seen. Call it only when that is so. */
export async function tellSeen(id: string) {
  const session = get().sessions.get(id);
  const last = get().logs.get(id)?.messages.at(-1);
  if (telling) { askedAgain = id; return; }
  if (!session || !last || last.seq! <= session.agent_seen_seq || !get().scopes.includes('write')) return;
  if (!session.unread && last.sender !== 'visitor') return; // nothing of the visitor's is new
  telling = id;
  try {
    await api('POST', `${path(id)}/seen`, { message_id: last.message_id });
    change(id, (s) => ({
      ...s, agent_seen_seq: Math.max(s.agent_seen_seq, last.seq!), unread: s.message_count === last.seq ? 0 : s.unread,
    }));
  } catch { /* said again when the next message is seen */ }
  telling = '';
  if (askedAgain) {
    const next = askedAgain;
    askedAgain = '';
    void tellSeen(next);
  }
}

let lastTyping = 0;

/** Tells the visitor that a reply is being written, every three seconds at most; at once when it no longer is. */
export function tellTyping(id: string, typing: boolean) {
  const now = Date.now();
  if (typing ? now - lastTyping < 3000 : !lastTyping) return;
  lastTyping = typing ? now : 0;
  if (get().sessions.get(id)?.status === 'closed') return;
  api('POST', `${path(id)}/typing`, { typing }).catch(() => { /* only a courtesy */ });
}

export async function readVisitor(id: string) {
  try {
    const visitor = await api<NonNullable<ReturnType<typeof visitorOf>>>('GET', `/visitors/${encodeURIComponent(id)}`);
    set((s) => ({ visitors: but(s.visitors, id, visitor) }));
  } catch { /* the session's own name and address are shown meanwhile */ }
}
const visitorOf = (id: string) => get().visitors.get(id);

/** Reads the visitor's other conversations. */
export async function readEarlier(visitor: string) {
  try {
    const { sessions } = await api<{ sessions: Session[] }>('GET', '/sessions', undefined, {
      query: { visitor_id: visitor, status: 'all', sort: 'activity', limit: 20 },
    });
    absorb(sessions);
    set((s) => ({ earlier: but(s.earlier, visitor, sessions) }));
  } catch {
    set((s) => ({ earlier: but(s.earlier, visitor, 'failed') }));
  }
}

/** Reads where the visitor has been: the latest part, or what comes behind a cursor. */
export async function readTrail(visitor: string, after?: string) {
  try {
    const page = await api<{ trail: Step[]; next_cursor?: string }>('GET', `/visitors/${encodeURIComponent(visitor)}/trail`, undefined, { query: { limit: 25, after } });
    set((s) => ({ trails: but(s.trails, visitor, { steps: [...(after ? s.trails.get(visitor)?.steps ?? [] : []), ...page.trail], cursor: page.next_cursor }) }));
  } catch { /* the last page that is known is shown instead */ }
}
