// Follows a visitor over the host's site, where the host has switched that on: which pages they open, that they are
// still here, and what the pages say of them. No connection is held open; a small request now and then does it, whose
// answer also tells of an agent who has begun to talk.
import { APIError } from '../shared/api';
import type { Host, Panel, TrailLine } from '../shared/bridge';
import type { Page } from '../shared/types';
import { createGreeter, type Offer } from './greet';
import { bare, watchPages } from './pages';
import { createVisitor } from './visitor';

/** What the server answers to a sign of life. */
interface Company {
  online: boolean;
  session_id?: string;
  triggers?: Offer[];
}

// The server takes somebody for gone after 45 seconds. Who moves about hears of an agent's message sooner.
const active = 10_000;
const calm = 30_000;
const settled = 60_000; // without a move of the visitor it is calm
const longest = 300_000;
const most = 20; // pages and lines that wait for a connection

let begun = false;

export function start(host: Host, load: () => Promise<Panel>, ended: AbortSignal) {
  if (begun || ended.aborted) return;
  begun = true;
  const over = new AbortController();
  const { signal } = over;
  ended.addEventListener('abort', end);
  const visitor = createVisitor(host);
  const greeter = createGreeter(host, visitor, load);
  const pages: Page[] = [];
  const lines: TrailLine[] = [];
  let from = document.referrer;
  let at = '';
  let busy = false;
  let failures = 0;
  let moved = Date.now();
  let told = 0; // when the server last heard of us
  let woken: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The page has another address: notes it, and tells the server. */
  function arrive() {
    // Fragments are places on a page.
    const url = location.href.replace(/#.*/, '');
    if (signal.aborted || url === at) return;
    pages.push({ url, title: document.title, referrer: from });
    pages.splice(0, pages.length - most);
    from = at = url;
    greeter.arrived();
    void tell();
  }

  function say(line: TrailLine) {
    lines.push(line);
    lines.splice(0, lines.length - most);
    void tell();
  }

  /** Tells all that waits, one after the other; without any, that the visitor is here. */
  async function tell() {
    clearTimeout(timer);
    if (busy || signal.aborted) return;
    busy = true;
    let wait: number | undefined;
    try {
      await visitor.known();
      do {
        const [page] = pages;
        hear(await visitor.call<Company>('/presence', page ? { page: bare(page, visitor.keep), locale: host.locale().slice(0, 35) } : {}));
        pages.splice(0, Number(!!page));
      } while (pages.length);
      for (let line; (line = lines[0]); lines.shift()) await visitor.call('/trail', line);
      failures = 0;
    } catch (err) {
      const { status, retryAfter } = err as Partial<APIError>;
      // Tracking was switched off, or the visitor is not welcome: nothing more is to be said on this page.
      if (status === 403) return end();
      // What the server cannot take is left out, so that it holds up nothing.
      if (status === 400) (pages.length ? pages : lines).shift();
      wait = retryAfter !== undefined ? retryAfter * 1000 : Math.min(longest, active * 2 ** failures++);
    } finally {
      busy = false;
    }
    schedule(wait ?? (pages.length || lines.length ? 0 : undefined));
  }

  function hear({ online, session_id: session, triggers = [] }: Company) {
    told = Date.now();
    if (online !== host.state.online) {
      host.state.online = online;
      host.emit('status', { online });
    }
    greeter.offer(triggers);
    if (!session || session === woken) return;
    woken = session;
    load().then((panel) => panel.look()).catch(() => { woken = undefined; }); // the next sign of life tries again
  }

  /** Nothing is sent for a page that nobody sees. */
  function schedule(wait = Date.now() - moved < settled ? active : calm) {
    clearTimeout(timer);
    if (!document.hidden && !signal.aborted) timer = setTimeout(tell, wait);
  }

  function end() {
    begun = false;
    over.abort();
    clearTimeout(timer);
    greeter.close();
    stop();
    host.trail = [];
  }

  const stop = watchPages(arrive, signal);
  for (const type of ['pointermove', 'pointerdown', 'keydown', 'scroll']) {
    addEventListener(type, () => { moved = Date.now(); }, { signal, passive: true, capture: true });
  }
  document.addEventListener('visibilitychange', () => schedule(Math.max(0, told + active - Date.now())), { signal });
  addEventListener('online', () => void tell(), { signal });
  addEventListener('pageshow', (e) => { if (e.persisted) { at = ''; arrive(); } }, { signal });
  const early = host.trail as TrailLine[];
  host.trail = { push: say };
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', arrive, { once: true, signal });
  else arrive();
  if (visitor.greeted) void load().catch(() => { /* the click will say it */ });
  early.forEach(say);
}
