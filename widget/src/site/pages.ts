// Which page is shown, in applications that change their address without loading another page, too.
import type { Page } from '../shared/types';

/** A while after the address has changed the page has its title, and redirects are through. */
const settles = 250;

/** Calls `arrived` a moment after the address has changed. Answers a function that leaves everything as it was. */
export function watchPages(arrived: () => void, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const moved = () => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(arrived, settles);
  };
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) {
    navigation.addEventListener('currententrychange', moved, { signal });
    return () => clearTimeout(timer);
  }
  addEventListener('popstate', moved, { signal });
  const undo = [patch('pushState', moved), patch('replaceState', moved)];
  return () => {
    clearTimeout(timer);
    for (const fn of undo) fn();
  };
}

/** Hears of calls to a method of history, which does what it did before. */
function patch(name: 'pushState' | 'replaceState', moved: () => void): () => void {
  const own = Object.hasOwn(history, name);
  const before = history[name];
  const patched: typeof before = function (this: History, ...args) {
    before.apply(this, args); // throws what the browser throws
    moved();
  };
  history[name] = patched;
  return () => {
    if (history[name] !== patched) return; // somebody has patched it after us: ours only passes on from now
    if (own) history[name] = before;
    else delete (history as Partial<History>)[name];
  };
}

/** The page without what may be private in its addresses: fragments, and the values of all parameters but those in `keep`. */
export function bare({ url, title = '', referrer = '' }: Page, keep: readonly string[]): Page {
  return { url: clean(url, keep), title: [...title].slice(0, 200).join(''), referrer: clean(referrer, keep) };
}

function clean(address: string, keep: readonly string[]): string {
  try {
    const url = new URL(address);
    url.hash = url.username = url.password = '';
    for (const name of [...url.searchParams.keys()]) if (!keep.includes(name)) url.searchParams.delete(name);
    return /^https?:/.test(url.href) ? url.href.slice(0, 2000) : '';
  } catch {
    return '';
  }
}
