// How what comes from the server joins what is known.
import type { Message, VisitorSession } from '../shared/types';
import type { State } from './state';

/** Adds messages that may be known already, and keeps the order: by conversation, then by seq. */
export function merged(state: State, sessions: VisitorSession[], messages: Message[]): Pick<State, 'sessions' | 'messages'> {
  const all = new Map(state.sessions.map((session) => [session.session_id, session]));
  for (const { messages: _, ...session } of sessions) all.set(session.session_id, newer(all.get(session.session_id), session));
  const ordered = [...all.values()].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.session_id.localeCompare(b.session_id));
  const rank = new Map(ordered.map((session, i) => [session.session_id, i]));

  const byId = new Map(state.messages.map((message) => [message.message_id, message]));
  for (const message of messages) {
    const known = byId.get(message.message_id);
    if (rank.has(message.session_id) && !(known && form(known) > form(message))) byId.set(message.message_id, message);
  }
  return {
    sessions: ordered,
    messages: [...byId.values()].sort((a, b) => rank.get(a.session_id)! - rank.get(b.session_id)! || (a.seq ?? 0) - (b.seq ?? 0)),
  };
}

/** Which of two forms of a message is the later one: a page that was asked for before a change may come after it. */
const form = (message: Message) => (message.deleted_at ? '1' : '0') + (message.edited_at ?? '');

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
