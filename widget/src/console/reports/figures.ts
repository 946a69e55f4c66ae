// What the server's reports hold, and how figures are written for people.
import { locale } from '../use';

export interface Durations { count: number; mean_s: number | null; median_s: number | null; p90_s: number | null; p95_s: number | null }

export interface Load { concurrent_mean: number; concurrent_peak: number; busy_s: number; available_s: number }

export interface Figures {
  sessions: number; opened_no_message: number; closed: number; missed: number; abandoned: number; dropped: number;
  wait: Durations; first_response: Durations & { bot: Durations }; accept: Durations | null; reply_time: Durations; duration: Durations;
  csat: { ratings: number; positive: number; score: number | null; requests: number; response_rate: number | null; spread: Record<'1' | '2' | '3' | '4' | '5', number> };
  messages_per_session: { visitor: number | null; agent: number | null; bot: number | null };
  visitors: number | null; page_views: number | null; engaged: number | null; engagement: number | null; returned: number | null; returning: number | null;
  load?: Load;
}

export interface Basis { tz: string; sessions: number; left_out: { bots: number; banned: number; test: number } }
export type Summary = Figures & { from: string; to: string; computed: Basis };
export type Point = Figures & { start: string };
export type AgentRow = Figures & { agent_id: string; name: string };
export type Part = Figures & { name: string };
export interface Weekday { weekday: string; sessions: number[]; available_s: number[] }
export interface Greeting { trigger_id?: string; name?: string; shown: number; answered: number; conversion: number | null }
export interface Rated { session_id: string; score: number; comment?: string; created_at: string; visitor_name: string; assignee_name?: string }

/** A figure that sessions can be listed by: its name, and what it means. */
export const meanings: Record<string, [name: string, meaning: string]> = {
  sessions: ['Conversations', 'Everything that visitors began with a first message in this period.'],
  opened_no_message: ['Opened without a message', 'Begun in this period, but the visitor has never written.'],
  closed: ['Closed', 'Of the period’s conversations, those that are closed by now.'],
  missed: ['Missed', 'Nobody of the team has replied, and the conversation is closed or the visitor has been gone for 15 minutes.'],
  abandoned: ['Abandoned', 'Missed, and the visitor left before somebody took the conversation.'],
  dropped: ['Dropped', 'Somebody had the conversation, but the visitor left without seeing the last reply.'],
  wait: ['First reply', 'From the visitor’s first message to the first one of a person on the team.'],
  first_bot_response: ['First reply by a bot', 'From the visitor’s first message to a bot’s, where it came before any person’s.'],
  accept: ['Taken up', 'From coming into the queue to the first assignment.'],
  reply_time: ['Every reply', 'From the first message of each of the visitor’s turns to the team’s next.'],
  duration: ['Time to close', 'From the visitor’s first message to closing.'],
  rating_requests: ['Asked for a rating', 'Visitors who were shown the question what they thought.'],
  ratings: ['Ratings', 'Conversations that were rated.'],
  ratings_positive: ['Rated good', 'Ratings of 4 and 5.'],
  ratings_negative: ['Rated badly', 'Ratings of 1 and 2.'],
  ratings_1: ['Rated 1 of 5', 'The worst rating.'],
  ratings_2: ['Rated 2 of 5', 'Ratings of 2.'],
  ratings_3: ['Rated 3 of 5', 'Ratings of 3.'],
  ratings_4: ['Rated 4 of 5', 'Ratings of 4.'],
  ratings_5: ['Rated 5 of 5', 'The best rating.'],
};

export const number = (n: number, digits = 0) => n.toLocaleString(locale, { maximumFractionDigits: digits });
export const many = (n: number, one: string, more = `${one}s`) => `${number(n)} ${n === 1 ? one : more}`;

/** 52 s, 3 min 40 s, 21 min, 2 h 5 min, 3 days 4 h. */
export function long(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  const m = Math.round(s / 60);
  if (m < 60) return `${m} min`;
  if (m < 48 * 60) return m % 60 ? `${number(Math.floor(m / 60))} h ${m % 60} min` : `${number(m / 60)} h`;
  const h = Math.round(m / 60);
  return h % 24 ? `${number(Math.floor(h / 24))} days ${h % 24} h` : `${number(h / 24)} days`;
}

/** Hours of a whole period: 168 h. */
export const hours = (seconds: number) => (seconds < 3600 ? long(seconds) : `${number(seconds / 3600, 1)} h`);

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  const p = share * 100;
  return `${number(p, p > 0 && p < 10 ? 1 : 0)}%`;
}

export interface Change { text: string; good?: boolean }

/** How a count compares with the one before: neither is better. */
export function more(now: number, before: number): Change {
  if (!before) return { text: now ? 'None before' : 'None before either' };
  const p = Math.round((now / before - 1) * 100);
  return { text: p ? `${number(Math.abs(p))}% ${p > 0 ? 'more' : 'fewer'} than before` : 'As many as before' };
}

/** How a time compares: where words are given for better, less is better. */
export function quicker(now: number | null, before: number | null, judged: boolean): Change {
  if (now === null) return { text: 'Nothing to measure' };
  if (before === null) return { text: 'None before' };
  const d = now - before;
  if (Math.abs(d) < 0.5 || Math.abs(d) < before * 0.01) return { text: 'Same as before' };
  const [less, grew] = judged ? ['faster', 'slower'] : ['shorter', 'longer'];
  return { text: `${long(Math.abs(d))} ${d < 0 ? less : grew}`, ...(judged && { good: d < 0 }) };
}

/** How a share compares, in points of a hundred. */
export function points(now: number | null, before: number | null, moreIsBetter: boolean): Change {
  if (now === null) return { text: 'Nothing to measure' };
  if (before === null) return { text: 'None before' };
  const d = Math.round((now - before) * 1000) / 10;
  if (!d) return { text: 'Same as before' };
  const size = number(Math.abs(d), 1);
  return { text: `${size} ${size === '1' ? 'point' : 'points'} ${d > 0 ? 'more' : 'fewer'}`, good: (d > 0) === moreIsBetter };
}

export const share = (part: number, whole: number) => (whole ? part / whole : null);
