// Tells colleagues which conversation is being read here, and who else reads the open one.
import type { Agent } from '../shared/types';
import { api } from './server';
import { get, store } from './state';

const again = 25_000; // ms; the server forgets after a minute

/** Says what is being read now and whenever that changes. Only the tab in front speaks. */
export function tellViewing() {
  let told: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (session_id: string | undefined, leaving = false) => {
    told = session_id;
    clearTimeout(timer);
    if (session_id) timer = setTimeout(look, again, true);
    api('PUT', '/me/viewing', { session_id: session_id ?? null }, { keepalive: leaving }).catch(() => { /* only a courtesy */ });
  };
  const look = (repeat = false) => {
    const { open, phase, missing, sessions } = get();
    if (phase !== 'ready') { told = undefined; return; }
    const reading = !document.hidden && open && sessions.has(open) && !missing.has(open) ? open : undefined;
    if (reading !== told || (repeat && reading)) say(reading);
  };
  store.subscribe(() => look());
  document.addEventListener('visibilitychange', () => look());
  addEventListener('pagehide', () => { if (told) say(undefined, true); });
  look();
}

/** The colleagues who read a conversation too. */
export const alsoReading = (agents: Agent[], id: string, me: string | undefined) => agents.filter((a) => a.viewing === id && a.online && a.agent_id !== me);
