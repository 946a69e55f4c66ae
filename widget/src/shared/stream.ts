// A stream of server-sent events over fetch. EventSource cannot send a header, hides why it failed and never backs off.
import { createParser } from 'eventsource-parser';
import { APIError, failure, isAbort } from './api';
import type { Envelope } from './types';

/**
 * connecting: no answer yet. open: `ready` came. polling: something on the way holds the stream back, so messages are
 * fetched instead. waiting: failed, tried again after a while. refused: the server knows us no more.
 */
export type StreamState = 'connecting' | 'open' | 'polling' | 'waiting' | 'refused';

export interface StreamOptions {
  url: string;
  headers(): Record<string, string>;
  /** Where to resume from, if anything is known. */
  after?: string;
  /** Every event but the stream's own ready and bye; `reset` too: what is known must then be read again. */
  onEvent(event: Envelope): void;
  onState(state: StreamState): void;
  /** Called when events flow; not resumed means that what happened before must be read from the lists. */
  onOpen(resumed: boolean): void;
  /** Gets new credentials after a 401; answers whether it did. */
  refresh(): Promise<boolean>;
  /** One long poll, for use where no `ready` arrives. Without it the stream is simply tried again. */
  poll?(signal: AbortSignal): Promise<void>;
}

export interface Stream {
  /** The position after the last durable event. */
  readonly position: string | undefined;
  /** The server was just heard of: a wait ends now. */
  retry(): void;
  close(): void;
}

const readyWithin = 5_000;
const pollFor = 180_000; // then the stream gets another chance
const longest = 60_000;

/** Opens the stream and keeps it open until close. Nothing is thrown; onState tells how it goes. */
export function openStream(options: StreamOptions): Stream {
  let position = options.after;
  let base = 2_000; // the server's retry: replaces it
  let attempt = 0;
  let refreshed = false;
  let closed = false;
  let connection: AbortController | undefined;
  let wake: (() => void) | undefined;
  let lastByte = 0;
  let heartbeat = 15_000;

  const jitter = (ms: number) => ms * (1 + Math.random() / 2);

  /** Waits, or less when the browser comes back online or to the page. */
  const pause = (ms: number) => new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() { clearTimeout(timer); wake = undefined; resolve(); }
    wake = done;
  });

  async function run() {
    while (!closed) {
      options.onState('connecting');
      const again = await connect();
      if (closed) return;
      options.onState(again === 'refused' ? 'refused' : 'waiting');
      await pause(again === 'refused' ? longest : again);
    }
  }

  /** One connection. Answers how long to wait before the next, or that the server refused us. */
  async function connect(): Promise<number | 'refused'> {
    connection = new AbortController();
    const { signal } = connection;
    let ready = false;
    let bye: string | undefined;
    let late = false;
    const guard = setTimeout(() => { late = true; connection?.abort(); }, readyWithin);
    const watchdog = setInterval(() => { if (ready && Date.now() - lastByte > 2.5 * heartbeat) connection?.abort(); }, 1_000);
    try {
      const resumed = position !== undefined;
      const response = await fetch(options.url, {
        signal, cache: 'no-store',
        headers: { Accept: 'text/event-stream', ...options.headers(), ...(resumed && { 'Last-Event-ID': position! }) },
      });
      if (!response.ok) return await refused(await failure(response));
      if (response.status === 204 || !response.body) return longest;

      // The position moves only after the event has been handled; an id without an event counts at once.
      let next: string | undefined;
      const moved = () => { if (next) position = next; next = undefined; };

      const parser = createParser({
        onRetry: (ms) => { base = Math.min(ms, longest); },
        onId: (id) => { next = id; },
        onEvent: ({ event, data }) => {
          const envelope = parse(data);
          if (event === 'ready') {
            ready = true;
            attempt = 0;
            refreshed = false;
            clearTimeout(guard);
            heartbeat = 1_000 * ((envelope?.data as { heartbeat_s?: number })?.heartbeat_s ?? 15);
            moved();
            options.onState('open');
            options.onOpen(resumed);
          } else if (event === 'bye') {
            bye = (envelope?.data as { reason?: string })?.reason ?? 'bye';
          } else if (envelope) {
            try { options.onEvent(envelope); } catch (err) { reportError(err); } // one bad event must not come again for ever
          }
          moved();
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || closed) break;
        lastByte = Date.now();
        parser.feed(value);
        moved();
        if (bye) break;
      }
    } catch (err) {
      if (closed) return 0;
      if (late) return await polling();
      if (!isAbort(err)) attempt++;
    } finally {
      clearTimeout(guard);
      clearInterval(watchdog);
      connection.abort();
    }
    if (bye === 'unauthorized' && !(await refresh())) return 'refused';
    if (!ready) attempt++;
    return jitter(Math.min(longest, base * 2 ** Math.max(0, attempt - 1)));
  }

  /** Where the server is only out of reach the next connection shows whether it knows us. */
  async function refresh(): Promise<boolean> {
    try {
      return await options.refresh();
    } catch (err) {
      return err instanceof APIError && err.temporary;
    }
  }

  async function refused(err: APIError): Promise<number | 'refused'> {
    if (err.status === 401) {
      if (refreshed || !(await refresh())) return 'refused';
      refreshed = true;
      return 0;
    }
    // The position is of no use here: start from the present, and let onOpen(false) read what was missed.
    if (err.code === 'invalid_event_id') { position = undefined; return 0; }
    if (err.code === 'streaming_impossible') return polling();
    attempt++;
    if (err.retryAfter !== undefined) return err.retryAfter * 1_000 + Math.random() * 1_000;
    return jitter(err.temporary ? Math.min(longest, base * 2 ** (attempt - 1)) : longest);
  }

  /** Long-polls for a while. Answers how long to wait before the stream is tried again. */
  async function polling(): Promise<number> {
    if (!options.poll || !navigator.onLine) return jitter(Math.min(longest, base * 2 ** attempt++));
    connection = new AbortController();
    const until = Date.now() + pollFor;
    try {
      let first = true;
      while (!closed && Date.now() < until) {
        await options.poll(connection.signal);
        if (first) options.onState('polling');
        first = false;
      }
      attempt = 0;
      return 0;
    } catch {
      return jitter(Math.min(longest, base * 2 ** attempt++));
    }
  }

  /** Something changed for the better: a wait ends now, and a connection that went silent in our sleep is dropped. */
  function retryNow() {
    if (document.hidden) return;
    if (wake) wake();
    else if (lastByte && Date.now() - lastByte > 1.5 * heartbeat) connection?.abort();
  }

  addEventListener('online', retryNow);
  addEventListener('pageshow', retryNow);
  document.addEventListener('visibilitychange', retryNow);
  void run();

  return {
    get position() { return position; },
    retry: () => wake?.(),
    close() {
      closed = true;
      removeEventListener('online', retryNow);
      removeEventListener('pageshow', retryNow);
      document.removeEventListener('visibilitychange', retryNow);
      connection?.abort();
      wake?.();
    },
  };
}

function parse(data: string): Envelope | undefined {
  try {
    const value = JSON.parse(data) as Envelope;
    return typeof value?.event === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
