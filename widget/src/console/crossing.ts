// Two agents who answer the same person unaware of each other: whoever would be second is asked once.
import { firstName } from '../shared/format';
import type { Message } from '../shared/types';
import { putBackInto } from './drafts';
import { get, say, set, type Crossing, type Outgoing } from './state';
import { t } from './words';

/** The newest message to the visitor that somebody else of the team has sent after a seq. */
export function repliedAfter(session: string, seq: number): Message | undefined {
  const { logs, me } = get();
  return logs.get(session)?.messages.findLast((m) => m.seq! > seq && m.sender === 'agent' && !m.deleted_at && m.sender_id !== me?.agent_id);
}

/** What to ask before a reply goes out, if anything. `seq` is the last message that its writer knew of when they began. */
export function wouldCross(session_id: string, seq: number): Crossing | undefined {
  const latest = repliedAfter(session_id, seq);
  if (latest) return { session_id, name: firstName(latest.sender_name ?? ''), latest };
  const [writing] = get().typing.get(session_id)?.agents.values() ?? [];
  return writing && { session_id, name: firstName(writing.name) };
}

/** The server has refused a reply because a colleague's came before it. Its text goes back to where it was written. */
export function crossed(item: Outgoing, latest: Message) {
  putBackInto(item.session_id, item.text, false, item.quick_replies);
  const name = firstName(latest.sender_name ?? '');
  const { open, sessions } = get();
  if (open === item.session_id) set({ crossing: { session_id: item.session_id, name, latest, ...(item.thenClose && { thenClose: true }) } });
  else say({ text: t('crossedElsewhere', { name, visitor: sessions.get(item.session_id)?.visitor_name ?? '' }), bad: true });
}

/** 3 s ago, 2 min ago. */
export function sinceThen(iso: string, now: number): string {
  const s = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  return s < 2 ? t('justNow') : s < 60 ? t('secondsAgo', { n: s }) : s < 3600 ? t('minutesAgo', { n: Math.floor(s / 60) }) : t('earlier');
}
