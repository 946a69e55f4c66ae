// One tab per browser holds the event stream; the others hear it from that one. A browser allows six connections to an
// origin over HTTP/1.1, so a stream per tab would stop the host's own pages from loading in the seventh.

export interface Leader<M> {
  readonly leading: boolean;
  /** Tells every other tab. */
  send(message: M): void;
  close(): void;
}

export interface LeaderOptions<M> {
  /** Called when this tab becomes the one that holds the stream; what it returns is called when it no longer is. */
  lead(): () => void;
  /** Called with what another tab has sent. */
  hear(message: M): void;
}

type Packet<M> = { m: M } | { ask: 1 } | { here: 1 };

/** How long a visible tab waits for a sign of life before it takes over from a frozen one. */
const silence = 1500;

/**
 * Takes part in the election called `name`. Without Web Locks or BroadcastChannel (plain http pages, old browsers)
 * every visible tab leads for itself; so it does where locks are refused, as they are together with cookies and storage.
 */
export function elect<M>(name: string, { lead, hear }: LeaderOptions<M>): Leader<M> {
  if (!navigator.locks || typeof BroadcastChannel === 'undefined') return perVisibleTab(lead);

  const channel = new BroadcastChannel(name);
  let turn = new AbortController(); // ends the waiting for a turn
  let waiting = false;
  let closed = false;
  let release: (() => void) | undefined;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let alone: Leader<M> | undefined;

  channel.onmessage = ({ data }: MessageEvent<Packet<M>>) => {
    if ('m' in data) hear(data.m);
    else if ('ask' in data) { if (release) channel.postMessage({ here: 1 }); }
    else clearTimeout(asking);
  };

  function run(steal: boolean) {
    const { signal } = turn;
    let mine: (() => void) | undefined;
    if (!steal) waiting = true;
    navigator.locks.request(name, steal ? { steal } : { signal }, () => new Promise<void>((resolve) => {
      if (!steal) waiting = false;
      if (signal.aborted) return resolve();
      release?.();
      const stop = lead();
      release = mine = () => {
        if (release === mine) release = undefined;
        mine = undefined;
        stop();
        resolve();
      };
    })).catch((err) => {
      if (err.name === 'SecurityError') { if (!closed) alone ??= perVisibleTab(lead); return; }
      // Another tab took over while this one was frozen, or the waiting was ended.
      mine?.();
      if (!signal.aborted && !waiting) run(false);
    });
  }

  // A tab that the system has put to sleep keeps its lock. One that the visitor looks at must not wait for it.
  function check() {
    if (document.hidden || release || alone) return;
    channel.postMessage({ ask: 1 });
    clearTimeout(asking);
    asking = setTimeout(() => { if (!document.hidden && !release && !turn.signal.aborted) run(true); }, silence);
  }

  function leave() {
    turn.abort();
    waiting = false;
    clearTimeout(asking);
    release?.();
  }

  // A page that holds a lock or a connection cannot be kept for the back button, so both are given up on the way out.
  function back(event: PageTransitionEvent) {
    if (!event.persisted) return;
    turn = new AbortController();
    run(false);
  }

  run(false);
  document.addEventListener('visibilitychange', check);
  addEventListener('pagehide', leave);
  addEventListener('pageshow', back);
  return {
    get leading() { return !!release || !!alone?.leading; },
    send(m) { if (!closed && !alone) channel.postMessage({ m }); },
    close() {
      closed = true;
      document.removeEventListener('visibilitychange', check);
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', back);
      leave();
      alone?.close();
      channel.close();
    },
  };
}

function perVisibleTab<M>(lead: () => () => void): Leader<M> {
  let stop: (() => void) | undefined;
  let closed = false;
  const follow = () => {
    if (closed) return;
    if (!document.hidden) stop ??= lead();
    else if (stop) { stop(); stop = undefined; }
  };
  document.addEventListener('visibilitychange', follow);
  queueMicrotask(follow); // lead is never called before the caller has its leader
  return {
    get leading() { return !!stop; },
    send() { /* nobody listens */ },
    close() {
      closed = true;
      document.removeEventListener('visibilitychange', follow);
      stop?.();
      stop = undefined;
    },
  };
}
