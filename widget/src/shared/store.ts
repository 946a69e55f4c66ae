// Application state: one object, replaced on change, and those who want to know.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Store<S> {
  get(): S;
  /** Merges a change, given as an object or made from the present state, and tells everybody if something is different. */
  set(change: Partial<S> | ((state: S) => Partial<S>)): void;
  subscribe(fn: (state: S) => void): () => void;
}

export function createStore<S extends object>(state: S): Store<S> {
  const listeners = new Set<(state: S) => void>();
  return {
    get: () => state,
    set(change) {
      const patch = typeof change === 'function' ? change(state) : change;
      if ((Object.keys(patch) as (keyof S)[]).every((key) => Object.is(state[key], patch[key]))) return;
      state = { ...state, ...patch };
      for (const fn of [...listeners]) fn(state);
    },
    subscribe(fn) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
  };
}

/** The part of a store that a component shows; it is drawn again when that part is another value. */
export function useStore<S extends object, T>(store: Store<S>, select: (state: S) => T): T {
  const [, draw] = useState({});
  const value = select(store.get());
  const latest = useRef(select), shown = useRef(value);
  latest.current = select; // it may ask with what the component has just been given
  shown.current = value;
  // At once, not after the picture: a key that is pressed in between must find what was typed before it.
  useLayoutEffect(() => {
    const update = (state: S) => { if (!Object.is(latest.current(state), shown.current)) draw({}); };
    update(store.get()); // it may have changed between the first draw and now
    return store.subscribe(update);
  }, [store]);
  return value;
}
