// The page's own challenge, such as a captcha: who it is for, and where it can stand.
import type { Host } from '../shared/bridge';
import type { Store } from '../shared/store';
import type { State } from './state';

/** Has the page challenge the visitor; `pass` is called with the answer, at most once for each call. */
export type Ask = (pass: (answer: string) => void) => void;

export function createChallenge(host: Host, store: Store<State>): { ask: Ask; close(): void } {
  const waiting = new Set<(answer: string) => void>();
  let place: HTMLElement | undefined;

  function close() {
    waiting.clear();
    place?.remove();
    store.set({ challenged: false });
  }

  return {
    ask(pass) {
      waiting.add(pass);
      place?.remove(); // what stands there has been answered
      // It belongs to the page, where scripts and styles of others work; a slot shows it in the panel.
      const own = place = document.createElement('div');
      own.slot = 'challenge';
      host.element.append(own);
      store.set({ challenged: true });
      host.emit('challenge', {
        place: own,
        pass(answer: unknown) {
          if (own !== place) return; // an earlier one
          const those = [...waiting];
          close();
          for (const fn of those) fn(String(answer));
        },
      });
    },
    close,
  };
}
