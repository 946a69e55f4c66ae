// The lists: read page by page, kept right by events, read again when events were missed.
import type { Session } from '../shared/types';
import { Known } from './known';
import { activity, byActivity, inView, merge, type Filter, type View } from './model';
import { api, status, words } from './server';
import { get, set, type Pages, type State } from './state';

interface SessionPage { sessions: Session[]; next_cursor?: string }

const active = { status: 'active', snoozed: 'false' };
const selects: Record<View, Record<string, string>> = {
  mine: { ...active, assignee: 'me' },
  unassigned: { ...active, assignee: 'none' },
  open: active,
  later: { status: 'active', snoozed: 'true', assignee: 'me' },
  closed: { status: 'closed' },
};

/** What the server is asked for. */
function select(view: View): Record<string, string | undefined> {
  const { agent, department, tag, source } = get().filter;
  const own = view === 'mine' || view === 'unassigned' || !agent ? {} : { assignee: agent === 'any' ? undefined : agent };
  return { ...selects[view], ...own, department, tag, source };
}

/** Narrows the lists. They are read anew. */
export function narrow(filter: Filter) {
  set((s) => {
    const pages = { ...s.pages };
    for (const view of Object.keys(pages) as View[]) pages[view] = { frontier: '', state: 'idle' };
    return { filter, pages, chosen: new Set() };
  });
}

/** Sessions heard of since a reload began: its answer may be older than they are. */
let heard: Set<string> | undefined;

/** Takes in sessions from the server. */
export function absorb(list: Session[]) {
  if (!list.length) return;
  for (const s of list) heard?.add(s.session_id);
  set(({ sessions }) => ({ sessions: sessions.with(...list.map((s) => [s.session_id, merge(sessions.get(s.session_id), s)] as const)) }));
}

const setPages = (view: View, pages: Pages) => set((s) => ({ pages: { ...s.pages, [view]: pages } }));

const fetchPage = (view: View, after?: string) => api<SessionPage>('GET', '/sessions', undefined, {
  query: { ...select(view), sort: 'activity', limit: after ? 200 : 50, after },
});

const after = (page: SessionPage): Pages => ({
  cursor: page.next_cursor, state: 'ready', frontier: page.next_cursor ? activity(page.sessions.at(-1)!) : '',
});

/** Reads the next page of a list, or the first one again after a failure. */
export async function loadMore(view: View) {
  const pages = get().pages[view];
  if (pages.state === 'loading' || (pages.state === 'ready' && !pages.cursor)) return;
  setPages(view, { ...pages, state: 'loading', error: undefined });
  try {
    const { filter } = get();
    const page = await fetchPage(view, pages.cursor);
    if (get().pages[view].cursor !== pages.cursor || get().filter !== filter) return; // a reload came in between, or other ones are wanted
    absorb(page.sessions);
    setPages(view, after(page));
  } catch (err) {
    // A cursor may have grown too old for the server: the next try starts at the top.
    const cursor = status(err) === 400 ? undefined : pages.cursor;
    setPages(view, { ...pages, cursor, state: 'failed', error: words(err) });
  }
}

let reloading: Promise<void> | undefined;

/** Reads everything again that is on the screen. Used at the start and whenever events may have been missed. */
export function reload(): Promise<void> {
  return reloading ??= readAll().finally(() => { reloading = undefined; heard = undefined; });
}

async function readAll() {
  heard = new Set();
  const shown = [...new Set<View>([get().view, 'open'])];
  void loadCounts();
  const pages = await Promise.all(shown.map((view) => fetchPage(view).catch((err: unknown) => err as Error)));
  set((s) => {
    const sessions = new Map<string, Session>();
    const next: State['pages'] = { ...s.pages };
    for (const view of Object.keys(next) as View[]) next[view] = { frontier: '', state: 'idle' };
    pages.forEach((page, i) => {
      const view = shown[i]!;
      if (page instanceof Error) {
        next[view] = { ...s.pages[view], state: 'failed', error: words(page) };
        for (const [id, old] of s.sessions) if (inView(old, view, s.me?.agent_id ?? '', s.filter)) sessions.set(id, old);
        return;
      }
      next[view] = after(page);
      for (const one of page.sessions) sessions.set(one.session_id, merge(s.sessions.get(one.session_id), one));
    });
    for (const id of [...heard ?? [], s.open ?? '']) {
      const known = s.sessions.get(id);
      if (known && !sessions.has(id)) sessions.set(id, known);
    }
    return { sessions: new Known(sessions), pages: next };
  });
}

