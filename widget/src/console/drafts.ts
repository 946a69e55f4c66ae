// What is being written, kept per conversation: at once in this browser, a moment later on the server, so that it is
// there on another machine too. Both halves, the reply and the note, are kept apart.
//
// Where both places have a text, the one that was changed since they last agreed counts. Where both were changed, on
// two machines at once, both texts stay, one after the other: nothing that was written is dropped.
import { api, browser } from './server';
import { get, store } from './state';

export type Mode = 'reply' | 'note';
export const modes: Mode[] = ['reply', 'note'];

export interface Draft { reply: string; note: string; mode: Mode }

interface Kept extends Draft {
  /** When the server's copy was last the same as this one; '' says that there was none. */
  agreed?: Partial<Record<Mode, string>>;
  /** What was changed here since. */
  changed?: Partial<Record<Mode, true>>;
}

interface ServerDraft { message: string; note: boolean; updated_at?: string }

const none: Draft = { reply: '', note: '', mode: 'reply' };
const quiet = 1200; // ms without a change before the server is told
const longest = 6000; // ms after which it is told although the writing goes on

const key = (id: string) => `draft:${get().me?.agent_id}:${id}`;
const read = (id: string): Kept => ({ ...none, ...browser.get<Partial<Kept>>(key(id), {}) });
const write = (id: string, draft: Kept) => browser.put(key(id), draft.reply || draft.note || draft.mode === 'note' || Object.keys(draft.changed ?? {}).length ? draft : undefined);

export const draftOf = (id: string): Draft => read(id);

export function keepDraft(id: string, { reply, note, mode }: Draft) {
  const was = read(id);
  const changed = { ...was.changed };
  if (reply !== was.reply) changed.reply = true;
  if (note !== was.note) changed.note = true;
  write(id, { ...was, reply, note, mode, changed });
  if (changed.reply || changed.note) soon(id);
}

/**
 * The draft of a conversation that is opened. That is a reply, unless a note lies there: nobody remembers that the last
 * thing they had written here was a note.
 */
export function openDraft(id: string): Draft {
  const draft = read(id);
  if (draft.mode === 'note' && !draft.note.trim()) keepDraft(id, { ...draft, mode: 'reply' });
  return read(id);
}

let show: ((id: string, go: boolean, answers?: string[]) => void) | undefined;
/** Calls `fn` with a conversation whose draft was changed by something else than its field, and whether to go there. */
export const whenPutBack = (fn: NonNullable<typeof show>) => { show = fn; };

/**
 * Puts a text back into a conversation's field, before whatever stands there, with the answers that it offered. Where
 * nobody has asked for that (`go` is false), whoever is writing there stays with what they are writing.
 */
export function putBackInto(id: string, text: string, note: boolean, answers?: string[], go = true) {
  const draft = draftOf(id);
  const mode: Mode = note ? 'note' : 'reply';
  keepDraft(id, { ...draft, ...(go && { mode }), [mode]: draft[mode] ? `${text}\n${draft[mode]}` : text });
  show?.(id, go, answers);
}

// ---- The server's copy

const waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; since: number }>();

function soon(id: string) {
  const one = waiting.get(id);
  clearTimeout(one?.timer);
  const since = one?.since ?? Date.now();
  const wait = Math.max(0, Math.min(quiet, since + longest - Date.now()));
  waiting.set(id, { since, timer: setTimeout(() => void push(id), wait) });
}

const path = (id: string) => `/sessions/${encodeURIComponent(id)}/draft`;
const pushing = new Set<string>();

/** Tells the server what has changed here. */
async function push(id: string, keepalive = false) {
  clearTimeout(waiting.get(id)?.timer);
  waiting.delete(id);
  if (!get().scopes.includes('write') || get().phase !== 'ready') return;
  if (pushing.has(id)) return soon(id); // in the order of the changes
  pushing.add(id);
  try {
    for (const mode of modes) {
      const { [mode]: text, changed, agreed } = read(id);
      if (!changed?.[mode]) continue;
      const blank = !text.trim();
      // Until a message has arrived its draft stays on the server: this machine may be gone before that.
      if (blank && get().outbox.some((o) => o.session_id === id && o.note === (mode === 'note'))) { soon(id); continue; }
      let at = '';
      if (!blank) at = (await api<ServerDraft>('PUT', path(id), { message: text, note: mode === 'note' }, { keepalive })).updated_at!;
      else if (agreed?.[mode]) await api('DELETE', path(id), undefined, { query: { note: mode === 'note' }, keepalive });
      agree(id, mode, text, at);
    }
  } catch { /* it is kept here, and told with the next change or the next look */ } finally { pushing.delete(id); }
}

/** Server and browser have the same text, unless it was changed meanwhile. */
function agree(id: string, mode: Mode, text: string, updated_at: string) {
  const now = read(id);
  const changed = { ...now.changed };
  if (now[mode] === text) delete changed[mode];
  write(id, { ...now, changed, agreed: { ...now.agreed, [mode]: updated_at } });
}

/** Reads the server's copies and joins them with what is here. Answers whether that has changed anything here. */
export async function syncDraft(id: string): Promise<boolean> {
  let fresh = false;
  try {
    const copies = await Promise.all(modes.map((mode) => api<ServerDraft>('GET', path(id), undefined, { query: { note: mode === 'note' } })));
    const onTheWay = get().outbox.filter((o) => o.session_id === id).map((o) => o.text);
    copies.forEach((copy, i) => {
      const mode = modes[i]!;
      const now = read(id);
      const at = copy.updated_at ?? '';
      if (pushing.has(id) || at === (now.agreed?.[mode] ?? '') || onTheWay.includes(copy.message.trim())) return;
      const joined = join(now[mode], copy.message, !!now.changed?.[mode]);
      const changed = { ...now.changed };
      if (joined === copy.message) delete changed[mode]; else changed[mode] = true;
      fresh ||= joined !== now[mode];
      write(id, { ...now, [mode]: joined, changed, agreed: { ...now.agreed, [mode]: at } });
    });
    const { changed } = read(id);
    if (changed?.reply || changed?.note) soon(id);
  } catch { /* what is here is all there is for now */ }
  return fresh;
}

/** The text that stays of two: the server's where nothing was changed here. */
export function join(here: string, there: string, changedHere: boolean): string {
  if (!changedHere || !here.trim()) return there;
  if (!there.trim() || here.includes(there.trim())) return here;
  return there.includes(here.trim()) ? there : `${there}\n${here}`;
}

/** Tells the server at once what waits to be told, because the page may be about to end. */
export function pushDrafts() {
  for (const id of [...waiting.keys()]) void push(id, true);
}

/** Keeps up with what leaves the outbox, and with the page's end. */
export function followDrafts() {
  document.addEventListener('visibilitychange', () => { if (document.hidden) pushDrafts(); });
  addEventListener('pagehide', pushDrafts);
  let last = get().outbox;
  store.subscribe(({ outbox }) => {
    if (outbox === last) return;
    for (const o of last) if (!outbox.includes(o) && waiting.has(o.session_id)) soon(o.session_id);
    last = outbox;
  });
}

/** Forgets the drafts of whoever signs out here. The server keeps theirs. */
export const forgetDrafts = () => browser.clear('draft:');
