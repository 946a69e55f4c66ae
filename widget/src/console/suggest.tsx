import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t, type Word } from './words';

/** Something that can be put in place of what is being typed. */
export interface Offer {
  key: string;
  name: ComponentChildren;
  about?: ComponentChildren;
  /** What comes into the text. */
  text: string;
}

/** What a sign at the beginning of a word asks for. */
export interface Source {
  sign: string;
  title: Word;
  /** The word that is being typed after the sign, directly before `at`. */
  typed(text: string, at: number): { from: number; word: string } | undefined;
  offers(word: string): Offer[];
  /** Gets what is to be offered, if that is not there yet; the field is drawn again when it is. */
  want?(): void;
}

/**
 * What is offered while a sign and a word are typed. `key` must see the field's keys before anything else does; it
 * answers whether it took one.
 */
export function useSuggest(area: { current: HTMLTextAreaElement | null }, text: string, sources: Source[], put: (text: string) => void) {
  const [at, setAt] = useState(-1); // where the caret is
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState(-1); // where the sign stands that is to be left alone
  const caret = useRef<number | undefined>(undefined);
  const place = Math.min(at, text.length);
  const found = at < 0 ? undefined : sources.map((source) => ({ source, typed: source.typed(text, place) })).find((one) => one.typed);
  const typed = found?.typed;
  const wanted = !!typed && typed.from !== dismissed;
  const list = wanted ? found!.source.offers(typed.word) : [];
  const open = list.length > 0;
  const now = Math.min(chosen, list.length - 1);
  const popup = useRef<HTMLUListElement>(null);

  useEffect(() => { if (wanted) found!.source.want?.(); }, [wanted, found?.source.sign]);
  useEffect(() => { setChosen(0); }, [typed?.word, found?.source.sign]);
  useEffect(() => { if (!typed) setDismissed(-1); }, [!typed]);
  useEffect(() => { popup.current?.children[now]?.scrollIntoView({ block: 'nearest' }); }, [now]);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    area.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text]);

  const look = () => {
    const el = area.current;
    setAt(el && document.activeElement === el && el.selectionStart === el.selectionEnd ? el.selectionStart : -1);
  };

  function take(offer: Offer) {
    if (!typed) return;
    caret.current = typed.from + offer.text.length;
    setAt(caret.current);
    put(text.slice(0, typed.from) + offer.text + text.slice(at));
    area.current?.focus();
  }

  function key(e: KeyboardEvent): boolean {
    if (!open || e.isComposing || e.keyCode === 229 || e.metaKey || e.ctrlKey || e.altKey || e.shiftKey) return false;
    if (e.key === 'ArrowDown') setChosen((now + 1) % list.length);
    else if (e.key === 'ArrowUp') setChosen((now + list.length - 1) % list.length);
    else if (e.key === 'Enter' || e.key === 'Tab') take(list[now]!);
    else if (e.key === 'Escape') setDismissed(typed!.from);
    else return false;
    e.preventDefault();
    e.stopPropagation();
    return true;
  }

  const pop = open && (
    <ul ref={popup} class="pop" id="offers" role="listbox" aria-label={t(found!.source.title)}>
      {list.map((one, i) => (
        <li key={one.key} id={`offer-${i}`} role="option" aria-selected={i === now} onMouseDown={(e) => e.preventDefault()} onMouseMove={() => setChosen(i)} onClick={() => take(one)}>
          <b dir="auto">{one.name}</b><span dir="auto">{one.about}</span>
        </li>
      ))}
    </ul>
  );
  const told = <span class="sr" role="status">{open ? t('offers', { n: list.length }) : ''}</span>;
  const aria = { 'aria-autocomplete': 'list', 'aria-controls': open ? 'offers' : undefined, 'aria-activedescendant': open ? `offer-${now}` : undefined } as const;

  /** As a button does: the sign, as if it had been typed. */
  const begin = (sign: string) => {
    const el = area.current;
    if (!el) return;
    el.focus();
    const from = el.selectionStart, before = text.slice(0, from);
    const add = /(^|\s)$/.test(before) ? sign : ` ${sign}`;
    caret.current = from + add.length;
    setAt(caret.current);
    setDismissed(-1);
    put(before + add + text.slice(el.selectionEnd));
  };
  return { pop: <>{pop}{told}</>, key, look, aria, begin };
}
