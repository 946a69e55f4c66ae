// The sound of a reply, where the visitor has switched it on: once for all tabs, and not where the reply is looked at.
import { audible, chime } from '../shared/sound';
import type { State } from './state';

const others = 150; // a tab that is looked at must be first
const held = 2_000;

/** Rings for a message, unless another tab does or somebody is reading. `key` is the same in all tabs. */
export function ring(key: string, get: () => State): void {
  const reading = ({ open, talking, aside }: State) => open && talking && !aside && !document.hidden && document.hasFocus();
  const quiet = reading(get());
  if (!quiet && !audible()) return;
  if (!navigator.locks) {
    if (!quiet) chime();
    return;
  }
  setTimeout(() => void navigator.locks.request(key, { ifAvailable: true }, (mine) => {
    if (!mine) return undefined;
    if (!quiet) chime();
    return new Promise((done) => { setTimeout(done, held); });
  }).catch(() => { if (!quiet) chime(); }), quiet ? 0 : others);
}
