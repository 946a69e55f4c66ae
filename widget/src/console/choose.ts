// Conversations chosen to do something with all of them at once.
import { rows } from './lists';
import { get, set } from './state';

let from: string | undefined; // where the last choice was made, and a range begins

/** What the bar over the list offers while it is there, for the keys. */
export const bulk: { assign?(): void; tag?(): void; take?(): void; close?(): void; keep?(): void } = {};

const listed = () => rows(get()).map((s) => s.session_id);

/** Chooses a conversation or lets it go; as a range, everything from the last choice to it. */
export function choose(id: string, range = false) {
  const { chosen } = get();
  const next = new Set(chosen), ids = listed();
  const a = ids.indexOf(from ?? ''), b = ids.indexOf(id);
  if (range && a >= 0 && b >= 0) for (const one of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) next.add(one);
  else if (!next.delete(id)) next.add(id);
  from = id;
  set({ chosen: next });
}

/** The keyboard's place has gone from one row to its neighbour, and the choice with it: away from where it began it grows, back to there it shrinks. */
export function extend(was: string, is: string) {
  const { chosen } = get();
  const next = new Set(chosen), ids = listed();
  if (!chosen.has(from ?? '') || !ids.includes(from!)) from = was;
  const far = (id: string) => Math.abs(ids.indexOf(id) - ids.indexOf(from!));
  next.add(from!);
  if (far(is) < far(was)) next.delete(was);
  next.add(is);
  set({ chosen: next });
}

export const chooseAll = () => set({ chosen: new Set(listed()) });
export const letGo = () => set({ chosen: new Set() });
