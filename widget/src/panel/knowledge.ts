// What is known of the visitor's conversations, and how news joins it.
import type { APIError } from '../shared/api';
import type { Message, MessagePage, SeenData, VisitorSession } from '../shared/types';
import type { Core } from './chat';
import { merged } from './merge';
import { current, theirs, unseen } from './state';

export type Knowledge = ReturnType<typeof createKnowledge>;

const typingLasts = 6_000;

export function createKnowledge({ host, store: { get, set }, keep, api, settle }: Core) {
  let typingTimer: ReturnType<typeof setTimeout> | undefined;

  /** Takes in what the server says of conversations and messages; `news` if it has just happened. */
  function learn(sessions: VisitorSession[], messages: Message[], news: boolean) {
    const known = new Set(get().messages.map((m) => m.message_id));
    set((state) => merged(state, sessions, messages));
    const fresh = messages.filter((m) => !known.has(m.message_id));
    if (fresh.some(theirs)) quiet();
    if (news) for (const m of fresh) host.emit('message', { from: m.sender, text: m.message, id: m.message_id });
    settle();
  }

  function began({ session_id: id }: VisitorSession) {
    const kept = keep.get();
    if (kept.token && kept.session !== id) keep.change((k) => { k.session = id; });
    host.emit('conversation', { id, state: 'open' });
  }

  /** The newest messages of a conversation: joined to what is known, or in its place if there is a gap between. */
  function replaced(session: VisitorSession) {
    const page = session.messages ?? [];
    const first = page[0]?.seq ?? 1;
    const before = get().messages.filter((m) => m.session_id === session.session_id);
    const gap = before.length > 0 && (before.at(-1)!.seq ?? 0) < first - 1;
    if (gap) set(({ messages }) => ({ messages: messages.filter((m) => m.session_id !== session.session_id) }));
    const oldest = !get().sessions.length || get().sessions[0]!.session_id === session.session_id;
    if (oldest && (gap || !before.length)) set({ older: first > 1 });
    learn([session], page, before.length > 0);
  }

  const read = (id: string) => api.call<VisitorSession>('GET', `/sessions/${id}`);

  /** Something new of a conversation that is not on show. With none open it takes the place of what was. */
  async function heardOf(id: string) {
    const session = await read(id);
    if (current(get()) || session.status === 'closed') {
      set(({ others }) => ({ others: [...others.filter((s) => s.session_id !== id), session] }));
      settle();
    } else {
      show(session);
      began(session);
    }
  }

  /** Puts a conversation in the place of those on show. */
  function show(session: VisitorSession) {
    set(({ others }) => ({ sessions: [], messages: [], older: false, others: others.filter((s) => s.session_id !== session.session_id) }));
    replaced(session);
  }

  /** What was said before, for someone who comes back after it was closed. */
  async function lastOne() {
    const id = keep.get().session;
    if (!id || get().sessions.length) return;
    try {
      const session = await read(id);
      if (!get().sessions.length && keep.get().session === id) replaced(session);
    } catch (err) {
      if ((err as Partial<APIError>).status === 404) keep.change((kept) => { delete kept.session; kept.live = false; });
    }
  }

  async function reread(): Promise<void> {
    const id = current(get())?.session_id;
    if (!id) return;
    const session = await read(id);
    if (!get().sessions.some((s) => s.session_id === id)) return; // it was somebody else's, who has left meanwhile
    replaced(session);
    closedNow(id);
  }

  function closedNow(id: string) {
    const session = get().sessions.find((s) => s.session_id === id);
    if (session?.status === 'closed') { quiet(); host.emit('conversation', { id, state: 'closed' }); }
  }

  /** That conversation takes nothing any more, or is not there. */
  function lost(id: string, closed: boolean) {
    set(({ sessions, messages }) => (closed
      ? { sessions: sessions.map((s) => (s.session_id === id ? { ...s, status: 'closed' as const } : s)) }
      : { sessions: sessions.filter((s) => s.session_id !== id), messages: messages.filter((m) => m.session_id !== id) }));
  }

  const quiet = () => { clearTimeout(typingTimer); set({ typing: null }); };

  /** Somebody is writing, or no longer is. */
  function typing(name: string, on: boolean, text = '') {
    clearTimeout(typingTimer);
    set(({ typing: before }) => ({ typing: on ? { name, text, since: before?.name === name ? before.since : new Date() } : null }));
    if (on) typingTimer = setTimeout(quiet, typingLasts);
  }

  function saw(id: string, who: SeenData['sender'], seq: number) {
    const field = who === 'agent' ? 'agent_seen_seq' : 'visitor_seen_seq';
    set(({ sessions }) => ({ sessions: sessions.map((s) => (s.session_id === id && s[field] < seq ? { ...s, [field]: seq } : s)) }));
    settle();
  }

  /** The visitor has seen all that there is. */
  function sawAll() {
    const last = unseen(get()).at(-1);
    if (!last) return;
    saw(last.session_id, 'visitor', last.seq!);
    api.call('POST', `/sessions/${last.session_id}/seen`, { message_id: last.message_id }).catch(() => { /* the next look says it again */ });
  }

  async function loadOlder() {
    const [first] = get().messages;
    if (!first || !get().older) return;
    const page = await api.call<MessagePage>('GET', `/sessions/${first.session_id}/messages`, undefined, { query: { before: first.message_id, limit: 50 } });
    set((state) => ({ ...merged(state, [], page.messages), older: page.messages.length > 0 && (page.messages[0]!.seq ?? 1) > 1 }));
  }

  return { learn, began, replaced, heardOf, show, lastOne, read, reread, closedNow, lost, quiet, typing, saw, sawAll, loadOlder };
}
