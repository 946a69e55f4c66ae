// How many visitors are on the site now, for the navigation. Asked for only where the site follows its visitors, and
// seldom: whoever wants to see each of them come and go opens their page.
import { heard } from './live';
import { api } from './server';
import { set, store } from './state';

const soon = 500; // ms: whoever comes brings an event or two, and others come with them
const often = 5_000; // between two looks while visitors come and go
const seldom = 60_000; // what no event has told of is right again after this long

let followed = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let due = Infinity;
let last = 0; // when it was looked

/** Looks again after that long, or before if that was asked for already. */
function later(ms: number) {
  const at = Date.now() + ms;
  if (!followed || at >= due) return;
  due = at;
  clearTimeout(timer);
  timer = setTimeout(look, ms);
}

async function look() {
  due = Infinity;
  last = Date.now();
  if (document.hidden) return; // whoever comes back to the page looks again
  try {
    const { online } = await api<{ online: number }>('GET', '/visitors', undefined, { query: { online: true, limit: 1 } });
    if (followed) set({ online });
  } catch { /* the old figure stays, and a lost connection is said elsewhere */ }
  later(seldom);
}

/** Keeps the count for as long as somebody is signed in to a site that follows its visitors. */
export function countVisitors() {
  heard.add(({ event }) => { if (event === 'visitor_online' || event === 'visitor_offline' || event === 'reset') later(Math.max(soon, last + often - Date.now())); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) later(0); });
  store.subscribe(({ phase, features }) => {
    const now = phase === 'ready' && !!features?.tracking;
    if (now === followed) return;
    followed = now;
    clearTimeout(timer);
    due = Infinity;
    if (now) later(0); else set({ online: undefined });
  });
}
