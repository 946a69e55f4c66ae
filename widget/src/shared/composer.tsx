import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, send as sendIcon } from './icons';

export interface ComposerProps {
  value: string;
  onInput(value: string): void;
  onSend(): void;
  /** The text field's name and its hint. */
  label: string;
  sendLabel: string;
  /** The most characters a message may have, counted as the server counts them. */
  limit: number;
  /** Said under the field when the text is nearly or really too long. */
  limitText(over: number): string;
  /** Called with the field when it is there, for focus. */
  field?(element: HTMLTextAreaElement): void;
  /** Files that were pasted, if the owner takes any. */
  onFiles?(files: File[]): void;
  disabled?: boolean;
  /** Something else goes along, so that no text is needed. */
  filled?: boolean;
  /** Stands over the field, inside its frame. */
  above?: ComponentChildren;
  /** Buttons between the field and Send. */
  children?: ComponentChildren;
  part?: string;
}

/** Characters as the server counts them: code points, not UTF-16 units. */
export const characters = (text: string) => [...text].length;

/** True where Enter belongs to the on-screen keyboard and the button sends. */
export const touch = () => matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;

// White space and zero-width characters alone are no message; the server says so too.
export const empty = /^[\s\u00ad\u200b-\u200f\u2060\ufeff]*$/;

/** The field in which messages are written. It grows with its text; Enter sends, Shift+Enter breaks the line. */
export function Composer({ value, onInput, onSend, label, sendLabel, limit, limitText, field, onFiles, disabled, filled, above, children, part }: ComposerProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const over = characters(value) - limit;
  const ready = !disabled && (filled || !empty.test(value)) && over <= 0;

  // In the layout phase, so that the field is known before any effect that gives it the focus.
  useLayoutEffect(() => { if (area.current) field?.(area.current); }, []);
  useLayoutEffect(() => {
    const el = area.current;
    if (!el) return;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, [value]);

  const submit = () => { if (ready) onSend(); };
  return (
    <form class="compose" part={part} onSubmit={(e) => { e.preventDefault(); submit(); area.current?.focus(); }}>
      {above}
      <textarea ref={area} class="ta" rows={1} dir={value ? 'auto' : undefined} value={value} placeholder={label} aria-label={label} disabled={disabled}
        autocomplete="off" enterkeyhint={touch() ? 'enter' : 'send'} aria-invalid={over > 0}
        onInput={(e) => onInput(e.currentTarget.value)}
        onPaste={(e) => {
          const files = [...(e.clipboardData?.files ?? [])];
          if (files.length && onFiles) { e.preventDefault(); onFiles(files); }
        }}
        onKeyDown={(e) => {
          // isComposing: Enter accepts a word in an input method. 229 is how Safari says so.
          if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229 || touch()) return;
          e.preventDefault();
          submit();
        }} />
      {children}
      <button class={`send ${ready ? 'ready' : ''}`} aria-label={sendLabel} aria-disabled={!ready}><Icon of={sendIcon} /></button>
      <div class="limit" role="status">{over > -limit / 20 && limitText(over)}</div>
    </form>
  );
}
