import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { partMissed } from './renewed';

/**
 * A component whose code comes when it is first needed. `meanwhile` is drawn until then; where it does not come, `failed`
 * is called.
 */
export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>, failed: () => void, meanwhile: ComponentChildren = null): FunctionComponent<P> {
  let Ready: FunctionComponent<P> | undefined;
  return function Lazy(props: P) {
    const [, draw] = useState(0);
    useEffect(() => {
      if (!Ready) load().then((it) => { Ready = it; draw(1); }, () => { failed(); partMissed(); });
    }, []);
    return Ready ? <Ready {...props} /> : <>{meanwhile}</>;
  };
}
