// What is said about the connection: only when the trouble has lasted a while, and no longer than it lasts.
import type { Store } from '../shared/store';
import type { State } from './state';

const after = 3_000;

/** Keeps the banner true until the answer is called; `online` is called when the browser has a network again. */
export function watchConnection({ get, set, subscribe }: Store<State>, online: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function update() {
    const { hello, stream, stuck, banner, barred } = get();
    const failing = !barred && (hello === 'failed' || stuck || stream === 'waiting' || stream === 'refused');
    const trouble = !navigator.onLine ? 'offline' : failing ? 'trouble' : '';
    // A new try is neither good nor bad yet.
    if (!trouble && stream === 'connecting' && (banner === 'trouble' || timer)) return;
    if (!trouble || banner) {
      clearTimeout(timer);
      timer = undefined;
      set({ banner: trouble });
    } else timer ??= setTimeout(() => { timer = undefined; set({ banner: navigator.onLine ? 'trouble' : 'offline' }); }, after);
  }

  const network = () => { update(); if (navigator.onLine) online(); };
  const unsubscribe = subscribe(update);
  addEventListener('online', network);
  addEventListener('offline', network);
  document.addEventListener('visibilitychange', network);
  return () => {
    unsubscribe();
    clearTimeout(timer);
    removeEventListener('online', network);
    removeEventListener('offline', network);
    document.removeEventListener('visibilitychange', network);
  };
}
