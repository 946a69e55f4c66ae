import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, smile } from '../shared/icons';
import { useAround } from './context';

const row = '😀 😂 🙂 😉 😍 🤔 😅 😢 😮 😡 👍 👎 👋 🙏 👏 💪 ❤️ 🎉 🔥 ✨ ✅ ❌ 👀 💡'.split(' ');

/** Two dozen faces; whoever wants another has the platform's own. */
export function Emoji({ field }: { field: { current: HTMLTextAreaElement | null } }) {
  const { t, chat } = useAround();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>('.emoji button')?.focus();
    const root = box.current!.getRootNode();
    const away = (e: Event) => { if (!e.composedPath().includes(box.current!)) setOpen(false); };
    root.addEventListener('pointerdown', away);
    return () => root.removeEventListener('pointerdown', away);
  }, [open]);

  function put(face: string) {
    const area = field.current!;
    const { value, selectionStart, selectionEnd } = area;
    const caret = selectionStart + face.length;
    chat.write(value.slice(0, selectionStart) + face + value.slice(selectionEnd));
    setOpen(false);
    area.focus();
    requestAnimationFrame(() => area.setSelectionRange(caret, caret));
  }

  function onKeyDown(e: KeyboardEvent) {
    if (!open) return;
    const all = [...box.current!.querySelectorAll<HTMLElement>('.emoji button')];
    const at = all.indexOf(e.target as HTMLElement);
    const forward = getComputedStyle(box.current!).direction === 'rtl' ? -1 : 1;
    const step = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: 8, ArrowUp: -8 }[e.key];
    if (step && at >= 0) { e.preventDefault(); all.at((at + step + all.length) % all.length)?.focus(); }
    if (e.key === 'Escape') { e.stopPropagation(); setOpen(false); field.current?.focus(); }
  }

  return (
    <div class="emojibox" ref={box} onKeyDown={onKeyDown}>
      <button type="button" class="icon" aria-label={t('emoji')} aria-expanded={open} onClick={() => setOpen(!open)}><Icon of={smile} /></button>
      {open && <div class="emoji" role="group" aria-label={t('emoji')}>{row.map((face) => <button type="button" onClick={() => put(face)}>{face}</button>)}</div>}
    </div>
  );
}
