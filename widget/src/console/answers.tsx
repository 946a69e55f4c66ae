// Answers that go along with a reply: the visitor chooses one with a press.
import { useEffect, useRef, useState } from 'preact/hooks';
import { cross, Icon } from '../shared/icons';

const most = 6, longest = 60;

export interface AnswersProps {
  /** None while nothing is offered and the row is not there. */
  list: string[];
  onChange(list: string[]): void;
  /** Escape, or the last answer taken back. */
  onLeave(): void;
}

/** The row in which answers are put together. Enter or a comma ends one. */
export function Answers({ list, onChange, onLeave }: AnswersProps) {
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  function add(raw: string): boolean {
    const answer = raw.replace(/\s+/g, ' ').trim();
    if (!answer) return false;
    if (!list.includes(answer)) onChange([...list, answer]);
    setText('');
    return true;
  }
  function onKeyDown(e: KeyboardEvent) {
    if (e.isComposing) return;
    if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); onLeave(); }
    if (e.key === 'Enter' && !e.metaKey && !e.ctrlKey) { e.preventDefault(); if (!add(text)) onLeave(); }
    if (e.key === ',' && text.trim()) { e.preventDefault(); add(text); }
    if (e.key === 'Backspace' && !text && list.length) { e.preventDefault(); onChange(list.slice(0, -1)); }
  }
  return (
    <div class="offer" role="group" aria-label="Answers to choose from">
      {list.map((answer) => (
        <span class="chip" key={answer}><bdi>{answer}</bdi>
          <button type="button" aria-label={`Leave out ${answer}`} onClick={() => { onChange(list.filter((a) => a !== answer)); field.current?.focus(); }}><Icon of={cross} /></button></span>
      ))}
      {list.length < most && (
        <input ref={field} type="text" dir="auto" maxLength={longest} value={text} aria-label="Answer to offer" placeholder={list.length ? 'Another answer' : 'An answer to offer, such as Yes'}
          autocomplete="off" enterkeyhint="done" onInput={(e) => setText(e.currentTarget.value)} onKeyDown={onKeyDown} onBlur={() => add(text)} />
      )}
    </div>
  );
}

/** Under a message in the thread: what it offered. */
export const Offered = ({ list }: { list: string[] }) => (
  <ul class="offered" aria-label="Answers offered">{list.map((answer) => <li dir="auto" key={answer}>{answer}</li>)}</ul>
);
