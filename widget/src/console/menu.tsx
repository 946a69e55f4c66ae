import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { check, Icon } from '../shared/icons';
import { useDismiss } from './use';

export interface Item {
  label: string;
  /** Said in small after the label. */
  hint?: string;
  /** Given: one of a choice, and whether it is the present one. */
  chosen?: boolean;
  icon?: ComponentChildren;
  run(): void;
}

interface Props {
  /** The button's name where its content does not say it. */
  label?: string;
  class: string;
  /** Shown over the button, where that is something else than its name. */
  hint?: string;
  children: ComponentChildren;
  items: Item[];
  /** Which way the list opens. */
  up?: boolean;
}

/** A button with a list of things to do. Arrows move, Enter does, Escape goes back to the button. */
export function Menu({ label, hint, class: className, children, items, up }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (back: boolean) => {
    setOpen(false);
    if (back) button.current?.focus();
  };
  const root = useDismiss<HTMLDivElement>(open, close);
  const options = () => [...(root.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];

  useLayoutEffect(() => {
    if (!open) return;
    const all = options();
    (all.find((o) => o.getAttribute('aria-checked') === 'true') ?? all[0])?.focus();
  }, [open]);

  function key(e: KeyboardEvent) {
    if (e.key === 'Tab') return close(false);
    const all = options();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    all.at(to % all.length)?.focus();
  }

  return (
    <div class="menu-root" ref={root}>
      <button ref={button} type="button" class={className} aria-label={label} title={hint ?? label} aria-haspopup="menu" aria-expanded={open}
        onClick={() => setOpen(!open)}
        onKeyDown={(e) => { if (!open && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) { e.preventDefault(); setOpen(true); } }}>
        {children}
      </button>
      {open && (
        <div class={`menu ${up ? 'up' : ''}`} role="menu" aria-label={label ?? 'Choices'} onKeyDown={key}>
          {items.map((item) => (
            <button key={item.label} type="button" tabIndex={-1} role={item.chosen === undefined ? 'menuitem' : 'menuitemradio'} aria-checked={item.chosen}
              onClick={() => { close(true); item.run(); }}>
              {item.icon}<span class="label">{item.label}</span>{item.hint && <small>{item.hint}</small>}
              {item.chosen && <Icon of={check} class="chosen" />}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
