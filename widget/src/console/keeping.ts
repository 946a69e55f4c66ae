// Where the outbox lies while it is not empty. Each tab has a drawer of its own in the browser's storage and holds a lock
// as long as it lives. A drawer whose lock nobody holds was left behind by a tab that crashed or was closed: whoever
// finds it takes over what is in it. Should two tabs send the same message, the server takes it once.
import { uuid } from '../shared/api';
import { browser } from './server';
import { get, set, store, type Outgoing } from './state';

const drawers = 'outbox:';
const mine = drawers + uuid();
const lock = (drawer: string) => `pealchat-${drawer}`;

export function keepOutbox(found: () => void) {
  navigator.locks?.request(lock(mine), () => new Promise(() => { /* for as long as the page lives */ })).catch(() => { /* not allowed here */ });
  let last = get().outbox;
  store.subscribe(({ outbox }) => {
    if (outbox === last) return;
    last = outbox;
    browser.put(mine, outbox.length ? outbox : undefined);
  });
  const look = () => void takeOver().then((some) => { if (some) found(); });
  look();
  // The tab before a reload may hold its lock a moment longer.
  setTimeout(look, 2000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
}

async function takeOver(): Promise<boolean> {
  const others = browser.names(drawers).filter((name) => name !== mine);
  if (!others.length) return false;
  const held = new Set((await navigator.locks?.query().catch(() => undefined))?.held?.map((one) => one.name));
  const left = others.filter((name) => !held.has(lock(name)));
  const items = left.flatMap((name) => browser.get<Outgoing[]>(name, []));
  const known = new Set(get().outbox.map((o) => o.client_id));
  const fresh = items.filter((o) => !known.has(o.client_id)).map((o) => (o.state === 'failed' ? o : { ...o, state: 'waiting' as const }));
  if (fresh.length) set((s) => ({ outbox: [...fresh, ...s.outbox] }));
  for (const name of left) browser.put(name, undefined); // they lie in this tab's drawer now
  return fresh.length > 0;
}
