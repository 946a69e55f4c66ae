import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { book, copy, cross, Icon, note as noteIcon } from '../shared/icons';
import type { Message } from '../shared/types';
import { changeable, removable, removeSoon } from './changing';
import { insert } from './field';
import { copyText } from './copying';
import { set } from './state';
import { useDismiss } from './use';
import { t, type Word } from './words';

interface Act { word: Word; icon: typeof copy; run(): void }

/** The text as it is quoted: each line with its mark. */
export const quoted = (text: string) => `${text.trim().split('\n').map((line) => `> ${line}`).join('\n')}\n`;

function actsOn(m: Message): Act[] {
  const list: Act[] = [];
  if (m.message) {
    list.push({ word: 'quote', icon: book, run: () => insert(quoted(m.message)) });
    list.push({ word: 'copyText', icon: copy, run: () => copyText(m.message) });
  }
  if (changeable(m) && m.message) list.push({ word: 'edit', icon: noteIcon, run: () => set({ editing: m.message_id }) });
  if (removable(m)) list.push({ word: 'delete', icon: cross, run: () => removeSoon(m) });
  return list;
}

/**
 * What can be done with a message. One list serves the whole log: it opens at the button that was pressed. Between the
 * buttons the arrows move.
 */
export function useActs(box: { current: HTMLElement | null }, messages: Message[]) {
  const [at, setAt] = useState<{ message: Message; top: number; end: number }>();
  const opener = useRef<HTMLElement | null>(null);
  const close = (back: boolean) => { setAt(undefined); if (back) opener.current?.focus({ preventScroll: true }); };
  const root = useDismiss<HTMLDivElement>(!!at, close);

  // The newest one's button is reached with Tab, the others from there.
  useLayoutEffect(() => {
    const all = buttons(box.current);
    const last = all.at(-1);
    for (const one of all) if (one.tabIndex === 0 && one !== last) one.tabIndex = -1;
    if (last) last.tabIndex = 0;
  });
  useLayoutEffect(() => { if (at) root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus(); }, [at]);

  function onClick(e: MouseEvent) {
    const button = (e.target as Element).closest<HTMLElement>('[data-do]');
    const message = button && messages.find((m) => m.message_id === button.dataset.do);
    if (!button || !message) return;
    if (at?.message === message) return close(true);
    opener.current = button;
    const place = button.getBoundingClientRect(), frame = box.current!.parentElement!.getBoundingClientRect();
    const rtl = document.documentElement.dir === 'rtl';
    const room = frame.width - 190;
    setAt({ message, top: Math.max(8, Math.min(place.bottom - frame.top + 4, frame.height - 170)), end: Math.max(8, Math.min(room, rtl ? place.left - frame.left : frame.right - place.right)) });
  }

  function onKeyDown(e: KeyboardEvent) {
    const button = (e.target as Element).closest<HTMLElement>('[data-do]');
    const by = { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (!button || !by) return;
    const all = buttons(box.current);
    const to = all[all.indexOf(button) + by];
    e.preventDefault();
    to?.focus();
    to?.scrollIntoView({ block: 'nearest' });
  }

  function key(e: KeyboardEvent) {
    if (e.key === 'Tab') return close(false);
    const all = [...root.current!.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const now = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    all.at(to % all.length)?.focus();
  }

  const list = at && (
    <div class="menu do-list" ref={root} role="menu" aria-label={t('doWith')} onKeyDown={key} style={{ insetBlockStart: `${at.top}px`, insetInlineEnd: `${at.end}px` }}>
      {actsOn(at.message).map(({ word, icon, run }) => (
        <button key={word} type="button" tabIndex={-1} role="menuitem" onClick={() => { close(true); run(); }}><Icon of={icon} /><span class="label">{t(word)}</span></button>
      ))}
    </div>
  );
  return { list, onClick, onKeyDown, shut: () => { if (at) close(!!root.current?.contains(document.activeElement)); } };
}

const buttons = (box: HTMLElement | null) => [...(box?.querySelectorAll<HTMLElement>('.do') ?? [])];
