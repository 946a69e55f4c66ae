// Where the person is, in the address's fragment: #/mine, #/open/SESSION,
// #/open/SESSION/MESSAGE, #/saved. Back and Forward work, links can be kept.
import { views, type View } from './model';
import { get, pageNames, set, store, type PageName } from './state';

export const link = (view: View, ...ids: (string | undefined)[]) => [`#/${view}`, ...ids.filter((id) => id !== undefined).map(encodeURIComponent)].join('/');

export const pageLink = (page: PageName, section?: string, item?: string) => ['#', page, section, item].filter(Boolean).join('/');

function read(): { view: View; open: string | undefined; at: string | undefined; page: PageName | undefined; section: string | undefined; item: string | undefined } {
  const [, view, id, message] = location.hash.split('/');
  let open: string | undefined, at: string | undefined;
  try {
    open = id ? decodeURIComponent(id) : undefined;
    at = message ? decodeURIComponent(message) : undefined;
  } catch { /* not one of ours */ }
  const page = pageNames.find((p) => p === view);
  if (page) return { view: get().view, open: undefined, at: undefined, page, section: open, item: at };
  return { view: views.find((v) => v === view) ?? 'open', open, at, page, section: undefined, item: undefined };
}

export function follow() {
  const update = () => {
    const next = read();
    if (next.view !== get().view) set({ find: '', chosen: new Set() });
    set({ ...next, aboutOpen: false });
  };
  addEventListener('hashchange', update);
  update();
}

export function go(view: View, id?: string) {
  if (location.hash !== link(view, id)) location.hash = link(view, id);
}

/** Calls fn with the open conversation now and whenever it is another one. */
export function whenOpened(fn: (id: string | undefined) => void) {
  let last: string | undefined;
  const check = () => {
    const { open, phase } = get();
    const id = phase === 'ready' ? open : undefined;
    if (id === last) return;
    last = id;
    fn(id);
  };
  store.subscribe(check);
  check();
}
