import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cross, Icon } from '../../shared/icons';
import { letGo } from '../choose';
import { get, say, set } from '../state';
import { until as words, useApp } from '../use';
import { snooze } from '../work';
import { sideBySide } from './many';
import { choices } from './times';

/** Asks when a conversation, or several, should come back. One press, or one of the numbers, is the answer. */
export function Later() {
  const ids = useApp((s) => s.later) ?? [];
  const put = useApp((s) => (ids.length === 1 ? s.sessions.get(ids[0]!)?.snoozed_until : undefined));
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [own, setOwn] = useState('');
  const [wrong, setWrong] = useState('');
  const [now] = useState(() => new Date());
  const list = choices(now);
  const close = () => set({ later: undefined });

  useLayoutEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    box.current?.querySelector<HTMLElement>('.times button')?.focus();
    return () => from?.focus();
  }, []);

  async function choose(until?: string) {
    close();
    if (ids.length === 1) {
      if (await snooze(ids[0]!, until)) say({ text: until ? `Put off ${words(until, Date.now())}.` : 'It is back.' });
      return;
    }
    const done = await sideBySide(ids, (one) => snooze(one, until));
    if (done.length === ids.length) letGo();
    else set({ chosen: new Set(ids.filter((one) => !done.includes(one))) });
    if (done.length) say({ text: `${done.length} put off ${words(until!, Date.now())}.` });
  }

  function pick() {
    const at = new Date(own);
    if (!own || Number.isNaN(at.getTime())) return setWrong('Which day, and what time?');
    if (at.getTime() <= Date.now()) return setWrong('That has passed already.');
    if (at.getTime() > Date.now() + 365 * 86_400_000) return setWrong('That is more than a year off.');
    void choose(at.toISOString());
  }

  function key(e: KeyboardEvent) {
    if (e.target instanceof HTMLInputElement || e.metaKey || e.ctrlKey || e.altKey) return;
    const one = list[Number(e.key) - 1];
    if (one) { e.preventDefault(); void choose(one.until); }
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const all = [...box.current!.querySelectorAll<HTMLElement>('.times button')];
    all.at((all.indexOf(document.activeElement as HTMLElement) + by) % all.length)?.focus();
  }

  const name = ids.length === 1 ? get().sessions.get(ids[0]!)?.visitor_name : undefined;
  return (
    <dialog ref={box} class="later" aria-labelledby={id} onClose={close} onKeyDown={key} onClick={(e) => { if (e.target === box.current) close(); }}>
      <div class="inside">
        <header><h2 id={id}>Later</h2><button class="icon" aria-label="Leave it as it is" onClick={close}><Icon of={cross} /></button></header>
        <p class="what">{name ? <>The conversation with <bdi>{name}</bdi></> : `${ids.length} conversations`} {ids.length === 1 ? 'comes' : 'come'} back at that time, and in any case when they write.</p>
        <ul class="times">
          {list.map((one, i) => (
            <li key={one.label}><button type="button" onClick={() => void choose(one.until)}>
              <span>{one.label}</span>{one.at && <time dateTime={one.until}>{words(one.until, now.getTime()).replace('until ', '')}</time>}<kbd>{i + 1}</kbd>
            </button></li>
          ))}
        </ul>
        <form noValidate onSubmit={(e) => { e.preventDefault(); pick(); }}>
          <label for={`${id}t`}>Another time</label>
          <div><input id={`${id}t`} type="datetime-local" value={own} aria-invalid={!!wrong} aria-describedby={wrong ? `${id}w` : undefined} onInput={(e) => { setOwn(e.currentTarget.value); setWrong(''); }} /><button class="ghost">Put off</button></div>
          {wrong && <p class="wrong" id={`${id}w`} role="alert">{wrong}</p>}
        </form>
        {put && <button type="button" class="ghost back" onClick={() => void choose()}>Take it back now</button>}
      </div>
    </dialog>
  );
}