/** Takes in the newest rows without touching the rest: what is not replayed, such as who is here, is right again. */
export async function freshen() {
  void loadCounts();
  for (const view of new Set<View>([get().view, 'open'])) {
    try { absorb((await fetchPage(view)).sessions); } catch { return; /* the banner says it if it lasts */ }
  }
}

/** Makes sure that a list has its first page. */
export function show(view: View) {
  if (get().pages[view].state === 'idle') void loadMore(view);
}

let counting = false, countAgain = false;

/** Reads the figures of the navigation, at most once a second however many events ask for it. */
export async function loadCounts() {
  if (counting) { countAgain = true; return; }
  counting = true;
  countAgain = false;
  try { set({ counts: await api<NonNullable<State['counts']>>('GET', '/inbox') }); } catch { /* the old figures stay */ }
  setTimeout(() => { counting = false; if (countAgain) void loadCounts(); }, 1000);
}

const wanted = new Set<string>();
let fetching = 0;

/** Reads one session that an event spoke of and that is on no page yet. Several are read side by side, few at a time. */
export function want(id: string) {
  wanted.add(id);
  void next();
}

async function next(): Promise<void> {
  const [id] = wanted;
  if (!id || fetching >= 3) return;
  wanted.delete(id);
  fetching++;
  try { await readSession(id); } catch { /* a later event or reload brings it */ }
  fetching--;
  return next();
}

export async function readSession(id: string): Promise<Session> {
  try {
    const session = await api<Session>('GET', `/sessions/${encodeURIComponent(id)}`);
    absorb([session]);
    return session;
  } catch (err) {
    if (status(err) === 404) {
      set((s) => ({ missing: new Set(s.missing).add(id), sessions: s.sessions.with([id, undefined]) }));
    }
    throw err;
  }
}

let memo: { of: Known<Session>; key: unknown[]; rows: Session[]; byId: Map<string, Session> } | undefined;

/** The rows of the list that is shown, newest activity first. After an event only what it has changed is put in its place. */
export function rows({ sessions, view, pages, me, filter }: State): Session[] {
  if (memo?.of === sessions && same(memo.key, [view, pages[view].frontier, me?.agent_id, filter])) return memo.rows;
  const { frontier } = pages[view];
  const key = [view, frontier, me?.agent_id, filter];
  const belongs = (s: Session) => inView(s, view, me?.agent_id ?? '', filter) && activity(s) >= frontier;
  const changed = memo && same(memo.key, key) ? sessions.since(memo.of) : undefined;
  if (!memo || !changed || changed.size > many) {
    const list = [...sessions.values()].filter(belongs).sort(byActivity);
    memo = { of: sessions, key, rows: list, byId: new Map(list.map((s) => [s.session_id, s])) };
    return list;
  }
  let list = memo.rows;
  for (const id of changed) {
    const was = memo.byId.get(id), one = sessions.get(id), now = one && belongs(one) ? one : undefined;
    if (was === now) continue;
    if (list === memo.rows) list = [...list]; // whoever draws tells another list by its identity
    if (was) { list.splice(place(list, was), 1); memo.byId.delete(id); }
    if (now) { list.splice(place(list, now), 0, now); memo.byId.set(id, now); }
  }
  memo = { ...memo, of: sessions, rows: list };
  return list;
}

const many = 100; // changes at once after which it is quicker to sort all

const same = (a: unknown[], b: unknown[]) => a.every((part, i) => part === b[i]);

/** Where a row stands, or is to stand, in a list that is in order. */
function place(list: Session[], row: Session): number {
  let from = 0, to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (byActivity(list[middle]!, row) < 0) from = middle + 1; else to = middle;
  }
  return from;
}

let counted: { of: Known<Session>; key: unknown[]; ids: Set<string> } | undefined;

/** How many open conversations hold something new for this agent: theirs and nobody's. */
export function unreadCount(s: State): number {
  const key = [s.kept, s.me?.agent_id];
  const changed = counted && same(counted.key, key) ? s.sessions.since(counted.of) : undefined;
  const ids = changed ? counted!.ids : new Set<string>();
  for (const id of changed ?? [...s.sessions].map(([all]) => all)) {
    const one = s.sessions.get(id);
    const counts = one && isUnread(s, one) && one.status === 'active' && !one.snoozed_until && (!one.assignee_id || one.assignee_id === s.me?.agent_id);
    if (counts) ids.add(id); else ids.delete(id);
  }
  counted = { of: s.sessions, key, ids };
  return ids.size;
}

export const isUnread = (s: Pick<State, 'kept'>, one: Session) => one.unread > 0 || s.kept.has(one.session_id);
