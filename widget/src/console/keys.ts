// The keyboard. Single keys act only while nothing is being typed, and can be turned off.
import { closeAbout, overlaid } from './about/about';
import { find } from './list';
import { views } from './model';
import { undo, write } from './reply';
import { go } from './route';
import { moveCursor } from './rows';
import { browser } from './server';
import { get, set } from './state';
import { closeSoon, keepOpen, keepUnread, takeOver } from './work';

export const keyList: [string[], string][] = [
  [['J', 'K'], 'Next, previous conversation'],
  [['O', 'Enter'], 'Open it'],
  [['R'], 'Write a reply'],
  [['N'], 'Write a note'],
  [['M'], 'Take it'],
  [['E'], 'Close it'],
  [['Z'], 'Take back what was just sent, or keep it open after all'],
  [['U'], 'Keep it as unread'],
  [['I'], 'About the visitor'],
  [['/'], 'Search all conversations'],
  [['1', '2', '3', '4'], 'Mine, Unassigned, All open, Closed'],
  [['Esc'], 'Back'],
  [['?'], 'These keys'],
];

const focusedRow = () => (document.activeElement as HTMLElement | null)?.dataset?.id;
const typing = (el: EventTarget | null) => el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && (el as HTMLInputElement).type !== 'radio');

const actions: Record<string, () => void> = {
  j: () => moveCursor(1),
  k: () => moveCursor(-1),
  o: () => { const id = focusedRow(); if (id) go(get().view, id); },
  r: () => write('reply'),
  n: () => write('note'),
  m: withOpen((id) => { if (may()) takeOver(id); }),
  e: withOpen((id) => { if (may()) closeSoon(id); }),
  z: () => { if (!undo()) keepOpen(); },
  u: withOpen(keepUnread),
  i: () => { if (get().open && overlaid()) set({ aboutOpen: !get().aboutOpen }); },
  '/': () => {
    if (!get().page && (!get().open || !alternating())) return find();
    go(get().view);
    setTimeout(find, 50); // when the list is there
  },
  '?': () => set({ helpOpen: true }),
};

/** List and conversation take turns in narrow windows. */
const alternating = () => matchMedia('(max-width: 859px)').matches;
const may = () => get().scopes.includes('write');

/** What acts on a conversation acts on the open one, or else on the row that has the focus. */
function withOpen(fn: (id: string) => void) {
  return () => { const id = get().open ?? focusedRow(); if (id) fn(id); };
}

/** One step back: out of the field to the list, out of the pane, out of the conversation. */
function escape(target: EventTarget | null) {
  const { aboutOpen, open, view } = get();
  if (aboutOpen && overlaid()) return closeAbout();
  const row = open && document.querySelector<HTMLElement>(`[data-id="${CSS.escape(open)}"]`);
  const visible = row && row.offsetParent;
  if (typing(target)) {
    if (visible) row.focus();
    else (target as HTMLElement).blur();
  } else if (open) {
    go(view);
    if (visible) row.focus();
  }
}

export function listenToKeys() {
  set({ keysOn: browser.get('keys', true) });
  addEventListener('keydown', (e) => {
    const { phase, helpOpen, keysOn } = get();
    if (phase !== 'ready' || helpOpen || e.isComposing || e.defaultPrevented) return;
    if (e.key === 'Escape') return escape(e.target);
    if (!keysOn || e.metaKey || e.ctrlKey || e.altKey || typing(e.target)) return;
    const n = views[Number(e.key) - 1];
    const act = n ? () => go(n) : actions[e.key.length === 1 ? e.key.toLowerCase() : ''];
    if (!act) return;
    e.preventDefault();
    act();
  });
}

export function setKeys(on: boolean) {
  browser.put('keys', on);
  set({ keysOn: on });
}
