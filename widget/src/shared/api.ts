// The one place that talks JSON over HTTP. Errors of every kind come out as an APIError.
import type { Message } from './types';

/** Why a request failed: the server's error form, or status 0 when no answer came at all. */
export class APIError extends Error {
  constructor(
    /** The HTTP status; 0 when the network failed. */
    readonly status: number,
    /** The server's stable word for it; "network" without an answer, "internal" without a readable one. */
    readonly code: string,
    message: string,
    /** The body's field that is wrong, if one is. */
    readonly field?: string,
    /** How many seconds the server asks to wait. */
    readonly retryAfter?: number,
    /** What a reply would cross: the message that a colleague has sent. */
    readonly latest?: Message,
    /** Where the host's users sign in. */
    readonly login?: string,
  ) {
    super(message);
  }

  /**
   * True when the same request may well succeed later: no answer, too many, the server's own trouble, or an answer that
   * is not the server's at all, as something in between gives while the server is being replaced.
   */
  get temporary(): boolean {
    return !this.status || this.status === 429 || this.status >= 500 || this.code === 'internal';
  }
}

export interface Request {
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Lets a request outlive the page (at most 64 KiB are kept in flight by browsers). */
  keepalive?: boolean;
}

export interface API {
  /** Sends one request; `body` is sent as JSON if given. Answers undefined for 204. */
  <T = void>(method: string, path: string, body?: unknown, options?: Request): Promise<T>;
}

/** A request without an answer is given up after this long, so that nothing hangs on a dead connection. */
const patience = 30_000;

/**
 * Makes a client for the API under `base` (no slash at its end). `auth` is asked before every request for the headers
 * that say who is calling; where it gives none, the browser's own cookies for the same origin do.
 */
export function createAPI(base: string, auth: () => Record<string, string>): API {
  return async function request<T>(method: string, path: string, body?: unknown, options: Request = {}): Promise<T> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(options.query ?? {})) if (value !== undefined) query.set(key, String(value));
    const headers: Record<string, string> = { Accept: 'application/json', ...auth(), ...options.headers };
    if (body !== undefined) headers['Content-Type'] = 'application/json';

    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), patience + 1000 * Number(options.query?.wait ?? 0));
    const stop = () => giveUp.abort();
    options.signal?.addEventListener('abort', stop);
    try {
      const response = await fetch(base + path + (query.size ? `?${query}` : ''), {
        method, headers, cache: 'no-store', signal: giveUp.signal, keepalive: options.keepalive ?? false,
        body: body === undefined ? null : JSON.stringify(body),
      });
      if (!response.ok) throw await failure(response);
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (err) {
      if (err instanceof APIError || options.signal?.aborted) throw err;
      throw new APIError(0, 'network', 'The server could not be reached.');
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
    }
  };
}

/** Reads the error form of an answer that is not 2xx; something in between may have answered with a page instead. */
export async function failure(response: Response): Promise<APIError> {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const form = await response.json().catch(() => null) as { error?: string; code?: string; field?: string; latest?: Message; login_url?: string } | null;
  return new APIError(response.status, form?.code ?? 'internal', form?.error ?? `The server answered ${response.status}.`,
    form?.field, seconds >= 0 ? seconds : undefined, form?.latest, form?.login_url);
}

/** True for a request that was given up on purpose. */
export const isAbort = (err: unknown) => err instanceof DOMException && err.name === 'AbortError';

/** A random key that names one send for good, so that sending it again cannot double it. */
export function uuid(): string {
  // randomUUID is missing on plain http pages.
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
