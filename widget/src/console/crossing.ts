// Two agents who answer the same person unaware of each other: whoever would be second is asked once.
import { firstName } from '../shared/format';
import type { Message } from '../shared/types';
import { draftOf, putBackInto } from './drafts';
import { get, say, set, type Crossing, type Outgoing } from './state';
import { t } from './words';

/** The newest message to the visitor that somebody else of the team has sent after a seq. */
export function repliedAfter(session: string, seq: number): Message | undefined {
  const { logs, me } = get();
  return logs.get(session)?.messages.findLast((m) => m.seq! > seq && m.sender === 'agent' && !m.deleted_at && m.sender_id !== me?.agent_id);
}

/** What the writer of a reply knew of when they began: the last message, and whether nobody had the conversation. */
export interface Known { seq: number; free: boolean }
export function knownOf(session_id: string): Known {
  const session = get().sessions.get(session_id);
  return { seq: session?.message_count ?? 0, free: !session?.assignee_id };
}

/** What to ask before a reply goes out, if anything. */
export function wouldCross(session_id: string, { seq, free }: Known): Crossing | undefined {
  const latest = repliedAfter(session_id, seq);
  if (latest) return { session_id, name: firstName(latest.sender_name ?? ''), latest };
  const { typing, sessions, me } = get();
  const { assignee_id, assignee_name } = sessions.get(session_id) ?? {};
  if (free && assignee_id && assignee_id !== me?.agent_id) return { session_id, name: firstName(assignee_name ?? ''), taken: true };
  const [writing] = typing.get(session_id)?.agents.values() ?? [];
  return writing && { session_id, name: firstName(writing.name) };
}

/**
 * A reply is not to go out because a colleague was faster. Its text goes back to where it was written. Whoever writes a
 * note there meanwhile goes on with it: the next key must not end up in what the visitor reads.
 */
export function crossed(item: Outgoing, by: { name: string; latest?: Message; taken?: true }) {
  const { session_id, thenClose } = item;
  putBackInto(session_id, item.text, false, item.quick_replies, false);
  const name = firstName(by.name);
  const { open, sessions } = get();
  if (open === session_id) set({ crossing: { ...by, session_id, name, ...(thenClose && { thenClose }) } });
  if (open === session_id && draftOf(session_id).mode === 'reply') return;
  const visitor = sessions.get(session_id)?.visitor_name ?? '';
  say({ text: t(by.taken ? 'takenElsewhere' : 'crossedElsewhere', { name, visitor }), bad: true });
}

/** 3 s ago, 2 min ago. */
export function sinceThen(iso: string, now: number): string {
  const s = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  return s < 2 ? t('justNow') : s < 60 ? t('secondsAgo', { n: s }) : s < 3600 ? t('minutesAgo', { n: Math.floor(s / 60) }) : t('earlier');
}
