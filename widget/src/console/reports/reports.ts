// What the reports are about, and what was read for them.
import { createStore } from '../../shared/store';
import type { Session } from '../../shared/types';
import { absorb } from '../lists';
import { pageLink } from '../route';
import { api, auth, base, browser, words } from '../server';
import { locale } from '../use';
import type { AgentRow, Figures, Greeting, Part, Point, Rated, Summary, Weekday } from './figures';

export const spans = [
  [1, 'Today'], [7, 'Last 7 days'], [30, 'Last 30 days'], [90, 'Last 90 days'], [365, 'Last 12 months'],
] as const;

export const divisions = [['department', 'Department'], ['source', 'Source'], ['page', 'Page'], ['tag', 'Tag']] as const;
export type Division = typeof divisions[number][0];

/** What the reader has chosen. It stays in the browser. */
export interface Choice {
  days: number;
  /** A period of the reader's own, as days; both belong to it. */
  from?: string | undefined; to?: string | undefined;
  agent?: string | undefined; department?: string | undefined;
  hours?: boolean; bots?: boolean; banned?: boolean; test?: boolean;
  by: Division;
}

export interface Data {
  summary: Summary; before: Summary;
  points: Point[]; pointsBefore: Point[]; hourly: boolean;
  agents: AgentRow[]; team: Figures;
  weekdays: Weekday[];
  greetings: Greeting[]; greeted: Greeting;
}

interface State {
  choice: Choice;
  data?: Data | undefined;
  error: string;
  busy: boolean;
  read?: number;
  parts?: { by: Division; list: Part[] } | undefined;
  ratings?: { list: Rated[]; more?: string | undefined } | undefined;
  departments: string[];
}

const store = createStore<State>({ choice: { days: 30, by: 'page', ...browser.get<Partial<Choice>>('reports', {}) }, error: '', busy: false, departments: [] });
export const { get, set } = store;
export { store as reportsStore };

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** A day as the server takes it. */
export const dayText = (d: Date) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
const addDays = (day: string, n: number) => {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number];
  return dayText(new Date(y, m - 1, d + n));
};
const noon = (day: string) => new Date(`${day}T12:00`);
const daysOf = (from: string, to: string) => Math.round((noon(to).getTime() - noon(from).getTime()) / 86_400_000) + 1;

/** The period and the one before it, as half-open days. */
export function periods({ days, from, to }: Choice, now = new Date()) {
  const first = from ?? addDays(dayText(now), 1 - days);
  const last = to ?? dayText(now);
  const length = daysOf(first, last);
  return { from: first, to: addDays(last, 1), before: addDays(first, -length), last, days: length };
}

export function periodName(choice: Choice): string {
  const known = !choice.from && spans.find(([n]) => n === choice.days);
  if (known) return known[1];
  const { from, last } = periods(choice);
  const written = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...(noon(from).getFullYear() !== new Date().getFullYear() && { year: 'numeric' }) });
  return written.formatRange(noon(from), noon(last));
}

/** What is asked of every report. */
export function asked({ agent, department, hours, bots, banned, test }: Choice) {
  return { tz: zone, agent, department, business_hours: hours || undefined, bots: bots || undefined, banned: banned || undefined, test: test || undefined };
}

type Query = Record<string, string | number | boolean | undefined>;
const report = <T>(name: string, query: Query) => api<T>('GET', `/analytics/${name}`, undefined, { query });

let reading = 0;

/** Reads everything that the choice asks for. What was asked for before is not waited for. */
export async function read(): Promise<void> {
  const { choice } = get();
  const nth = ++reading;
  const { from, to, before, days } = periods(choice);
  const q = { ...asked(choice), from, to };
  const q0 = { ...q, from: before, to: from };
  const hourly = days === 1;
  const interval = hourly ? 'hour' : 'day';
  set({ busy: true, error: '' });
  try {
    const [summary, was, series, earlier, team, heat, greetings] = await Promise.all([
      report<Summary>('summary', q), report<Summary>('summary', q0),
      report<{ points: Point[] }>('timeseries', { ...q, interval }), report<{ points: Point[] }>('timeseries', { ...q0, interval }),
      report<{ agents: AgentRow[]; team: Figures }>('agents', q), report<{ weekdays: Weekday[] }>('heatmap', q),
      report<{ triggers: Greeting[]; total: Greeting }>('greetings', { from, to, tz: zone }),
    ]);
    if (nth !== reading) return;
    set({
      busy: false, read: Date.now(),
      data: {
        summary, before: was, points: series.points, pointsBefore: earlier.points, hourly, agents: team.agents, team: team.team,
        weekdays: heat.weekdays, greetings: greetings.triggers, greeted: greetings.total,
      },
    });
  } catch (err) {
    if (nth === reading) set({ busy: false, error: words(err) });
  }
}

