// Who is at this console: the host's own login, or an API key typed into the card.
import type { Agent } from '../shared/types';
import { forgetDrafts } from './drafts';
import { joinLive, leaveLive } from './live';
import { flush } from './outbox';
import { canPush, subscribe, unsubscribe } from './push';
import { api, hasKey, setKey, status, tab, whenExpired, words } from './server';
import { fresh, get, say, set, type Features, type Scope } from './state';
import { closeNow } from './work';

interface Me { agent: Agent; scopes: Scope[]; auth: 'host' | 'api_key'; name?: string; limits?: { message: number; file: number }; features?: Features }

/** Finds out who is here, and opens the console or the sign-in card. */
export async function start() {
  whenExpired(expired);
  set({ phase: 'starting', trouble: undefined });
  try {
    await enter(await api<Me>('GET', '/me'));
  } catch (err) {
    if (status(err) === 401) {
      const refused = hasKey() ? 'That key no longer works. Use another one.' : undefined;
      setKey('');
      set({ phase: 'signin', trouble: get().trouble ?? refused });
    } else if (status(err) === 403) {
      set({ phase: 'signin', trouble: 'You are signed in, but not as somebody who may use this console.' });
    } else {
      set({ phase: 'unreachable', trouble: status(err) === 0 ? undefined : words(err) });
    }
  }
}

/** Tries a key. Answers what is wrong with it, or nothing. */
export async function signIn(key: string): Promise<string | undefined> {
  const trimmed = key.trim();
  if (!trimmed) return 'Type or paste the key.';
  if (!/^[\x21-\x7e]+$/.test(trimmed)) return 'A key has no spaces and only plain letters, digits and signs. Copy it again.';
  setKey(trimmed);
  try {
    await enter(await api<Me>('GET', '/me'));
    return undefined;
  } catch (err) {
    setKey('');
    if (status(err) === 401) return 'That key is not known here. Check that all of it was copied.';
    if (status(err) === 403) return 'That key may not read conversations. Use one with the read and write scopes.';
    if (status(err) === 429) return 'Too many tries. Wait a minute, then try again.';
    return status(err) === 0 ? 'The server can’t be reached. Check the connection and try again.' : words(err);
  }
}

async function enter({ agent, scopes, auth, name, limits, features }: Me) {
  if (!scopes.includes('read')) {
    setKey('');
    set({ phase: 'signin', trouble: 'That key may not read conversations. Use one with the read and write scopes.' });
    return;
  }
  const before = get().me;
  if (before && before.agent_id !== agent.agent_id) set(fresh()); // somebody else: nothing of the one before is shown
  set({ me: agent, scopes, auth, limits, features, brand: name || 'Pealchat', phase: 'ready', trouble: undefined });
  joinLive(agent.agent_id);
  flush(true);
  if (get().prefs.notify && canPush() && Notification.permission === 'granted') subscribe().catch(() => { /* it is tried again with the next start */ });
  if (scopes.includes('write')) void setAvailability(agent.availability, true);
}

/** Says whether new conversations may come to this agent. */
export async function setAvailability(availability: Agent['availability'], quiet = false) {
  const before = get().me;
  if (!before) return;
  set({ me: { ...before, availability } });
  try {
    const agent = await api<Agent>('PUT', '/me/availability', { availability });
    set({ me: { ...get().me ?? agent, availability: agent.availability, online: agent.online } });
  } catch (err) {
    set({ me: { ...get().me ?? before, availability: before.availability } });
    if (!quiet && status(err) !== 401) say({ text: `That could not be changed. ${words(err)}`, bad: true });
  }
}

/** The server no longer knows us. What was written stays and is sent after signing in again. */
function expired() {
  if (get().phase !== 'ready') return;
  leaveLive();
  const keyed = hasKey();
  setKey('');
  set({
    phase: 'signin',
    trouble: keyed ? 'That key no longer works. What you wrote is kept in this browser.' : 'You have been signed out. What you wrote is kept in this browser.',
  });
}

/** Asks the server whether it still knows us; the answer is taken care of above. */
export const check = () => api<Me>('GET', '/me').then(() => true, (err) => status(err) !== 401);

export function signOut() {
  closeNow();
  void unsubscribe();
  leaveLive();
  setKey('');
  tab.clear('');
  forgetDrafts();
  set({ ...fresh(), outbox: [], phase: 'signin', trouble: undefined });
}
