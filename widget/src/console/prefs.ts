// How whoever is here likes to work. It is kept in the browser: a desk with loudspeakers and a phone differ in it.
import { browser } from './server';
import { get, set, type Prefs } from './state';

export function restorePrefs() {
  const read = () => set({ prefs: { ...get().prefs, ...browser.get<Partial<Prefs>>('prefs', {}) } });
  read();
  addEventListener('storage', read); // another tab has changed them
}

export function setPrefs(patch: Partial<Prefs>) {
  set((s) => ({ prefs: { ...s.prefs, ...patch } }));
  browser.put('prefs', get().prefs);
}
