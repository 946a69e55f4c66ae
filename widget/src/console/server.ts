// The agents' API as the console calls it, and what is remembered in this browser between two loads of the page.
import { APIError, createAPI, failure, type Request } from '../shared/api';

/** The API and the console stand under the same base, whatever the host has called it. */
export const base = new URL('../api/v1', location.href.replace(/[?#].*$/, '')).pathname;

let key = '';
export const auth = (): Record<string, string> => (key ? { Authorization: `Bearer ${key}` } : {});
export const hasKey = () => !!key;

const request = createAPI(base, auth);
let onExpired = () => {};
let login = '';

/** Calls `fn` when the server no longer knows who is calling. */
export const whenExpired = (fn: () => void) => { onExpired = fn; };

/** The server no longer knows who is calling. */
export const expired = () => onExpired();

/** The page on which the host signs its users in, and which then leads back here; undefined where it has not named one. */
export function loginLink(): string | undefined {
  if (!login) return undefined;
  const to = new URL(login.replace('{return_to}', ''), location.href);
  const back = location.href.slice(to.origin === location.origin ? location.origin.length : 0);
  return login.replace('{return_to}', () => encodeURIComponent(back));
}

/** A file of a message. */
export async function blob(path: string): Promise<Blob> {
  const response = await fetch(`${base}/${path}`, { headers: auth() });
  if (!response.ok) throw await failure(response);
  return response.blob();
}

export async function api<T = void>(method: string, path: string, body?: unknown, options?: Request): Promise<T> {
  try {
    return await request<T>(method, path, body, options);
  } catch (err) {
    if (err instanceof APIError && err.status === 401) {
      login = err.login ?? login;
      onExpired();
    }
    throw err;
  }
}

/** All of a list, however many pages it has. */
export async function every<T>(path: string, name: string): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const page: Record<string, unknown> = await api('GET', path, undefined, { query: { limit: 200, after } });
    all.push(...page[name] as T[]);
    after = page.next_cursor as string | undefined;
    if (!after) return all;
  }
}

/** What to tell a person about an error. */
export const words = (err: unknown) => (err instanceof APIError ? err.message : 'Something went wrong in this page.');
export const status = (err: unknown) => (err instanceof APIError ? err.status : -1);

/** Several Pealchats may share an origin; each keeps its own things. */
const named = (name: string) => `pealchat:${base}:${name}`;

function shelf(area: () => Storage) {
  return {
    get<T>(name: string, fallback: T): T {
      try {
        const text = area().getItem(named(name));
        return text === null ? fallback : JSON.parse(text) as T;
      } catch { return fallback; } // blocked by the browser, or not ours
    },
    put(name: string, value: unknown) {
      try {
        if (value === undefined) area().removeItem(named(name));
        else area().setItem(named(name), JSON.stringify(value));
      } catch { /* blocked or full: it stays in memory */ }
    },
    /** The names that begin with the prefix. */
    names(prefix: string): string[] {
      try {
        return Object.keys(area()).filter((name) => name.startsWith(named(prefix))).map((name) => name.slice(named('').length));
      } catch { return []; }
    },
    clear(prefix: string) {
      try {
        for (const name of Object.keys(area())) if (name.startsWith(named(prefix))) area().removeItem(name);
      } catch { /* blocked: nothing was kept */ }
    },
  };
}

/** Gone with the tab: the key. */
export const tab = shelf(() => sessionStorage);
/** Stays in the browser: choices, and until they are sent drafts and messages. Signing out takes what was written along. */
export const browser = shelf(() => localStorage);

export function setKey(value: string) {
  key = value;
  tab.put('key', value || undefined);
}
key = tab.get('key', '');
