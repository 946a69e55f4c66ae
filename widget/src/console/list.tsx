import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cross, filter as filterIcon, Icon, search } from '../shared/icons';
import { Asking } from './asking';
import { letGo } from './choose';
import { Found } from './found';
import { show } from './lists';
import { lazy } from './lazy';
import type { View } from './model';
import { viewNames } from './nav';
import { moveCursor, Rows } from './rows';
import { get, set } from './state';
import { useApp } from './use';

const Filters = lazy(() => import('./inbox/parts').then((m) => m.Filters), () => set({ filtering: false }));
const Bulk = lazy(() => import('./inbox/parts').then((m) => m.Bulk), letGo);

let openFind: (() => void) | undefined;
/** Opens the field that searches all conversations, as / does. */
export const find = () => openFind?.();

/** The list of one view. Keyed by it: what was looked for in another is not looked for here. */
export function List({ view }: { view: View }) {
  const text = useApp((s) => s.find);
  const state = useApp((s) => s.pages[view].state);
  const filtering = useApp((s) => s.filtering);
  const narrowed = useApp((s) => Object.values(s.filter).filter(Boolean).length);
  const choosing = useApp((s) => s.chosen.size > 0);
  const [finding, setFinding] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => { if (get().live !== 'connecting') show(view); }, [view, state]);
  useLayoutEffect(() => { if (finding) field.current?.focus(); }, [finding]);
  // What was done with several took its bar along, and the focus with it.
  const was = useRef(choosing);
  useLayoutEffect(() => {
    if (was.current && !choosing && document.activeElement === document.body) moveCursor(0);
    was.current = choosing;
  }, [choosing]);
  openFind = () => { setFinding(true); field.current?.focus(); };

  function stop(back: boolean) {
    set({ find: '' });
    setFinding(false);
    if (back) opener.current?.focus();
  }

  return (
    <section class="pane list" aria-labelledby="list-title">
      <header>
        <h2 id="list-title">{viewNames[view]}</h2>
        <button class={`icon ${narrowed ? 'on' : ''}`} aria-label={narrowed ? `Filter, ${narrowed} on` : 'Filter'} title="Filter" aria-expanded={filtering} onClick={() => set({ filtering: !filtering })}><Icon of={filterIcon} /></button>
        <button ref={opener} class="icon" aria-label="Search" title="Search all conversations (/)" aria-expanded={finding}
          onClick={() => (finding ? stop(true) : setFinding(true))}><Icon of={search} /></button>
      </header>
      {finding && (
        <div class="find" role="search">
          <Icon of={search} />
          <input ref={field} type="search" value={text} placeholder="Name, address, tag or words" aria-label="Search all conversations" maxLength={200} dir="auto" autocomplete="off"
            onInput={(e) => set({ find: e.currentTarget.value })}
            onKeyDown={(e) => {
              if (e.key === 'ArrowDown') { e.preventDefault(); document.querySelector<HTMLElement>('.list .rows a')?.focus(); }
              if (e.key === 'Escape') { e.stopPropagation(); e.preventDefault(); stop(true); }
            }} />
          <button class="icon" aria-label="Stop searching" onClick={() => stop(true)}><Icon of={cross} /></button>
        </div>
      )}
      {filtering && <Filters />}
      {choosing && <Bulk />}
      {!(finding && text.trim()) && <Asking />}
      {finding && text.trim() ? <Found text={text.trim()} /> : <Rows view={view} />}
    </section>
  );
}
