// What is done to messages that are on the server already: their text is changed, or they are taken away.
import type { Message } from '../shared/types';
import { withEdit } from './model';
import { api, status, words } from './server';
import { but, change, get, say, set } from './state';
import { takeIn } from './thread';
import { t } from './words';

const path = (m: Message) => `/sessions/${encodeURIComponent(m.session_id)}/messages/${encodeURIComponent(m.message_id)}`;

/** Whether whoever is here may change it: their own, and as an admin everyone's of the team. */
export function changeable(m: Message): boolean {
  const { me, scopes } = get();
  return scopes.includes('write') && !m.deleted_at && m.sender !== 'visitor' && (m.sender_id === me?.agent_id || scopes.includes('admin'));
}

/** The same for taking it away, which admins may do with a visitor's message too. */
export const removable = (m: Message) => changeable(m) || (m.sender === 'visitor' && !m.deleted_at && get().scopes.includes('admin'));

/** Their last message, for a change of mind right after it was sent. */
export const lastOwn = (session: string, note: boolean) => {
  const log = get().logs.get(session), me = get().me?.agent_id;
  const list = note ? log?.notes : log?.messages;
  const last = list?.findLast((m) => m.sender !== 'visitor');
  return last && last.sender_id === me && !last.deleted_at && last.message ? last : undefined;
};

function took(m: Message) {
  void takeIn(m.session_id, [m]);
  change(m.session_id, (s) => withEdit(s, m));
}

/** Changes a message's text. Answers what is wrong, or nothing. */
export async function saveEdit(m: Message, text: string): Promise<string | undefined> {
  try {
    took(await api<Message>('PATCH', path(m), { message: text }));
    return undefined;
  } catch (err) {
    return status(err) === 403 ? t('mayNotChange') : words(err);
  }
}

// ---- A message cannot be brought back, so taking it away waits a moment for a change of mind.

const wait = 5000;

export function removeSoon(m: Message) {
  const timer = setTimeout(() => void remove(m), wait);
  set((s) => ({ removing: but(s.removing, m.message_id, { message: m, timer }) }));
}

/** It stays after all. */
export function keep(id: string) {
  clearTimeout(get().removing.get(id)?.timer);
  set((s) => ({ removing: but(s.removing, id, undefined) }));
}

async function remove(m: Message, keepalive = false) {
  try {
    took(await api<Message>('DELETE', path(m), undefined, { keepalive }));
  } catch (err) {
    say({ text: status(err) === 403 ? t('mayNotChange') : words(err), bad: true });
  }
  keep(m.message_id);
}

addEventListener('pagehide', () => { for (const { message } of get().removing.values()) void remove(message, true); });
