// Who this browser is to the server: its token, and every request that carries it.
import { APIError, createAPI, failure, type API } from '../shared/api';
import type { Host } from '../shared/bridge';
import type { Hello, Page } from '../shared/types';
import type { Keep } from './keep';

export interface VisitorAPI {
  /** A request with the token. On a 401 it gets a new one, once. */
  call: API;
  /** The same for an answer that is a file. */
  blob(path: string): Promise<Blob>;
  headers(): Record<string, string>;
  /** Asks who we are and what is going on; one at a time. */
  hello(): Promise<Hello>;
  /** Takes the token that another tab has stored; answers whether it was a new one. */
  adopt(): boolean;
  /** Writes the token down: the visitor has said something, so they are to be known again. */
  remember(): void;
  /** What the page says of its visitor is new: the next hello proves it. */
  doubt(): void;
  /** What the server knows us as no more. */
  forget(): void;
  readonly known: boolean;
}

/** `barred` is called when the server lets the visitor in no more. */
export function createVisitorAPI(host: Host, keep: Keep, greeted: (hello: Hello) => void, barred: () => void): VisitorAPI {
  let token = keep.get().token ?? host.token;
  let asking: Promise<Hello> | undefined;
  let proven = host.proof !== undefined && host.proven === host.proof; // whether the server has heard the page's proof, since this page began or the token died
  const headers = (): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {});
  const plain = createAPI(`${host.base}visitor/v1`, headers);
  const raw: API = (...request) => plain(...request).catch((err: unknown) => {
    if ((err as Partial<APIError>).code === 'banned') barred();
    throw err;
  }) as Promise<never>;

  function adopt(): boolean {
    const other = [host.token, keep.get().token].find((one) => one && one !== token);
    if (!other) return false;
    host.token = token = other;
    return true;
  }

  function hello(): Promise<Hello> {
    return asking ??= host.greeting = after(host.greeting).finally(() => { asking = host.greeting = undefined; });
  }

  async function after(other: Promise<unknown> | undefined): Promise<Hello> {
    await other?.catch(() => { /* ours may do better */ });
    adopt();
    let answer: Hello;
    let shown: Host['proof'];
    do {
      shown = host.proof;
      answer = await introduced();
      host.token = token = answer.token;
    } while (shown !== host.proof); // the page has changed its mind meanwhile
    host.proven = shown;
    proven = true;
    if (keep.get().token) api.remember();
    greeted(answer);
    return answer;
  }

  /** Says hello with what the page can show for its visitor. A function that made a proof is asked for another if that is refused. */
  async function introduced(again = false): Promise<Hello> {
    const { proof } = host;
    const identity = proven ? undefined : (typeof proof === 'function' ? await proof() : proof) || undefined;
    // Where the page says that there is nobody, no earlier proof counts either.
    if (!proven && proof !== undefined && !identity && token?.includes('.')) token = undefined;
    return say(identity ? { identity } : undefined).catch((err: unknown) => {
      if (!identity || (err as APIError).code !== 'invalid_identity') throw err;
      if (!again && typeof proof === 'function') return introduced(true);
      // Whom the page cannot vouch for is a stranger, who may write all the same.
      host.emit('error', { code: 'identity', message: (err as Error).message });
      if (host.proof === proof) host.proof = null;
      return introduced();
    });
  }

  const say = (who?: { identity: string }) => raw<Hello>('POST', '/hello', { ...who, page: here(), locale: host.locale().slice(0, 35), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || undefined })
    // Whatever is odd about this page or its language, a visitor is greeted.
    .catch((err: unknown) => { if (err instanceof APIError && err.status === 400) return raw<Hello>('POST', '/hello', { ...who }); throw err; });

  const api: VisitorAPI = {
    headers, hello, adopt,
    async call(method, path, body, options) {
      if (!token) await hello();
      for (let again = 0; ; again++) {
        const used = token;
        try {
          return await raw(method, path, body, options);
        } catch (err) {
          if (!(err instanceof APIError) || err.status !== 401 || again === 2) throw err;
          // Another tab may have a new token already.
          if (token !== used || adopt()) continue;
          proven = false;
          await hello();
        }
      }
    },
    async blob(path) {
      let response = await fetch(`${host.base}visitor/v1${path}`, { headers: headers() });
      if (response.status === 401) {
        proven = false;
        await hello();
        response = await fetch(`${host.base}visitor/v1${path}`, { headers: headers() });
      }
      if (!response.ok) throw await failure(response);
      return response.blob();
    },
    remember() {
      if (token && keep.get().token !== token) keep.change((kept) => { kept.token = token!; });
    },
    doubt() { proven = false; },
    forget() { host.token = token = undefined; host.proven = undefined; proven = false; },
    get known() { return !!token; },
  };
  return api;
}

/** The page without what may be private in its address: the values of the query, and the fragment. */
export function here(): Page {
  const page: Page = { url: bare(location.href), title: [...document.title].slice(0, 200).join('') };
  if (document.referrer) page.referrer = bare(document.referrer);
  return page;
}

function bare(address: string): string {
  try {
    const url = new URL(address);
    url.hash = url.username = url.password = '';
    for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, '');
    return /^https?:/.test(url.href) ? url.href.slice(0, 1024) : '';
  } catch {
    return '';
  }
}
