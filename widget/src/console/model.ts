// What the console knows about conversations, and how it changes. Pure functions: no requests, no document.
import type { Message, SeenData, Session } from '../shared/types';

export type View = 'mine' | 'unassigned' | 'open' | 'later' | 'closed';
export const views: View[] = ['mine', 'unassigned', 'open', 'later', 'closed'];

/** What a list is narrowed to. An agent's id, "none" or, in the list of what was put off, "any"; the agent counts only where the list leaves it open. */
export interface Filter { department?: string; tag?: string; agent?: string; source?: string }

/** inView says whether a conversation belongs to an agent's list. */
export function inView(s: Session, view: View, me: string, f: Filter = {}): boolean {
  if (f.department && s.department !== f.department || f.tag && !s.tags.includes(f.tag) || f.source && s.source !== f.source) return false;
  const agent = view === 'later' ? f.agent ?? me : view === 'mine' || view === 'unassigned' ? undefined : f.agent;
  if (agent && agent !== 'any' && (agent === 'none' ? s.assignee_id : s.assignee_id !== agent)) return false;
  if (view === 'closed') return s.status === 'closed';
  if (s.status !== 'active') return false;
  if (view === 'later' || s.snoozed_until) return view === 'later' && !!s.snoozed_until;
  return view === 'open' || (view === 'mine' ? s.assignee_id === me : !s.assignee_id);
}

/** activity is what lists are ordered by, as the server orders them: the last message, or for a closed one its end. */
export function activity(s: Session): string {
  return (s.status === 'closed' ? s.closed_at : s.last_message?.timestamp) ?? s.created_at;
}

export function byActivity(a: Session, b: Session): number {
  const x = activity(a), y = activity(b);
  if (x !== y) return x < y ? 1 : -1;
  return a.session_id < b.session_id ? 1 : a.session_id > b.session_id ? -1 : 0;
}

/**
 * merge takes in a session from the server beside what is known. The two halves of it age apart: the version counts
 * changes of the session itself, message_count its messages. An answer that crossed an event on the way must undo neither.
 */
export function merge(old: Session | undefined, next: Session): Session {
  if (!old) return bare(next);
  const it = next.version >= old.version ? bare(next) : old;
  const talk = next.message_count >= old.message_count ? next : old;
  const agentSeen = Math.max(old.agent_seen_seq, next.agent_seen_seq);
  return {
    ...it,
    message_count: talk.message_count, last_message: talk.last_message, updated_at: later(old.updated_at, next.updated_at),
    waiting_since: it.status === 'active' ? talk.waiting_since : undefined, first_reply_at: old.first_reply_at ?? next.first_reply_at,
    unread: agentSeen >= talk.message_count ? 0 : talk.unread, agent_seen_seq: agentSeen,
    visitor_seen_seq: Math.max(old.visitor_seen_seq, next.visitor_seen_seq), visitor_online: next.visitor_online,
  };
}

/** The messages that a session may bring along are kept in its log instead. */
function bare(s: Session): Session {
  const { messages: _, ...rest } = s;
  return rest;
}

const later = (a: string, b: string) => (a > b ? a : b);

/** withMessage applies message_sent to the session's figures, exactly as the server does. */
export function withMessage(s: Session, m: Message): Session {
  const seq = m.seq ?? 0;
  if (m.note || seq <= s.message_count) return s;
  const next: Session = {
    ...s, message_count: seq, updated_at: later(s.updated_at, m.timestamp),
    last_message: {
      message_id: m.message_id, sender: m.sender, sender_name: m.sender_name,
      message: [...m.message || m.attachments[0]?.name || ''].slice(0, 200).join(''), timestamp: m.timestamp, seq,
    },
  };
  if (m.sender === 'visitor') {
    next.unread = s.unread + 1;
    next.snoozed_until = undefined; // they wake it
    next.waiting_since = s.waiting_since ?? m.timestamp;
    next.visitor_seen_seq = seq;
  } else if (m.sender === 'agent') {
    next.unread = 0;
    next.waiting_since = undefined;
    next.agent_seen_seq = seq;
    next.first_reply_at = s.first_reply_at ?? m.timestamp;
  }
  return next;
}

