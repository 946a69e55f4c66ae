// The keyboard. Single keys act only while nothing is being typed, and can be turned off.
import { commandOf } from './commands';
import { letGo } from './choose';
import { closeAbout, overlaid } from './field';
import { go } from './route';
import { browser } from './server';
import { get, set } from './state';

const together = 1200; // ms in which the second of two keys must come

const typing = (el: EventTarget | null) => el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && !/^(radio|checkbox|button)$/.test((el as HTMLInputElement).type));

/** One step back: out of the field to the list, out of the pane, out of the conversation. */
function escape(target: EventTarget | null) {
  const { aboutOpen, chosen, open, view } = get();
  if (aboutOpen && overlaid()) return closeAbout();
  const row = open && document.querySelector<HTMLElement>(`[data-id="${CSS.escape(open)}"]`);
  const visible = row && row.offsetParent;
  if (typing(target)) {
    if (visible) row.focus();
    else (target as HTMLElement).blur();
  } else if (chosen.size) {
    letGo();
  } else if (open) {
    go(view);
    if (visible) row.focus();
  }
}

export function listenToKeys() {
  set({ keysOn: browser.get('keys', true) });
  let first = '', timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener('keydown', (e) => {
    const { phase, helpOpen, prefsOpen, paletteOpen, later, keysOn } = get();
    if (phase !== 'ready' || later || e.isComposing) return;
    // The palette opens while something is being typed too: it takes nothing from the text.
    if ((e.metaKey || e.ctrlKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === 'k') {
      e.preventDefault();
      set({ paletteOpen: !paletteOpen, helpOpen: false, prefsOpen: false });
      return;
    }
    if (helpOpen || prefsOpen || paletteOpen || e.defaultPrevented) return;
    if (e.key === 'Escape') return escape(e.target);
    const arrow = e.shiftKey && /^Arrow(Up|Down)$/.test(e.key);
    if (!keysOn || e.metaKey || e.ctrlKey || e.altKey || e.key.length > 1 && !arrow || typing(e.target)) { first = ''; return; }
    clearTimeout(timer);
    const key = e.key.toLowerCase();
    const shifted = e.shiftKey && !first ? commandOf(`shift+${key}`) : undefined;
    const { command, begins } = shifted?.command ? shifted : commandOf(first ? `${first} ${key}` : key);
    first = '';
    if (begins) {
      first = key;
      timer = setTimeout(() => { first = ''; }, together);
    }
    if (!command && !begins) return;
    e.preventDefault();
    command?.run();
  });
}

export function setKeys(on: boolean) {
  browser.put('keys', on);
  set({ keysOn: on });
}
