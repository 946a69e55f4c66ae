// Small things that several components use.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { touch } from '../shared/composer';
import { clock, shortWhen } from '../shared/format';
import { useStore } from '../shared/store';
import type { Person } from '../shared/types';
import { store, type State } from './state';

/** The part of the console's state that a component shows. */
export const useApp = <T>(select: (state: State) => T): T => useStore(store, select);

/** The console speaks English; dates are written the way of the reader's own English, if they have one. */
export const locale = navigator.languages?.find((tag) => /^en\b/i.test(tag)) ?? 'en-GB';

/** now, 8 min, then the time of today, Yesterday, the weekday, the date. */
export function ago(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000);
  if (minutes < 1) return 'now';
  return minutes < 60 ? `${minutes} min` : shortWhen(new Date(iso), locale, new Date(now));
}

/** 6 min, 2 h, 3 days. */
export function span(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} days`;
}

/** until 15:00, until Tue 09:00, until 3 Mar. */
export function until(to: string, now: number): string {
  if (to === 'reply') return 'until they reply';
  const at = new Date(to), days = (at.getTime() - now) / 86_400_000;
  const part = at.toDateString() === new Date(now).toDateString() ? '' : days < 7 ? new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(at) : new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }).format(at);
  return `until ${days < 7 || !part ? `${part} ${clock(at, locale)}`.trim() : part}`;
}

export const time = (iso: string) => clock(new Date(iso), locale);

/** The page's policy shows pictures of its own origin only; anyone else is shown by initials. */
export function face(name: string, avatar_url?: string): Person {
  try {
    const ours = avatar_url && (avatar_url.startsWith('data:image/') || new URL(avatar_url, location.href).origin === location.origin);
    return ours ? { name, avatar_url } : { name };
  } catch {
    return { name };
  }
}

/** A visitor's: those who have not said their names can be told apart a little. */
export const visitorFace = (name: string, visitor_id: string | undefined): Person => ({ name, tint: visitor_id });

/** Calls fn for a press outside of the element, and for Escape inside of it. */
export function useDismiss<E extends HTMLElement>(open: boolean, fn: (back: boolean) => void) {
  const ref = useRef<E>(null);
  // In the layout phase: the next key may come at once.
  useLayoutEffect(() => {
    if (!open) return;
    const press = (e: Event) => { if (!ref.current?.contains(e.target as Node)) fn(false); };
    const key = (e: KeyboardEvent) => {
      if (e.key !== 'Escape' || e.isComposing) return;
      e.stopPropagation();
      fn(true);
    };
    const el = ref.current;
    document.addEventListener('pointerdown', press, true);
    el?.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', press, true);
      el?.removeEventListener('keydown', key);
    };
  }, [open]);
  return ref;
}

/** The focus goes to the field when a conversation is opened, except where that would raise a keyboard. */
export function useFocusOnOpen(focus: () => void) {
  useLayoutEffect(() => { if (!touch()) focus(); }, []);
}
