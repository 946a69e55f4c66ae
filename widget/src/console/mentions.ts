// Notes in which colleagues ask this agent to look. They stand over the list until their conversation was opened or they
// were put away, so that whoever was at lunch when they came sees them too.
import type { Message } from '../shared/types';
import { firstName } from '../shared/format';
import { whenOpened } from './route';
import { api, browser } from './server';
import { get, say, set, type Mention } from './state';
import { t } from './words';

const recent = 7 * 86_400_000; // ms in which a question is still one

const key = () => `looked:${get().me?.agent_id}`;
const wasLooked = () => new Set(browser.get<string[]>(key(), []));

const concerns = (note: Message) => {
  const me = get().me?.agent_id;
  return !!me && note.sender_id !== me && !note.deleted_at && !!note.mentions?.includes(me);
};

function show(mentions: Mention[]) {
  const looked = wasLooked();
  const asking = mentions.filter(({ note }) => !looked.has(note.message_id) && concerns(note) && Date.now() - Date.parse(note.timestamp) < recent);
  if (asking.length || get().asking.length) set({ asking });
  look();
}

/** Reads what was asked while nothing was heard. */
export async function readMentions() {
  try {
    show((await api<{ mentions: Mention[] }>('GET', '/me/mentions', undefined, { query: { limit: 20 } })).mentions);
  } catch { /* read with the next connection */ }
}

/** A note has come. */
export function mentionCame(note: Message) {
  if (!concerns(note)) return;
  const { asking, sessions, page, open } = get();
  if (asking.some((one) => one.note.message_id === note.message_id)) return;
  show([{ note, visitor_name: sessions.get(note.session_id)?.visitor_name ?? '' }, ...asking]);
  if (page && open !== note.session_id) say({ text: t('newsMention', { name: firstName(note.sender_name ?? '') }) });
}

/** A note was changed or deleted. */
export function mentionChanged(note: Message) {
  const { asking } = get();
  if (asking.some((one) => one.note.message_id === note.message_id)) show(asking.map((one) => (one.note.message_id === note.message_id ? { ...one, note } : one)));
}

/** They have been seen, or need not be. */
export function putAway(ids: string[]) {
  if (!ids.length) return;
  browser.put(key(), [...wasLooked(), ...ids].slice(-200));
  set((s) => ({ asking: s.asking.filter(({ note }) => !ids.includes(note.message_id)) }));
}

/** What stands in the open conversation, while it is looked at. */
function look() {
  const { open, asking } = get();
  if (!open || document.hidden || !document.hasFocus()) return;
  putAway(asking.filter(({ note }) => note.session_id === open).map(({ note }) => note.message_id));
}

/** Keeps up with what is looked at, here and in other tabs. */
export function followMentions() {
  whenOpened(look);
  addEventListener('focus', look);
  document.addEventListener('visibilitychange', look);
  addEventListener('storage', () => { if (get().asking.length) show(get().asking); });
}
