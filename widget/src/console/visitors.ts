// Who is on the site now: read as a list, kept right by events.
import type { Envelope, Page, Session, Step, Visitor } from '../shared/types';
import { createStore } from '../shared/store';
import { absorb } from './lists';
import { heard } from './live';
import { api, words } from './server';
import { store as app } from './state';

/** A visitor, and since when they are on the page that they look at. */
export interface Here extends Visitor {
  /** They have left while somebody was looking at them here. */
  left?: boolean;
}

interface State {
  people?: Here[];
  /** How many are on the site, also those who are not listed. */
  online: number;
  /** Whether pages are followed at all. */
  tracking: boolean;
  more: boolean;
  error: string;
  /** The one whose row is open. */
  chosen?: string;
}

interface VisitorPage { visitors: Visitor[]; tracking: boolean; online?: number; next_cursor?: string }

const store = createStore<State>({ online: 0, tracking: true, more: false, error: '' });
export const { get, set } = store;
export { store as visitorsStore };

const step = 100;
const most = 200; // that the server answers at once
const every = 60_000; // presence that no event has told of is right again after this long
const soon = 1_000; // many may come at once: they are read together
const rush = 5_000; // where so many come that not all are listed
const draw = 250; // what happens in between is drawn together

let timer: ReturnType<typeof setTimeout> | undefined;
let due = Infinity;
let reading = false;
let wanted = step;

/** Follows who is on the site until the function that it answers is called. */
export function watchVisitors(): () => void {
  heard.add(hear);
  void read();
  return () => {
    heard.delete(hear);
    clearTimeout(timer);
    clearTimeout(drawing);
    due = Infinity;
    drawing = undefined;
    changes.clear();
    wanted = step;
    set({ chosen: undefined });
  };
}

/** Reads again after that long, or before if that was asked for already: steady news must not put it off for ever. */
function later(ms: number) {
  const at = Date.now() + ms;
  if (at >= due) return;
  due = at;
  clearTimeout(timer);
  timer = setTimeout(read, ms);
}

const inAWhile = () => later(get().more ? rush : soon);

export async function read(): Promise<void> {
  if (reading) return later(soon);
  reading = true;
  due = Infinity;
  clearTimeout(timer);
  try {
    const found: Visitor[] = [];
    let page: VisitorPage;
    let after: string | undefined;
    do {
      page = await api<VisitorPage>('GET', '/visitors', undefined, { query: { online: true, limit: Math.min(most, wanted - found.length), after } });
      found.push(...page.visitors);
      after = page.next_cursor;
    } while (after && found.length < wanted);
    apply();
    if (page.tracking) app.set({ online: page.online }); // the navigation says the same
    set(({ people, chosen }) => ({ people: merged(people ?? [], found, !after, chosen), online: page.online ?? found.length, tracking: page.tracking, more: !!after, error: '' }));
  } catch (err) {
    set({ error: words(err) });
  } finally {
    reading = false;
    later(every);
  }
}

/**
 * Nobody's row moves while somebody reads it: who is new stands on top, as long as there is room. Where not all were
 * found those who were not may be here all the same; an event says when they leave. Whoever is being looked at stays.
 */
function merged(old: Here[], found: Visitor[], all: boolean, chosen: string | undefined): Here[] {
  const now = new Map<string, Here>(found.map((v) => [v.visitor_id, v]));
  const known = old.flatMap((one) => {
    const fresh = now.get(one.visitor_id);
    if (!fresh) return !all ? one : one.visitor_id === chosen ? { ...one, left: true, online: false } : [];
    now.delete(one.visitor_id);
    return JSON.stringify(fresh) === JSON.stringify(one) ? one : fresh;
  });
  return [...[...now.values()].slice(0, Math.max(0, wanted - known.length)), ...known];
}

/** Those who have moved last, where not all are listed. */
export function readLatest(): Promise<void> {
  set(({ people, chosen }) => ({ people: people?.filter((p) => p.visitor_id === chosen) }));
  return read();
}

export function readMore(): Promise<void> {
  wanted += step;
  return read();
}

const changes = new Map<string, (one: Here) => Here | undefined>();
let drawing: ReturnType<typeof setTimeout> | undefined;

/** Changes one of the list, together with others. */
function change(id: string, fn: (one: Here) => Here | undefined) {
  const before = changes.get(id);
  changes.set(id, before ? (one) => { const next = before(one); return next && fn(next); } : fn);
  drawing ??= setTimeout(apply, draw);
}

function apply() {
  clearTimeout(drawing);
  drawing = undefined;
  if (!changes.size) return;
  const now = new Map(changes);
  changes.clear();
  set(({ people }) => ({
    people: people?.flatMap((one) => { const fn = now.get(one.visitor_id); return fn ? fn(one) ?? [] : one; }),
  }));
}

function hear({ event, data, timestamp }: Envelope) {
  const id = (data as { visitor_id?: string }).visitor_id;
  const known = !!id && !!get().people?.some((p) => p.visitor_id === id);
  switch (event) {
    case 'reset':
      set(({ more, people, chosen }) => (more ? { people: people?.filter((p) => p.visitor_id === chosen) } : {}));
      return later(0);
    case 'visitor_online':
      if (known) change(id, (one) => ({ ...one, left: false, online: true }));
      return inAWhile();
    case 'visitor_page':
      if (!known) return inAWhile();
      return change(id, (one) => ({ ...one, left: false, online: true, page: (data as { page: Page }).page, last_seen_at: timestamp,
        ...(one.visit && { visit: { ...one.visit, pages: one.visit.pages + 1, last_at: timestamp } }) }));
    case 'visitor_offline':
      if (known) change(id, (one) => (get().chosen === id ? { ...one, left: true, online: false } : undefined));
      return inAWhile();
    case 'session_started': case 'session_updated': case 'session_closed': {
      const session = data as Session;
      if (session.visitor_id) change(session.visitor_id, (one) => ({ ...one, name: one.name || (session.visitor_name === 'Visitor' ? '' : session.visitor_name),
        session_id: session.status === 'active' ? session.session_id : one.session_id === session.session_id ? undefined : one.session_id }));
    }
  }
}

/** Says something to a visitor who has not written. Answers the session. */
export async function speak(visitor: string, message: string): Promise<Session> {
  const session = await api<Session>('POST', `/visitors/${encodeURIComponent(visitor)}/sessions`, { message });
  absorb([session]);
  return session;
}

/** The latest of what a visitor saw and did. */
export async function readTrail(visitor: string): Promise<Step[]> {
  return (await api<{ trail: Step[] }>('GET', `/visitors/${encodeURIComponent(visitor)}/trail`, undefined, { query: { limit: 30 } })).trail;
}
