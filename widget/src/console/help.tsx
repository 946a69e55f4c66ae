import { useEffect, useRef } from 'preact/hooks';
import { cross, Icon } from '../shared/icons';
import { keyList, setKeys } from './keys';
import { mac } from './reply';
import { set } from './state';
import { useApp } from './use';

/** Every key. Single keys can be turned off for those whom they get in the way of. */
export function Help() {
  const on = useApp((s) => s.keysOn);
  const box = useRef<HTMLDialogElement>(null);
  const close = () => set({ helpOpen: false });
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => from?.focus();
  }, []);
  const send = mac ? '⌘' : 'Ctrl';
  return (
    <dialog ref={box} class="help-box" aria-labelledby="help-title" onClose={close} onClick={(e) => { if (e.target === box.current) close(); }}>
      <div class="inside">
        <header><h2 id="help-title">Keys</h2><button class="icon" aria-label="Close" onClick={close}><Icon of={cross} /></button></header>
        <dl class={on ? '' : 'off'}>
          {keyList.map(([keys, what]) => <div key={what}><dt>{what}</dt><dd>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</dd></div>)}
        </dl>
        <h3>While writing</h3>
        <dl>
          <div><dt>Send</dt><dd><kbd>Enter</kbd></dd></div>
          <div><dt>New line</dt><dd><kbd>Shift</kbd><kbd>Enter</kbd></dd></div>
          <div><dt>Send and close</dt><dd><kbd>{send}</kbd><kbd>Shift</kbd><kbd>Enter</kbd></dd></div>
          <div><dt>Back to the list</dt><dd><kbd>Esc</kbd></dd></div>
        </dl>
        <label class="switch"><input type="checkbox" checked={on} onChange={(e) => setKeys(e.currentTarget.checked)} />Single keys work while nothing is being typed</label>
      </div>
    </dialog>
  );
}
