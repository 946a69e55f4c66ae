// Everything that can be done by a key or by name: one table that the keyboard, the list of keys and the palette read.
// Other modules may add to it before the console is drawn.
import { check, clockFace, keyboard, moon, note, search, sound, tag, user, people, mail, type IconShapes } from '../shared/icons';
import { setAvailability } from './account';
import { bulk, choose, chooseAll, extend } from './choose';
import { closeAbout, overlaid, undo, write } from './field';
import { find } from './list';
import { views } from './model';
import { go, pageLink } from './route';
import { undoable } from './outbox';
import { moveCursor } from './rows';
import { get, pageNames, set, type PageName } from './state';
import { t, type Word } from './words';
import { closeSoon, keepOpen, keepUnread, takeOver } from './work';

export interface Command {
  name: Word;
  /** Pressed while nothing is being typed: a single key, or two one after the other such as "g i". */
  key?: string;
  /** How the keys are written, where that is something else. */
  shown?: string[];
  /** Whether it can be done now. Keys that cannot are left to the browser. */
  when?(): boolean;
  icon?: IconShapes;
  /** Not found by this name: it makes sense by key only, or the palette has it in other words. */
  keyOnly?: true;
  run(): void;
}

const focusedRow = () => (document.activeElement as HTMLElement | null)?.dataset?.id;
/** What acts on a conversation acts on the open one, or else on the row that has the focus. */
export const target = () => get().open ?? focusedRow();

const may = () => get().scopes.includes('write') && !!target();
const several = () => get().chosen.size > 0;
const open = () => !!get().open;
const active = () => get().sessions.get(target() ?? '')?.status === 'active';
/** Whether the row that has the focus, or else the open conversation, can be chosen. */
const choosable = () => get().scopes.includes('write') && get().sessions.get(focusedRow() ?? target() ?? '')?.status === 'active';
/** Moves the keyboard's place and takes the choice along. */
function stretch(by: number) {
  const was = focusedRow() ?? target() ?? moveCursor(0);
  const is = moveCursor(by);
  if (was && is) extend(was, is);
}
const press = (css: string) => document.querySelector<HTMLElement>(css)?.click();
/** List and conversation take turns in narrow windows. */
const alternating = () => matchMedia('(max-width: 859px)').matches;
const page = (name: PageName | 'visitors' | 'reports', key: string, word: Word): Command => ({
  name: word, key, keyOnly: true, when: () => (pageNames as readonly string[]).includes(name) && (name !== 'settings' || get().scopes.includes('admin')),
  run: () => { location.hash = pageLink(name as PageName); },
});

export const commands: Command[] = [
  { name: 'cmdNext', key: 'j', shown: ['J', 'K'], keyOnly: true, run: () => moveCursor(1) },
  { name: 'cmdPrevious', key: 'k', shown: [], keyOnly: true, run: () => moveCursor(-1) },
  { name: 'cmdOpen', key: 'o', shown: ['O', 'Enter'], keyOnly: true, run: () => { const id = focusedRow(); if (id) go(get().view, id); } },
  { name: 'cmdReply', icon: mail, key: 'r', when: open, run: () => write('reply') },
  { name: 'cmdNote', icon: note, key: 'n', when: open, run: () => write('note') },
  { name: 'cmdAssign', icon: people, key: 'a', when: () => several() || open() && may() && active(), run: () => (several() ? bulk.assign?.() : press('.conv .hands')) },
  { name: 'cmdTake', icon: user, key: 'm', when: () => several() || may() && active(), run: () => (several() ? bulk.take?.() : takeOver(target()!)) },
  { name: 'cmdLater', icon: clockFace, key: 'h', when: () => get().scopes.includes('write') && (several() || !!target() && active()), run: () => set({ later: get().chosen.size ? [...get().chosen] : [target()!] }) },
  { name: 'cmdClose', icon: check, key: 'e', when: () => several() || may() && active(), run: () => (several() ? bulk.close?.() : closeSoon(target()!)) },
  { name: 'cmdChoose', icon: check, key: 'x', keyOnly: true, when: choosable, run: () => choose(focusedRow() ?? target()!) },
  { name: 'cmdChooseTo', key: 'shift+x', shown: ['Shift', 'X'], keyOnly: true, when: choosable, run: () => choose(focusedRow() ?? target()!, true) },
  { name: 'cmdChooseNext', key: 'shift+arrowdown', shown: ['Shift', '↓', '↑'], keyOnly: true, when: choosable, run: () => stretch(1) },
  { name: 'cmdChoosePrevious', key: 'shift+arrowup', shown: [], keyOnly: true, when: choosable, run: () => stretch(-1) },
  { name: 'cmdChooseAll', key: 'shift+a', shown: ['Shift', 'A'], keyOnly: true, when: () => several(), run: chooseAll },
  { name: 'cmdUndo', key: 'z', icon: clockFace, when: () => !!undoable(undefined) || !!get().closing || !!bulk.keep, run: () => { if (bulk.keep) bulk.keep(); else if (!undo()) keepOpen(); } },
  { name: 'cmdTag', icon: tag, key: 't', when: () => several() || open() && may(), run: () => { if (several()) { bulk.tag?.(); return; } if (overlaid()) set({ aboutOpen: true }); setTimeout(press, 30, '.tags .add'); } },
  { name: 'cmdUnread', icon: mail, key: 'u', when: () => !!target(), run: () => keepUnread(target()!) },
  { name: 'cmdAbout', icon: user, key: 'i', when: () => open() && overlaid(), run: () => (get().aboutOpen ? closeAbout() : set({ aboutOpen: true })) },
  {
    name: 'cmdSearch', icon: search, key: '/', run: () => {
      if (!get().page && (!get().open || !alternating())) return find();
      go(get().view);
      setTimeout(find, 50); // when the list is there
    },
  },
  { name: 'cmdInbox', key: 'g i', keyOnly: true, run: () => go('open') },
  page('visitors', 'g v', 'cmdVisitors'),
  page('reports', 'g r', 'cmdReports'),
  page('settings', 'g s', 'cmdSettings'),
  ...views.map((view, i): Command => ({ name: 'cmdLists', key: String(i + 1), shown: i ? [] : views.map((_, n) => String(n + 1)), keyOnly: true, run: () => go(view) })),
  { name: 'cmdAway', icon: moon, when: () => get().me?.availability === 'available' && get().scopes.includes('write'), run: () => void setAvailability('away') },
  { name: 'cmdHere', icon: check, when: () => get().me?.availability === 'away' && get().scopes.includes('write'), run: () => void setAvailability('available') },
  { name: 'cmdPreferences', icon: sound, run: () => set({ prefsOpen: true }) },
  { name: 'cmdKeys', icon: keyboard, key: '?', run: () => set({ helpOpen: true }) },
];

/** How a command's key is written, key by key. */
export const keysOf = (c: Command): string[] => c.shown ?? (c.key ? c.key.split(' ').map((k) => (k.length === 1 ? k.toUpperCase() : k)) : []);

/** The command of a key, and whether one begins with it. */
export function commandOf(keys: string): { command?: Command | undefined; begins: boolean } {
  return {
    command: commands.find((c) => c.key === keys && (c.when?.() ?? true)),
    begins: commands.some((c) => c.key?.startsWith(`${keys} `)),
  };
}

/** The commands that can be found by name now. */
export const named = () => commands.filter((c) => !c.keyOnly && (c.when?.() ?? true)).map((c) => ({ command: c, name: t(c.name) }));
