// Conversations chosen to do something with all of them at once.
import { rows } from './lists';
import { get, set } from './state';

let from: string | undefined; // where the last choice was made

/** Chooses a conversation or lets it go; as a range, everything from the last choice to it. */
export function choose(id: string, range = false) {
  const { chosen } = get();
  const next = new Set(chosen), ids = rows(get()).map((s) => s.session_id);
  const a = ids.indexOf(from ?? ''), b = ids.indexOf(id);
  if (range && a >= 0 && b >= 0) for (const one of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) next.add(one);
  else if (!next.delete(id)) next.add(id);
  from = id;
  set({ chosen: next });
}

export const letGo = () => set({ chosen: new Set() });
