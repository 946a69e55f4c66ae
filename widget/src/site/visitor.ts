// Who this browser is to the server. The panel, once it is here, shares the token and the greeting with us.
import { APIError, createAPI } from '../shared/api';
import type { Host } from '../shared/bridge';
import type { Hello } from '../shared/types';

export interface Visitor {
  /** Makes sure that the server knows us, and whom the page vouches for. */
  known(): Promise<void>;
  /** A request with the token. On a 401 it gets a new one, once. */
  call<T>(path: string, body: unknown): Promise<T>;
  /** Whether a greeting stands beside the launcher, from a page before. */
  readonly greeted: boolean;
  /** The parameters of addresses whose values may be told. */
  readonly keep: readonly string[];
}

interface Kept { token?: string; query?: string[]; greeting?: unknown }

export function createVisitor(host: Host): Visitor {
  let keep: readonly string[] | undefined;

  function kept(): Kept {
    try { return JSON.parse(localStorage.getItem(host.key)!) as Kept ?? {}; } catch { return {}; }
  }
  const token = () => kept().token ?? host.token;
  let stranger = false; // the token is to be left out
  const raw = createAPI(`${host.base}visitor/v1`, (): Record<string, string> => {
    const now = token();
    return now && !stranger ? { Authorization: `Bearer ${now}` } : {};
  });

  /** Stored beside what the panel keeps: who is followed is to be known again. */
  function remember(hello: Hello) {
    host.token = hello.token;
    keep = hello.config.keep_query ?? [];
    try {
      localStorage.setItem(host.key, JSON.stringify({ ...kept(), token: hello.token, query: keep }));
    } catch { /* refused: for as long as the page lives, then */ }
  }

  async function greet() {
    const { proof } = host;
    const identity = (typeof proof === 'function' ? await proof() : proof) || undefined;
    // Where the page says that there is nobody, no earlier proof counts either.
    stranger = proof !== undefined && !identity && !!token()?.includes('.');
    const say = (who?: object) => raw<Hello>('POST', '/hello', { ...who, locale: host.locale().slice(0, 35), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || undefined });
    try {
      remember(await (identity ? say({ identity }).catch((err: unknown) => {
        // Whom the page cannot vouch for is a stranger. The panel says so to the page.
        if ((err as Partial<APIError>).code !== 'invalid_identity') throw err;
        return say();
      }) : say()));
    } finally {
      stranger = false;
    }
    host.proven = proof;
  }

  async function known(): Promise<void> {
    await host.greeting?.catch(() => { /* whoever asked goes on asking */ });
    keep ??= kept().query;
    if (token() && keep && host.proven === host.proof) return;
    await (host.greeting = greet().finally(() => { host.greeting = undefined; }));
  }

  return {
    known,
    async call<T>(path: string, body: unknown) {
      const used = token();
      try {
        return await raw<T>('POST', path, body);
      } catch (err) {
        if (!(err instanceof APIError) || err.status !== 401) throw err;
        if (token() === used) {
          host.proven = NaN; // a dead token proves nothing
          await known();
        }
        return raw<T>('POST', path, body);
      }
    },
    get greeted() { return !!kept().greeting; },
    get keep() { return keep ?? []; },
  };
}
