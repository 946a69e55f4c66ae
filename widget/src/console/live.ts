// The one event stream of this browser, and what its events change. Every tab applies the same events: the tab that
// holds the stream from the server, the others from that tab.
import { elect, type Leader } from '../shared/leader';
import { openStream, type Stream, type StreamState } from '../shared/stream';
import type { Agent, Envelope, Message, Page, SeenData, Session, TypingData } from '../shared/types';
import { firstName } from '../shared/format';
import { check } from './account';
import { historyChanged } from './history';
import { absorb, freshen, loadCounts, readSession, reload, want } from './lists';
import { mentionCame, mentionChanged, readMentions } from './mentions';
import { withEdit, withMessage, withSeen } from './model';
import { messageCame, noteCame, sessionChanged, settled } from './notify';
import { arrived, flush } from './outbox';
import { api, auth, base, every } from './server';
import { but, change, get, set } from './state';
import { refreshThreads, takeIn } from './thread';
import { keepOpen } from './work';

type News =
  | { event: Envelope }
  | { state: StreamState; position?: string }
  | { opened: { resumed: boolean } }
  | { ask: true };

let leader: Leader<News> | undefined;
let stream: Stream | undefined;
let position: string | undefined;
let streamState: StreamState = 'connecting';
let leaving = () => {};

/** Joins the tabs of this agent and reads everything once events flow, or after a moment even if they do not. */
export function joinLive(agent: string) {
  leaveLive();
  addEventListener('online', network);
  addEventListener('offline', network);
  network();
  position = undefined;
  const late = setTimeout(refresh, 700);
  leaving = () => clearTimeout(late);
  let begun = false;
  const opened = (resumed: boolean) => {
    clearTimeout(late);
    if (!resumed || !begun) refresh();
    else { void freshen(); void readAgents(); refreshThreads(); } // the events of the gap come by themselves
    begun = true;
    flush(true);
  };

  leader = elect<News>(`pealchat-console:${base}:${agent}`, {
    lead() {
      stream = openStream({
        url: `${base}/events`, headers: auth, after: position,
        onEvent(event) { leader?.send({ event }); apply(event); },
        onState(state) { leader?.send({ state, position: stream?.position }); follow(state); },
        onOpen(resumed) { leader?.send({ opened: { resumed } }); opened(resumed); },
        refresh: check,
        poll,
      });
      return () => { position = stream?.position ?? position; stream?.close(); stream = undefined; };
    },
    hear(news) {
      if ('event' in news) apply(news.event);
      else if ('opened' in news) opened(news.opened.resumed);
      else if ('ask' in news) { if (stream) leader?.send({ state: streamState, position: stream.position }); }
      else {
        position = news.position ?? position;
        follow(news.state);
        if (news.state === 'open' && !begun) opened(false);
      }
    },
  });
  leader.send({ ask: true });
}

/** Whether this tab holds the stream for all of them. */
export const leading = () => leader?.leading ?? false;

export function leaveLive() {
  leaving();
  leader?.close();
  leader = undefined;
  set({ live: 'connecting', late: false });
}

/** Where nothing streams, everything on the screen is read again every few seconds instead. */
async function poll(signal: AbortSignal) {
  await new Promise((resolve) => setTimeout(resolve, 4000));
  if (signal.aborted) return;
  await api('GET', '/inbox', undefined, { signal }); // fails when the server is away, which ends the polling
  refresh();
}

/** Reads everything on the screen again. */
export function refresh() {
  void reload();
  void readAgents();
  void readMentions();
  refreshThreads();
}

async function readAgents() {
  try {
    set({ agents: await every<Agent>('/agents', 'agents') });
    set({ departments: (await every<{ name: string }>('/departments', 'departments')).map((d) => d.name) });
  } catch { /* the names that the sessions bring are enough to work */ }
}

let warning: ReturnType<typeof setTimeout> | undefined;

/** The banner comes after three seconds: most interruptions are shorter and worth no word. */
function follow(state: StreamState) {
  streamState = state;
  if (state === 'refused') { void check(); return; }
  if ((state === 'open' || state === 'polling') && navigator.onLine) {
    clearTimeout(warning);
    warning = undefined;
    set({ live: 'live', late: false });
    return;
  }
  if (state === 'waiting' || get().live === 'lost') set({ live: 'lost' });
  warning ??= setTimeout(() => { if (get().live !== 'live' || !navigator.onLine) set({ late: true }); }, 3000);
}

/** The browser notices that the network is gone long before an open stream does. */
function network() {
  set({ offline: !navigator.onLine });
  if (leader) follow(streamState);
}

/** Whoever else wants to hear of events: pages that are loaded when they are looked at. */
export const heard = new Set<(envelope: Envelope) => void>();