export async function readParts(): Promise<void> {
  const { choice } = get();
  const { from, to } = periods(choice);
  try {
    const list = await report<{ parts: Part[] }>('breakdown', { ...asked(choice), from, to, by: choice.by });
    if (get().choice === choice) set({ parts: { by: choice.by, list: list.parts } });
  } catch (err) {
    if (get().choice === choice) set({ error: words(err) });
  }
}

/** Ratings with a comment, or whatever the score and the words ask for. */
export async function readRatings(search: { q: string; score: number }, more?: string): Promise<void> {
  const { choice } = get();
  const { from, to } = periods(choice);
  const query = { ...asked(choice), business_hours: undefined, from, to, limit: more ? 20 : 6, after: more, q: search.q.trim() || undefined, score: search.score || undefined, commented: true };
  const page = await report<{ ratings: Rated[]; next_cursor?: string }>('ratings', query);
  if (get().choice !== choice) return;
  set(({ ratings }) => ({ ratings: { list: [...(more ? ratings?.list ?? [] : []), ...page.ratings], more: page.next_cursor } }));
}

export async function readDepartments(): Promise<void> {
  try {
    const { departments } = await api<{ departments: { name: string }[] }>('GET', '/departments', undefined, { query: { limit: 200 } });
    set({ departments: departments.map((d) => d.name) });
  } catch { /* without them there is one way less to choose */ }
}

/** Changes what the reports are about, and reads them. */
export function choose(part: Partial<Choice>) {
  const choice = { ...get().choice, ...part };
  browser.put('reports', choice);
  set({ choice });
}

/** One of what reports are divided into: an agent, a department, a source, a page or a tag. */
export type Only = { of: 'agent' | Choice['by']; value: string };

/** The address of the sessions behind a figure: of all, of an hour of the week, or of one part. */
export const behind = (figure: string, weekday?: number, hour?: number) => pageLink('reports', weekday === undefined ? figure : `${figure}.${weekday + 1}.${hour}`);
export const behindOf = (figure: string, part: Only) => pageLink('reports', figure, encodeURIComponent(`${part.of}:${part.value}`));

/** What behindOf has written, or nothing. */
export function parseOnly(item: string | undefined): Only | undefined {
  const [, of, value] = /^(agent|department|source|page|tag):(.+)$/s.exec(item ?? '') ?? [];
  return of && value ? { of: of as Only['of'], value } : undefined;
}

export function parseBehind(section: string): { figure: string; weekday?: number; hour?: number } {
  const [figure = '', weekday, hour] = section.split('.');
  return weekday === undefined ? { figure } : { figure, weekday: Number(weekday), hour: Number(hour) };
}

export async function readBehind(section: string, only: Only | undefined, after?: string): Promise<{ sessions: Session[]; more: string | undefined }> {
  const { choice } = get();
  const { from, to } = periods(choice);
  const page = await report<{ sessions: Session[]; next_cursor?: string }>('sessions', {
    ...asked(choice), business_hours: undefined, from, to, ...parseBehind(section), ...(only && { [only.of]: only.value }), limit: 50, after,
  });
  absorb(page.sessions);
  return { sessions: page.sessions, more: page.next_cursor };
}

/** Has the browser save a report as CSV. */
export async function download(name: string, query: Query = {}): Promise<void> {
  const { choice } = get();
  const { from, to } = periods(choice);
  const params = new URLSearchParams();
  const filters = name === 'greetings' ? { tz: zone } : asked(choice); // greetings know no filter
  for (const [key, value] of Object.entries({ ...filters, from, to, format: 'csv', ...query })) if (value !== undefined) params.set(key, String(value));
  const response = await fetch(`${base}/analytics/${name}?${params}`, { headers: auth() });
  if (!response.ok) throw new Error(String(response.status));
  const url = URL.createObjectURL(await response.blob());
  const a = document.createElement('a');
  a.href = url;
  a.download = `${name}-${from}-${addDays(to, -1)}.csv`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