/** withEdit follows an edited or deleted message into the preview. */
export function withEdit(s: Session, m: Message): Session {
  if (s.last_message?.message_id !== m.message_id) return s;
  return { ...s, last_message: { ...s.last_message, message: [...m.message || m.attachments[0]?.name || ''].slice(0, 200).join('') } };
}

export function withSeen(s: Session, e: SeenData): Session {
  if (e.sender === 'visitor') return e.seq > s.visitor_seen_seq ? { ...s, visitor_seen_seq: e.seq } : s;
  if (e.seq <= s.agent_seen_seq) return s;
  // How many of the rest are the visitor's is not known here; it cannot be more than the rest.
  return { ...s, agent_seen_seq: e.seq, unread: Math.min(s.unread, Math.max(0, s.message_count - e.seq)) };
}

/** Log is the loaded stretch of a conversation: always its newest part, without gaps. */
export interface Log {
  messages: Message[]; // with a seq, in its order
  notes: Message[]; // without one, in the order of their ids
  older?: string; // the cursor of what came before; undefined at the beginning
  state: 'loading' | 'ready' | 'failed';
  olderState?: 'loading' | 'failed';
  error?: string;
}

export const emptyLog: Log = { messages: [], notes: [], state: 'loading' };

/** put adds messages or newer forms of them. A message beyond a gap is left out: `gap` says that the part between must be fetched. */
export function put(log: Log, add: Message[]): { log: Log; gap: boolean } {
  const messages = new Map(log.messages.map((m) => [m.message_id, m]));
  const notes = new Map(log.notes.map((m) => [m.message_id, m]));
  const first = log.messages[0]?.seq ?? 0;
  let last = log.messages.at(-1)?.seq ?? 0, gap = false;
  for (const m of [...add].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))) {
    if (m.note) notes.set(m.message_id, m);
    else if (messages.has(m.message_id)) messages.set(m.message_id, newer(messages.get(m.message_id)!, m));
    else if (m.seq! < first) continue; // older than what is loaded: it comes with its own page
    else if (last && m.seq! > last + 1) gap = true;
    else { messages.set(m.message_id, m); last = Math.max(last, m.seq!); }
  }
  return {
    gap,
    log: {
      ...log,
      messages: [...messages.values()].sort((a, b) => a.seq! - b.seq!),
      notes: [...notes.values()].sort((a, b) => (a.message_id < b.message_id ? -1 : 1)),
    },
  };
}

const newer = (a: Message, b: Message) =>
  (a.deleted_at ?? a.edited_at ?? '') > (b.deleted_at ?? b.edited_at ?? '') ? a : b;

/** before puts an older page in front of the log. */
export function before(log: Log, page: Message[], older: string | undefined): Log {
  const have = new Set([...log.messages, ...log.notes].map((m) => m.message_id));
  const fresh = page.filter((m) => !have.has(m.message_id));
  return {
    ...log, older, olderState: undefined,
    messages: [...fresh.filter((m) => !m.note), ...log.messages],
    notes: [...fresh.filter((m) => m.note), ...log.notes],
  };
}

/** woven is messages and notes in one order: notes have no seq, so they stand after what was said before them. */
export function woven(log: Log): Message[] {
  const out: Message[] = [];
  let n = 0;
  for (const m of log.messages) {
    while (n < log.notes.length && log.notes[n]!.timestamp < m.timestamp) out.push(log.notes[n++]!);
    out.push(m);
  }
  return [...out, ...log.notes.slice(n)];
}

/** waits is how many whole minutes a visitor has waited beyond the promise, or 0. */
export function waits(s: Session, now: number, promise: number): number {
  if (!s.waiting_since || s.status !== 'active') return 0;
  const ms = now - Date.parse(s.waiting_since);
  return ms > promise ? Math.floor(ms / 60_000) : 0;
}
