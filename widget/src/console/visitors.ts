// Who is on the site now: read as a list, kept right by events.
import type { Envelope, Page, Session, TrailLine, Visitor } from '../shared/types';
import { createStore } from '../shared/store';
import { absorb } from './lists';
import { heard } from './live';
import { api, words } from './server';

/** A visitor, and since when they are on the page that they look at. */
export interface Here extends Visitor {
  /** They have left while somebody was looking at them here. */
  left?: boolean;
}

interface State {
  people?: Here[];
  /** Whether pages are followed at all. */
  tracking: boolean;
  more?: string;
  error: string;
  /** The one whose row is open. */
  chosen?: string;
}

interface VisitorPage { visitors: Visitor[]; tracking: boolean; next_cursor?: string }

const store = createStore<State>({ tracking: true, error: '' });
export const { get, set } = store;
export { store as visitorsStore };

const step = 100;
const every = 60_000; // presence that no event has told of is right again after this long
const soon = 1_000; // many may come at once: they are read together

let timer: ReturnType<typeof setTimeout> | undefined;
let reading = false;

/** Follows who is on the site until the function that it answers is called. */
export function watchVisitors(): () => void {
  heard.add(hear);
  void read();
  return () => {
    heard.delete(hear);
    clearTimeout(timer);
    set({ chosen: undefined });
  };
}

function later(ms: number) {
  clearTimeout(timer);
  timer = setTimeout(read, ms);
}

export async function read(): Promise<void> {
  if (reading) return later(soon);
  reading = true;
  try {
    const page = await api<VisitorPage>('GET', '/visitors', undefined, { query: { online: true, limit: step } });
    const { chosen, people } = get();
    // Whoever is being looked at stays in sight when they leave.
    const kept = people?.filter((p) => p.visitor_id === chosen && !page.visitors.some((v) => v.visitor_id === chosen)).map((p) => ({ ...p, left: true })) ?? [];
    set({ people: [...page.visitors, ...kept], tracking: page.tracking, more: page.next_cursor, error: '' });
  } catch (err) {
    set({ error: words(err) });
  } finally {
    reading = false;
    later(every);
  }
}

export async function readMore(): Promise<void> {
  const { more } = get();
  if (!more) return;
  try {
    const page = await api<VisitorPage>('GET', '/visitors', undefined, { query: { online: true, limit: step, after: more } });
    set(({ people = [] }) => {
      const known = new Set(people.map((p) => p.visitor_id));
      return { people: [...people, ...page.visitors.filter((v) => !known.has(v.visitor_id))], more: page.next_cursor, error: '' };
    });
  } catch (err) {
    set({ error: words(err) });
  }
}

const change = (id: string, fn: (one: Here) => Here | undefined) => set(({ people }) => ({
  people: people?.flatMap((one) => (one.visitor_id === id ? fn(one) ?? [] : one)),
}));

function hear({ event, data, timestamp }: Envelope) {
  const id = (data as { visitor_id?: string }).visitor_id;
  const known = !!id && !!get().people?.some((p) => p.visitor_id === id);
  switch (event) {
    case 'reset': return later(0);
    case 'visitor_online':
      if (known) change(id, (one) => ({ ...one, left: false, online: true }));
      return later(soon);
    case 'visitor_page':
      if (!known) return later(soon);
      return change(id, (one) => ({ ...one, left: false, online: true, page: (data as { page: Page }).page, last_seen_at: timestamp,
        ...(one.visit && { visit: { ...one.visit, pages: one.visit.pages + 1, last_at: timestamp } }) }));
    case 'visitor_offline':
      if (known) change(id, (one) => (get().chosen === id ? { ...one, left: true, online: false } : undefined));
      return;
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
export async function readTrail(visitor: string): Promise<TrailLine[]> {
  return (await api<{ trail: TrailLine[] }>('GET', `/visitors/${encodeURIComponent(visitor)}/trail`, undefined, { query: { limit: 30 } })).trail;
}
