// The parts that forms of the settings are made of.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Ask } from '../../shared/types';
import { plainly, useSettings } from './store';

/** `busy` says that it will grow yet: what stands below it is not shown until then. */
export function Section({ title, lede, action, busy, children }: { title: string; lede?: string; action?: ComponentChildren; busy?: boolean; children: ComponentChildren }) {
  return (
    <section class="set" aria-label={title} aria-busy={busy}>
      <header><div><h3>{title}</h3>{lede && <p>{lede}</p>}</div>{action}</header>
      {children}
    </section>
  );
}

interface TextProps { label: string; path: string; value: string; onInput(value: string): void; help?: string; max: number; rows?: number; placeholder?: string }

/** One line or several of text. */
export function Text({ label, path, value, onInput, help, max, rows, placeholder }: TextProps) {
  const id = useId();
  const wrong = useSettings((s) => (s.field === path ? plainly(s.error, path) : ''));
  const described = [help && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined;
  const rest = { id, value, maxLength: max, placeholder, dir: 'auto' as const, 'aria-invalid': !!wrong, 'aria-describedby': described };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows ? <textarea class="in" rows={rows} {...rest} onInput={(e) => onInput(e.currentTarget.value)} />
        : <input class="in" type="text" autocomplete="off" {...rest} onInput={(e) => onInput(e.currentTarget.value)} />}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{wrong}</p>}
    </div>
  );
}

/** Whether a form asks for something. */
export function AskFor({ label, value, onChange }: { label: string; value: Ask; onChange(value: Ask): void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="in short" value={value} onChange={(e) => onChange(e.currentTarget.value as Ask)}>
        <option value="off">Not asked</option>
        <option value="optional">Asked, may stay empty</option>
        <option value="required">Required</option>
      </select>
    </div>
  );
}
