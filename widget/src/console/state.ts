// Everything the console shows, in one store. The modules beside this one change it; the components only read it.
import { createStore } from '../shared/store';
import type { Agent, Message, Session, Step, Visitor } from '../shared/types';
import type { History } from './history';
import { Known } from './known';
import type { Filter, Log, View } from './model';
import type { CannedReply } from './saved';
import type { Upload } from '../shared/upload';

/** The pages beside the conversations. Each is loaded when it is first looked at. */
export const pageNames = ['start', 'visitors', 'reports', 'saved', 'settings'] as const;
export type PageName = typeof pageNames[number];

export type Scope = 'read' | 'write' | 'admin';

/** One page after another of a list, as far as it has been read. */
export interface Pages {
  cursor?: string;
  /** Rows with less recent activity than this stand on pages not read yet. Empty: the list is complete. */
  frontier: string;
  state: 'idle' | 'loading' | 'ready' | 'failed';
  error?: string;
}

/** A reply or note on its way. It leaves the outbox only when the server has it, or when its writer takes it back. */
export interface Outgoing {
  client_id: string;
  session_id: string;
  agent_id: string;
  note: boolean;
  text: string;
  at: string;
  /** held: it can still be taken back; from `until` on it waits. */
  state: 'held' | 'waiting' | 'sending' | 'failed';
  until?: number;
  /** The seq of the last message that the writer knew of. */
  after_seq?: number;
  mentions?: string[];
  error?: string;
  /** Another try may help: it is made when the connection is back, or on the writer's word. */
  temporary?: boolean;
  thenClose?: boolean;
  /** Answers for the visitor to choose from. */
  quick_replies?: string[];
}

/** A note in which a colleague asks this agent to look. */
export interface Mention { note: Message; visitor_name: string }

export interface Typing { name: string; until: number; preview?: string | undefined }

/** A question that a reply has raised: a colleague has answered meanwhile, is about to, or has taken the conversation. */
export interface Crossing {
  session_id: string;
  name: string;
  /** What they have sent. */
  latest?: Message | undefined;
  taken?: boolean | undefined;
  thenClose?: boolean;
}

/** How this agent likes to work, in this browser. */
export interface Prefs {
  undo: boolean; // a reply waits five seconds in which it can be taken back
  enterSends: boolean; // else Enter breaks the line, and Enter with the command key sends
  sound: boolean;
  soundInFront: boolean; // also while the console is being looked at
  notify: boolean;
  started: boolean; // the first steps have been shown
}

export interface Toast {
  text: string;
  bad?: boolean;
  act?: { label: string; run(): void };
}

/** What the host's code has switched on. */
export interface Features { tracking: boolean; contact_panel: boolean; push_key?: string }

export interface State {
  phase: 'starting' | 'signin' | 'ready' | 'unreachable';
  /** What the sign-in card says went wrong, if anything. */
  trouble?: string;
  me?: Agent;
  brand: string; // the host's team, as visitors know it
  auth?: 'host' | 'api_key';
  scopes: Scope[];
  limits?: { message: number; file: number };
  features?: Features | undefined;
  agents: Agent[];
  counts?: { mine: number; unassigned: number; open: number; later: number; closed: number };
  online?: number | undefined; // visitors on the site, where they are followed
  sessions: Known<Session>;
  pages: Record<View, Pages>;
  find: string;
  filter: Filter;
  filtering: boolean; // its form is open
  chosen: Set<string>; // conversations to do something with at once
  later?: string[] | undefined; // those whose time to come back is being asked for
  departments: string[];
  view: View;
  open?: string; // the open conversation's id
  at?: string; // the message of it that the address asks for
  page?: PageName; // what stands in place of the conversations
  section?: string | undefined; // of the page
  item?: string | undefined; // of the section: a webhook's id
  saved?: CannedReply[]; // by shortcut
  missing: Set<string>; // conversations that the server does not have (any more)
  logs: Map<string, Log>;
  histories: Map<string, History>; // by conversation
  visitors: Map<string, Visitor>;
  earlier: Map<string, Session[] | 'failed'>; // by visitor
  trails: Map<string, { steps: Step[]; cursor?: string | undefined }>; // by visitor, the latest first
  outbox: Outgoing[];
  uploads: Upload[];
  asking: Mention[]; // that this agent has not looked at, the newest first
  kept: Set<string>; // conversations kept as unread by this agent
  typing: Map<string, { visitor?: Typing | undefined; bot?: Typing | undefined; agents: Map<string, Typing> }>;
  closing?: { id: string; name: string };
  editing?: string | undefined; // the message whose text is being changed
  removing: Map<string, { message: Message; timer: ReturnType<typeof setTimeout> }>; // messages that go in a moment, by id
  crossing?: Crossing | undefined;
  prefs: Prefs;
  live: 'connecting' | 'live' | 'lost';
  late: boolean; // lost for long enough to say so
  offline: boolean; // the browser has no network
  aboutOpen: boolean;
  helpOpen: boolean;
  prefsOpen: boolean;
  paletteOpen: boolean;
  keysOn: boolean;
  toast?: Toast;
  now: number;
}

const page = (): Pages => ({ frontier: '', state: 'idle' });

/** What belongs to the person signed in, as it is before anything has been read. */
export const fresh = () => ({
  me: undefined, features: undefined, brand: 'Pealchat', auth: undefined, scopes: [] as Scope[], agents: [] as Agent[], counts: undefined, online: undefined,
  sessions: new Known<Session>(),
  pages: { mine: page(), unassigned: page(), open: page(), later: page(), closed: page() },
  find: '', filter: {} as Filter, filtering: false, chosen: new Set<string>(), later: undefined, departments: [] as string[], missing: new Set<string>(), logs: new Map<string, Log>(), histories: new Map<string, History>(), visitors: new Map<string, Visitor>(),
  earlier: new Map<string, Session[] | 'failed'>(), trails: new Map(), typing: new Map(), closing: undefined, editing: undefined, removing: new Map(), crossing: undefined, saved: undefined, asking: [] as Mention[],
  live: 'connecting' as const, late: false, aboutOpen: false, toast: undefined,
});

export const store = createStore<State>({
  ...fresh(), phase: 'starting', view: 'open', outbox: [], uploads: [], kept: new Set(), helpOpen: false, prefsOpen: false, paletteOpen: false, keysOn: true, offline: false,
  prefs: { undo: true, enterSends: true, sound: true, soundInFront: false, notify: false, started: false }, now: Date.now(),
});

export const get = store.get;
export const set = store.set;

/** A copy of a map with one entry set, or removed if the value is undefined. */
export function but<K, V>(map: Map<K, V>, key: K, value: V | undefined): Map<K, V> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key); else copy.set(key, value);
  return copy;
}

/** Changes one session, if it is known. */
export function change(id: string, fn: (s: Session) => Session) {
  set(({ sessions }) => {
    const old = sessions.get(id);
    const next = old && fn(old);
    return next && next !== old ? { sessions: sessions.with([id, next]) } : {};
  });
}

/** The visitor's promise: a wait longer than this is shown in bronze. */
export const promise = 5 * 60_000;

let fading: ReturnType<typeof setTimeout> | undefined;
/** Says something at the bottom of the window for a while. */
export function say(toast: Toast, ms = 6000) {
  clearTimeout(fading);
  set({ toast });
  fading = setTimeout(() => set((s) => (s.toast === toast ? { toast: undefined } : {})), ms);
}
