// What was done to a conversation, and the quiet lines that say so between its messages.
import { day, exact, firstName } from '../shared/format';
import type { HistoryEntry, Message, Session } from '../shared/types';
import { every } from './server';
import { but, get, set } from './state';
import { locale, time, until } from './use';
import { t } from './words';

const reading = new Set<string>(), again = new Set<string>();

/** What was done to a conversation, oldest first, as of a version of it. */
export interface History { entries: HistoryEntry[]; version: number }

const keep = (id: string, history: History) => set((s) => ({ histories: but(s.histories, id, history) }));

/** Reads the history of a conversation. It always ends well: the messages can be read without it. */
export async function readHistory(id: string) {
  if (reading.has(id)) { again.add(id); return; }
  reading.add(id);
  const version = get().sessions.get(id)?.version ?? 0;
  keep(id, { entries: get().histories.get(id)?.entries ?? [], version });
  try {
    const entries = (await every<HistoryEntry>(`/sessions/${encodeURIComponent(id)}/history`, 'history')).reverse();
    keep(id, { entries, version });
  } catch { /* the next change reads it again */ }
  reading.delete(id);
  if (again.delete(id)) void readHistory(id);
}

/** What changes a conversation changes its history: it is read again where it is shown. */
export function historyChanged(is: Session) {
  const known = get().histories.get(is.session_id);
  if (known && known.version < is.version) void readHistory(is.session_id);
}

/** A line about the conversation. */
export interface Remark { text: string; title: string }

const within = (name: string | undefined, id: string | undefined, me: string | undefined) => (id && id === me ? t('you') : firstName(name ?? '') || t('somebody'));
const capital = (text: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** What an entry says, to whoever reads it. `under` is the day that it stands under. */
export function remark(e: HistoryEntry, visitor: string, me: string | undefined, under: Date | undefined, reason?: string): Remark {
  const at = new Date(e.timestamp);
  const when = !under || under.toDateString() === at.toDateString() ? time(e.timestamp) : `${day(at, locale)}, ${time(e.timestamp)}`;
  return { text: said(e, visitor, me, when, reason), title: exact(at, locale) };
}

function said(e: HistoryEntry, visitor: string, me: string | undefined, when: string, reason: string | undefined): string {
  const own = e.by_id !== undefined && e.by_id === e.agent_id;
  const who = e.by === 'visitor' ? firstName(visitor) : e.by === 'system' || !e.by ? '' : capital(e.by === 'agent' ? within(e.by_name, e.by_id, me) : e.by_name || t('aProgram'));
  const it = { who, name: within(e.agent_name, e.agent_id, me), time: when };
  switch (e.action) {
    case 'assigned':
      if (!who) return t(e.by ? 'assignedInTurn' : 'assignedTo', it);
      return t(own ? 'tookIt' : 'assignedBy', it);
    case 'released':
      if (!who) return t('releasedAway', { ...it, name: capital(it.name) });
      return t(own ? 'gaveBack' : 'tookFrom', it);
    case 'transferred': return t(e.department ? 'passedOn' : 'tookOut', { ...it, name: e.department ?? '' });
    case 'snoozed': return t('putOff', { ...it, who: who || t('somebody'), until: until(e.until ?? 'reply', Date.parse(e.timestamp)) });
    case 'woken': return t(e.by === 'visitor' ? 'backWritten' : who ? 'tookBack' : 'backDue', it);
    case 'closed': {
      if (e.by === 'system' && reason === 'idle') return t('closedIdle', it);
      const line = who ? t('closedBy', it) : t('closedAt', it);
      return reason ? `${line}: ${reason}` : line;
    }
  }
}

/** The lines before each message, over and under the heading of its day if it has one, and those at the end. */
export interface Remarks { over: Remark[][]; under: Remark[][]; end: Remark[] }

/** Finds the place of each entry among the messages. What was done before the first of them is left out unless they are all there. */
export function place(entries: HistoryEntry[], messages: Message[], began: boolean, session: Session | undefined, me: string | undefined): Remarks {
  const out: Remarks = { over: [], under: [], end: [] };
  const visitor = session?.visitor_name ?? '';
  const say = (e: HistoryEntry, under: Date | undefined) => remark(e, visitor, me, under, e.action === 'closed' ? session?.close_reason : undefined);
  let n = 0, before: Date | undefined;
  messages.forEach((m, i) => {
    const at = new Date(m.timestamp);
    for (; n < entries.length && earlier(entries[n]!, m); n++) {
      if (!i && !began) continue;
      const e = entries[n]!, same = !before || new Date(e.timestamp).toDateString() === at.toDateString();
      if (same) (out.under[i] ??= []).push(say(e, at)); else (out.over[i] ??= []).push(say(e, before));
    }
    before = at;
  });
  if (messages.length || began) out.end = entries.slice(n).map((e) => say(e, before));
  return out;
}

/** Whether an entry stands before a message. The message that brought a conversation back has the same time. */
const earlier = (e: HistoryEntry, m: Message) => (e.action === 'woken' && e.by === 'visitor' ? e.timestamp < m.timestamp : e.timestamp <= m.timestamp);

/** That it is closed is known without the history too. */
export function known(entries: HistoryEntry[], session: Session | undefined): HistoryEntry[] {
  if (!session?.closed_at || entries.some((e) => e.action === 'closed')) return entries;
  return [...entries, { action: 'closed', timestamp: session.closed_at }];
}

/** Takes out that an agent who began the conversation got it: the line that says who began it says so. */
export function begun(entries: HistoryEntry[], session: Session | undefined): [HistoryEntry | undefined, HistoryEntry[]] {
  const [first, ...rest] = entries;
  return session?.source === 'agent' && first?.by === 'agent' && first.timestamp === session.created_at ? [first, rest] : [undefined, entries];
}

/** Who began the conversation: its visitor, unless an agent did. */
export function opening(session: Session, opener: HistoryEntry | undefined, me: string | undefined): string {
  const it = { name: firstName(session.visitor_name), time: time(session.created_at) };
  return opener ? t('beganWith', { ...it, who: capital(within(opener.by_name, opener.by_id, me)) }) : t('began', it);
}
