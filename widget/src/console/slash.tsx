import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fill, offers, readSaved, slashed, type CannedReply } from './saved';
import { get } from './state';
import { useApp } from './use';

const most = 8;

/**
 * The saved replies that are offered while a slash and a word are typed. `key` must see the field's keys before
 * anything else does; it answers whether it took one.
 */
export function useSlash(area: { current: HTMLTextAreaElement | null }, text: string, visitor: string, put: (text: string) => void) {
  const [at, setAt] = useState(-1); // where the caret is
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState(-1); // where the slash stands that is to be left alone
  const saved = useApp((s) => s.saved);
  const caret = useRef<number | undefined>(undefined);
  const typed = at < 0 ? undefined : slashed(text, Math.min(at, text.length));
  const wanted = !!typed && typed.from !== dismissed;
  const list = wanted && saved ? offers(saved, typed.word, most) : [];
  const open = list.length > 0;
  const now = Math.min(chosen, list.length - 1);

  useEffect(() => { if (wanted) readSaved().catch(() => { /* nothing is offered, and writing goes on */ }); }, [wanted]);
  useEffect(() => { setChosen(0); }, [typed?.word]);
  useEffect(() => { if (!typed) setDismissed(-1); }, [!typed]);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    area.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text]);

  const look = () => {
    const el = area.current;
    setAt(el && document.activeElement === el && el.selectionStart === el.selectionEnd ? el.selectionStart : -1);
  };

  function take(reply: CannedReply) {
    if (!typed) return;
    const said = fill(reply.message, visitor, get().me?.name ?? '');
    caret.current = typed.from + said.length;
    setAt(caret.current);
    put(text.slice(0, typed.from) + said + text.slice(at));
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
    <ul class="pop" id="slash" role="listbox" aria-label="Saved replies">
      {list.map((r, i) => (
        <li key={r.canned_reply_id} id={`slash-${i}`} role="option" aria-selected={i === now} onMouseDown={(e) => e.preventDefault()} onMouseMove={() => setChosen(i)} onClick={() => take(r)}>
          <b dir="auto">/<Marked text={r.shortcut} word={typed!.word} /></b><span dir="auto">{r.message}</span>
        </li>
      ))}
    </ul>
  );
  const told = <span class="sr" role="status">{open ? (list.length === 1 ? '1 saved reply' : `${list.length} saved replies`) : ''}</span>;
  const aria = { 'aria-autocomplete': 'list', 'aria-controls': open ? 'slash' : undefined, 'aria-activedescendant': open ? `slash-${now}` : undefined } as const;
  /** As the button with the lightning does: a slash, as if it had been typed. */
  const begin = () => {
    const el = area.current;
    if (!el) return;
    el.focus();
    const from = el.selectionStart, before = text.slice(0, from);
    const add = /(^|\s)$/.test(before) ? '/' : ' /';
    caret.current = from + add.length;
    setAt(caret.current);
    setDismissed(-1);
    put(before + add + text.slice(el.selectionEnd));
  };
  return { pop: <>{pop}{told}</>, key, look, aria, begin };
}

function Marked({ text, word }: { text: string; word: string }) {
  const at = word ? text.toLowerCase().indexOf(word) : -1;
  return at < 0 ? <>{text}</> : <>{text.slice(0, at)}<em>{text.slice(at, at + word.length)}</em>{text.slice(at + word.length)}</>;
}