/** Applies one event. Hearing it twice changes nothing. */
function apply(envelope: Envelope) {
  const { id, event, data } = envelope;
  position = id ?? position;
  for (const fn of heard) fn(envelope);
  switch (event) {
    case 'reset': return refresh();
    case 'session_started': case 'session_updated': case 'session_closed': case 'session_rated': case 'session_missed': return session(data as Session);
    case 'message_sent': return message(data as Message);
    case 'message_updated': case 'message_deleted': return edited(data as Message);
    case 'note_added': noteCame(data as Message); mentionCame(data as Message); return arrived(data as Message);
    case 'typing': return typing(data as TypingData);
    case 'seen':
      if ((data as SeenData).sender === 'agent') settled((data as SeenData).session_id);
      return change((data as SeenData).session_id, (s) => withSeen(s, data as SeenData));
    case 'visitor_online': case 'visitor_offline':
      return presence((data as { visitor_id: string }).visitor_id, event === 'visitor_online');
    case 'visitor_page': return visited(data as { visitor_id: string; page: Page });
    case 'agent_presence': return colleague(data as Agent);
  }
}

function session(s: Session) {
  const was = get().sessions.get(s.session_id);
  absorb([s]);
  sessionChanged(was, s);
  historyChanged(s);
  set(({ missing }) => {
    const rest = new Set(missing);
    return rest.delete(s.session_id) ? { missing: rest } : {};
  });
  if (s.status === 'closed' && get().closing?.id === s.session_id) keepOpen();
  void loadCounts();
}

function message(m: Message) {
  const { sessions, closing, outbox } = get();
  const known = sessions.get(m.session_id);
  if (m.client_id && outbox.some((o) => o.client_id === m.client_id)) arrived(m);
  else void takeIn(m.session_id, [m]);
  if (known) {
    change(m.session_id, (s) => withMessage(s, m));
    messageCame(m, known);
  } else if (m.sender === 'visitor') readSession(m.session_id).then((s) => messageCame(m, s), () => { /* a later event brings it */ });
  else want(m.session_id);
  stopTyping(m.session_id, m.sender, m.sender_id);
  if (m.sender === 'visitor' && closing?.id === m.session_id) keepOpen(`${firstName(closing.name)} wrote again, so the conversation stays open.`);
}

function edited(m: Message) {
  mentionChanged(m);
  void takeIn(m.session_id, [m]);
  change(m.session_id, (s) => withEdit(s, m));
}

const typingHolds = 6000;

function typing(t: TypingData) {
  if (t.sender === 'agent' && t.sender_id === get().me?.agent_id) return;
  const who = t.sender === 'agent' ? t.sender_id ?? '' : t.sender;
  if (!t.typing) return stopTyping(t.session_id, t.sender, who);
  const one = { name: t.sender_name ?? '', until: Date.now() + typingHolds, preview: t.preview };
  set((s) => {
    const was = s.typing.get(t.session_id) ?? { agents: new Map() };
    const now = t.sender === 'agent' ? { ...was, agents: but(was.agents, who, one) } : { ...was, [t.sender]: one };
    return { typing: but(s.typing, t.session_id, now) };
  });
  setTimeout(sweepTyping, typingHolds + 50);
}

function stopTyping(id: string, sender: TypingData['sender'], agent = '') {
  set((s) => {
    const was = s.typing.get(id);
    if (!was) return {};
    const now = sender === 'agent' ? { ...was, agents: but(was.agents, agent, undefined) } : { ...was, [sender]: undefined };
    return { typing: but(s.typing, id, now.visitor || now.bot || now.agents.size ? now : undefined) };
  });
}

function sweepTyping() {
  const now = Date.now();
  for (const [id, who] of get().typing) {
    for (const side of ['visitor', 'bot'] as const) if (who[side] && who[side].until <= now) stopTyping(id, side);
    for (const [agent, one] of who.agents) if (one.until <= now) stopTyping(id, 'agent', agent);
  }
}

function presence(visitor: string, online: boolean) {
  set(({ sessions, visitors }) => {
    const theirs = [...sessions].filter(([, s]) => s.visitor_id === visitor && s.visitor_online !== online);
    const known = visitors.get(visitor);
    return { sessions: theirs.length ? sessions.with(...theirs.map(([id, s]) => [id, { ...s, visitor_online: online }] as const)) : sessions, visitors: known ? but(visitors, visitor, { ...known, online }) : visitors };
  });
}

/** A visitor is on another page. */
function visited({ visitor_id: id, page }: { visitor_id: string; page: Page }) {
  set(({ visitors, trails }) => {
    const known = visitors.get(id), trail = trails.get(id);
    if (!known && !trail) return {};
    const last = trail?.steps.find((step) => !step.name);
    const steps = trail && (last?.url === page.url && last.title === page.title ? trail.steps : [{ ...page, timestamp: new Date().toISOString() }, ...trail.steps]);
    return {
      visitors: known ? but(visitors, id, { ...known, page }) : visitors,
      trails: trail ? but(trails, id, { ...trail, steps: steps! }) : trails,
    };
  });
}

function colleague(agent: Agent) {
  set(({ agents, me }) => ({
    agents: agents.some((a) => a.agent_id === agent.agent_id)
      ? agents.map((a) => (a.agent_id === agent.agent_id ? { ...a, viewing: undefined, ...agent } : a)) : [...agents, agent],
    // Another tab of the same person may have changed it.
    me: me && me.agent_id === agent.agent_id ? { ...me, availability: agent.availability } : me,
  }));
}
