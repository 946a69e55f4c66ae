// What an agent does with a conversation besides writing in it.
import { APIError } from '../shared/api';
import type { Agent, Session } from '../shared/types';
import { firstName } from '../shared/format';
import { absorb, loadCounts, readSession } from './lists';
import { go } from './route';
import { api, browser, status, words } from './server';
import { change, get, say, set } from './state';

const path = (id: string, rest = '') => `/sessions/${encodeURIComponent(id)}${rest}`;

/** Runs a change, takes in the session it answers, and says so when it did not work. */
async function doing(id: string, request: () => Promise<Session>, refusal: (err: APIError) => string | undefined = () => undefined) {
  try {
    absorb([await request()]);
    void loadCounts();
    return true;
  } catch (err) {
    const known = err instanceof APIError ? refusal(err) : undefined;
    say({ text: known ?? (status(err) === 403 ? 'You may read here, but not change anything.' : words(err)), bad: true });
    if (status(err) > 0) await readSession(id).catch(() => { /* said above */ });
    return false;
  }
}

const taken = (id: string) => () => {
  const name = get().sessions.get(id)?.assignee_name;
  return name ? `${firstName(name)} has this conversation already.` : 'Somebody else was faster.';
};

/** Takes a conversation that nobody has. Of two agents at once one wins; the other is told. */
export const claim = (id: string) => doing(id, () => api<Session>('POST', path(id, '/claim')),
  (err) => (err.code === 'already_claimed' ? 'Somebody else was faster.' : undefined));

/** Gives a conversation to an agent, or to nobody, unless it changed hands since it was last seen here. */
export async function assign(id: string, agent: Agent | undefined) {
  const session = get().sessions.get(id);
  if (!session || session.assignee_id === agent?.agent_id) return true;
  return doing(id, () => api<Session>('PATCH', path(id), { assignee_id: agent?.agent_id ?? null }, {
    headers: { 'If-Match': `"${session.version}"` },
  }), (err) => (err.status === 412 ? taken(id)() : undefined));
}

/** Puts a conversation into this agent's hands, whoever has it. */
export function takeOver(id: string) {
  const { sessions, me } = get();
  const session = sessions.get(id);
  if (!session || !me || session.status === 'closed' || session.assignee_id === me.agent_id) return;
  void (session.assignee_id ? assign(id, me) : claim(id));
}

/** Gives a conversation to whoever is in a department. */
export const transfer = (id: string, department: string) => doing(id, () => api<Session>('POST', path(id, '/transfer'), { department }));

/** Puts a conversation off, or without a time takes it back. */
export const snooze = (id: string, until?: string) => doing(id, () => (until
  ? api<Session>('POST', path(id, '/snooze'), { until }) : api<Session>('DELETE', path(id, '/snooze'))));

/** Adds or removes one tag. If somebody else changed the session meanwhile, the change is made to what it is now. */
export async function tag(id: string, name: string, on: boolean) {
  const attempt = (session: Session) => {
    const tags = session.tags.filter((t) => t !== name);
    if (on) tags.push(name);
    return api<Session>('PATCH', path(id), { tags }, { headers: { 'If-Match': `"${session.version}"` } });
  };
  const session = get().sessions.get(id);
  if (!session) return false;
  return doing(id, () => attempt(session).catch(async (err) => {
    if (status(err) !== 412) throw err;
    return attempt(await readSession(id));
  }));
}

// ---- Closing cannot be undone on the server, so it waits a moment here for a change of mind.

export const closeDelay = 4000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Closes a conversation after a moment in which it can be kept. */
export function closeSoon(id: string) {
  const session = get().sessions.get(id);
  if (!session || session.status === 'closed' || get().closing?.id === id) return;
  closeNow();
  set({ closing: { id, name: session.visitor_name } });
  timer = setTimeout(closeNow, closeDelay);
}

export function keepOpen(why?: string) {
  clearTimeout(timer);
  if (get().closing && why) say({ text: why });
  set({ closing: undefined });
}

/** Ends the wait: what was to be closed is closed now, even if the page goes away meanwhile. */
export function closeNow() {
  const { closing } = get();
  clearTimeout(timer);
  if (!closing) return;
  set({ closing: undefined });
  void closeOne(closing.id);
}

/** Closes a conversation at once. */
export function closeOne(id: string) {
  return doing(id, async () => {
    const { status: state, closed_at } = await api<Pick<Session, 'status' | 'closed_at'>>('POST', path(id, '/close'), undefined, { keepalive: true });
    change(id, (s) => ({ ...s, status: state, closed_at, waiting_since: undefined }));
    return readSession(id);
  });
}

/** Marks a conversation as unread for this agent until it is opened again, and goes back to the list. */
export function keepUnread(id: string) {
  set((s) => ({ kept: new Set(s.kept).add(id) }));
  go(get().view);
}

export function rememberKept() {
  set({ kept: new Set(browser.get<string[]>('kept', [])) });
}
export const saveKept = (kept: Set<string>) => browser.put('kept', kept.size ? [...kept].slice(-200) : undefined);
