import type { StreamState } from '../shared/stream';
import type { Config, Message, Sender, VisitorSession } from '../shared/types';
import type { Greeting } from '../shared/bridge';
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
  /** What is looked at in place of both: the list of all conversations, or one of them. */
  aside: 'list' | VisitorSession | null;
  /** Conversations that are not on show, as far as something new was heard of them. */
  others: VisitorSession[];
  /** The server lets this visitor in no more. */
  barred: boolean;
  /** The page has been asked to challenge the visitor, and has not said what they answered. */
  challenged: boolean;
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
  /** Who is typing, with an empty name where that is not known, and what a bot has written of its answer so far. */
  typing: { name: string; text: string; since: Date } | null;
  /** What the visitor told of themselves and the server did not take, or agreed to and is now asked otherwise. */
  refusedField: '' | 'visitor_name' | 'visitor_email' | 'department' | 'consent';
  /** The code for conversations, once it is here. */
  talk: typeof import('./talk') | null;
  talkFailed: boolean;
  /** Whether a reply makes a sound. */
  sound: boolean;
  /** The reply whose preview stands beside the closed launcher. */
  preview: Message | null;
  /** The greeting that stands there instead. */
  greeting: Greeting | null;
  /** What the visitor was greeted with when they opened the panel; empty for nothing. */
  headline: string;
  /** They came by a link to their conversation that leads there no more. */
  lapsed: boolean;
}

export const initial: State = {
  open: false, closing: false, hello: 'none', config: null, online: false, verified: false, sessions: [], messages: [], older: false,
  talking: false, aside: null, others: [], barred: false, challenged: false, outbox: [], files: [], fault: null, uploads: [], stream: 'none', stuck: false, banner: '', refusedField: '', typing: null, talk: null, talkFailed: false, sound: false, preview: null, greeting: null, headline: '', lapsed: false,
};

/** The conversation that a message goes to; none if there is none or it is closed. */
export function current(state: State): VisitorSession | undefined {
  const last = state.sessions.at(-1);
  return last?.status === 'active' ? last : undefined;
}

export const theirs = (message: { sender: Sender }) => message.sender !== 'visitor';

/** How many replies the visitor has not seen, in all their conversations. */
export const unread = (state: State) => state.others.reduce((sum, session) => sum + session.unread, unseen(state).length);

/** The replies that the visitor has not seen, of those on show. */
export function unseen(state: State): Message[] {
  const seen = new Map(state.sessions.map((session) => [session.session_id, session.visitor_seen_seq]));
  return state.messages.filter((m) => theirs(m) && !m.deleted_at && (m.seq ?? 0) > (seen.get(m.session_id) ?? 0));
}
