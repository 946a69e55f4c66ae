import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, more } from '../shared/icons';
import { useAround } from './context';

/** The three dots. Arrow keys move in it, Escape closes it and nothing else. */
export function Menu({ items }: { items: (readonly [label: string, act: () => void])[] }) {
  const { t } = useAround();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useLayoutEffect(() => { // before anything can be pressed
    if (!open) return;
    box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const root = box.current!.getRootNode();
    const away = (e: Event) => { if (!e.composedPath().includes(box.current!)) setOpen(false); };
    root.addEventListener('pointerdown', away);
    return () => root.removeEventListener('pointerdown', away);
  }, [open]);

  function onKeyDown(e: KeyboardEvent) {
    const all = [...box.current!.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = all.indexOf(e.target as HTMLElement);
    const to = e.key === 'ArrowDown' ? at + 1 : e.key === 'ArrowUp' ? at - 1 : e.key === 'Home' ? 0 : e.key === 'End' ? -1 : undefined;
    if (open && to !== undefined) { e.preventDefault(); all.at(to % all.length)?.focus(); }
    if (open && (e.key === 'Escape' || e.key === 'Tab')) {
      if (e.key === 'Escape') { e.stopPropagation(); button.current?.focus(); }
      setOpen(false);
    }
  }

  return (
    <div class="menubox" ref={box} onKeyDown={onKeyDown}>
      <button type="button" class="icon" ref={button} aria-label={t('options')} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}><Icon of={more} /></button>
      {open && (
        <div class="menu" role="menu" aria-label={t('options')}>
          {items.map(([label, act]) => (
            <button type="button" role="menuitem" tabIndex={-1} onClick={() => { setOpen(false); button.current?.focus(); act(); }}>{label}</button>
          ))}
        </div>
      )}
    </div>
  );
}
