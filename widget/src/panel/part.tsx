// Parts of the panel that come when they are first needed, so that a first look stays small.
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { adopt } from '../shared/styles';
import { useAround } from './context';

/** A module that may bring style sheets of its own. */
interface Dressed { dress?(root: DocumentOrShadowRoot): void }

/**
 * Loads a module. A browser may remember that a file did not come and not ask for it again, so the second try is under
 * another address.
 */
export async function fetchPart<M>(load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (err) {
    const file = /\.\/[\w-]+\.js/.exec(String(load))?.[0];
    if (!file) throw err;
    return await import(new URL(`${file}?${Date.now()}`, import.meta.url).href) as M;
  }
}

/** Makes a module's `dress`: it puts the sheets into effect, once for each root. */
export function dresser(...sheets: string[]): (root: DocumentOrShadowRoot) => void {
  const dressed = new WeakSet<DocumentOrShadowRoot>();
  return (root) => {
    if (dressed.has(root)) return;
    dressed.add(root);
    adopt(root, ...sheets);
  };
}

/** A component that is loaded when it is first drawn. Where it cannot be, it says so and offers to try again. */
export function part<M extends Dressed, P extends object>(load: () => Promise<M>, pick: (module: M) => ComponentType<P>): ComponentType<P> {
  let module: M | undefined;
  return function Part(props: P) {
    const { host } = useAround();
    const [state, setState] = useState<'' | 'here' | 'failed'>(module ? 'here' : '');
    const tries = useRef(0);
    function get() {
      setState('');
      fetchPart(load).then((loaded) => {
        loaded.dress?.(host.root);
        module = loaded;
        setState('here');
      }, () => setState('failed'));
    }
    useEffect(() => { if (!module) get(); }, []);
    // Where it does not come twice, this panel may be older than the server.
    if (state === 'failed') return <NoPart again={() => (tries.current++ ? host.restart() : get())} />;
    if (!module) return null;
    const Loaded = pick(module);
    return <Loaded {...props} />;
  };
}

export function NoPart({ again }: { again(): void }) {
  const { t } = useAround();
  return <p class="note failed" role="alert" dir="auto">{t('noLoad')} <button type="button" onClick={again}>{t('again')}</button></p>;
}
