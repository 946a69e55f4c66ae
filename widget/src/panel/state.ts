import type { StreamState } from '../shared/stream';
import type { Config, Message, Sender, VisitorSession } from '../shared/types';
import type { Fault } from '../shared/files';
import type { Upload } from '../shared/upload';
import type { Pending } from './keep';

export interface State {
  open: boolean;
  /** On its way out: still drawn, for the length of a fade. */
  closing: boolean;
  /** Whether hello has been answered; failed while it is being tried again. */
  hello: 'none' | 'asking' | 'done' | 'failed';
  config: Config | null;
  online: boolean;
  /** Whether the host's server vouches for the visitor. */
  verified: boolean;
  /** The conversations on show, oldest first. The last is the one that a message goes to, if it is active. */
  sessions: VisitorSession[];
  /** Their messages, in order. */
  messages: Message[];
  /** Whether the first conversation has earlier messages than these. */
  older: boolean;
  /** Looking at a conversation, not at the start page. */
  talking: boolean;
  outbox: Pending[];
  /** Files that go along with what is sent next, and why another one does not. */
  files: File[];
  fault: { name: string; what: Fault } | null;
  /** Files on their way. They are not kept: a browser forgets them with the page. */
  uploads: Upload[];
  stream: StreamState | 'none';
  /** Whether the last try to send met trouble. */
  stuck: boolean;
  /** What is said about the connection, which is not before it has lasted a while. */
  banner: '' | 'offline' | 'trouble';
  /** The name of whoever is typing; empty for nobody. */
  typing: string | null;
  /** What the visitor told of themselves and the server did not take. */
  refusedField: '' | 'visitor_name' | 'visitor_email';
  /** The code for conversations, once it is here. */
  talk: typeof import('./talk') | null;
  talkFailed: boolean;
  /** The reply whose preview stands beside the closed launcher. */
  preview: Message | null;
}

export const initial: State = {
  open: false, closing: false, hello: 'none', config: null, online: false, verified: false, sessions: [], messages: [], older: false,
  talking: false, outbox: [], files: [], fault: null, uploads: [], stream: 'none', stuck: false, banner: '', refusedField: '', typing: null, talk: null, talkFailed: false, preview: null,
};

/** The conversation that a message goes to; none if there is none or it is closed. */
export function current(state: State): VisitorSession | undefined {
  const last = state.sessions.at(-1);
  return last?.status === 'active' ? last : undefined;
}

export const theirs = (message: { sender: Sender }) => message.sender !== 'visitor';

/** The replies that the visitor has not seen. */
export function unseen(state: State): Message[] {
  const seen = new Map(state.sessions.map((session) => [session.session_id, session.visitor_seen_seq]));
  return state.messages.filter((m) => theirs(m) && !m.deleted_at && (m.seq ?? 0) > (seen.get(m.session_id) ?? 0));
}

/** Adds messages that may be known already, and keeps the order: by conversation, then by seq. */
export function merged(state: State, sessions: VisitorSession[], messages: Message[]): Pick<State, 'sessions' | 'messages'> {
  const all = new Map(state.sessions.map((session) => [session.session_id, session]));
  for (const { messages: _, ...session } of sessions) all.set(session.session_id, newer(all.get(session.session_id), session));
  const ordered = [...all.values()].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.session_id.localeCompare(b.session_id));
  const rank = new Map(ordered.map((session, i) => [session.session_id, i]));

  const byId = new Map(state.messages.map((message) => [message.message_id, message]));
  for (const message of messages) if (rank.has(message.session_id)) byId.set(message.message_id, message);
  return {
    sessions: ordered,
    messages: [...byId.values()].sort((a, b) => rank.get(a.session_id)! - rank.get(b.session_id)! || (a.seq ?? 0) - (b.seq ?? 0)),
  };
}

/** What is known of one conversation after another form of it has come; marks of what was seen never move back. */
function newer(old: VisitorSession | undefined, now: VisitorSession): VisitorSession {
  if (!old) return now;
  return {
    ...old, ...now,
    status: old.status === 'closed' ? 'closed' : now.status,
    agent_seen_seq: Math.max(old.agent_seen_seq ?? 0, now.agent_seen_seq ?? 0),
    visitor_seen_seq: Math.max(old.visitor_seen_seq ?? 0, now.visitor_seen_seq ?? 0),
  };
}
