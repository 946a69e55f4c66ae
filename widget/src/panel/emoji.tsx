import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, smile } from '../shared/icons';
import { useAround } from './context';
import { part } from './part';

const Faces = part(() => import('./more'), (m) => m.Faces);

/** The button of the faces, and the place where they open. */
export function Emoji({ field }: { field: { current: HTMLTextAreaElement | null } }) {
  const { t, chat } = useAround();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
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

  return (
    <div class="emojibox" ref={box} onKeyDown={(e) => { if (open && e.key === 'Escape') { e.stopPropagation(); setOpen(false); field.current?.focus(); } }}>
      <button type="button" class="icon" aria-label={t('emoji')} aria-expanded={open} onClick={() => setOpen(!open)}><Icon of={smile} /></button>
      {open && <div class="emoji" role="group" aria-label={t('emoji')}><Faces put={put} /></div>}
    </div>
  );
}
