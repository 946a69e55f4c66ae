import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cross, Icon, plus } from '../shared/icons';
import type { Session } from '../shared/types';
import { useApp } from './use';
import { tag } from './work';

/** The conversation's tags, to add to and take from. */
export function Tags({ session: s }: { session: Session }) {
  const write = useApp((state) => state.scopes.includes('write'));
  const [adding, setAdding] = useState(false);
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const back = useRef(false);

  useLayoutEffect(() => {
    if (adding) field.current?.focus();
    else if (back.current) opener.current?.focus();
    back.current = false;
  }, [adding]);

  async function add(goOn: boolean) {
    const name = text.trim().replace(/\s+/g, ' ');
    setText('');
    if (!goOn || !name) { back.current = goOn; setAdding(false); }
    if (name && !s.tags.includes(name) && !(await tag(s.session_id, name, true))) {
      setAdding(true);
      setText(name); // refused: what was typed is still there to be put right
    }
  }

  if (!write && !s.tags.length) return null;
  return (
    <section class="sec"><h3>Tags</h3>
      <div class="tags">
        {s.tags.map((name) => (
          <span key={name} class="tag"><bdi>{name}</bdi>
            {write && <button aria-label={`Remove the tag ${name}`} onClick={() => void tag(s.session_id, name, false)}><Icon of={cross} /></button>}
          </span>
        ))}
        {write && (adding
          ? (
            <input ref={field} value={text} aria-label="New tag" dir="auto" autocomplete="off" onInput={(e) => setText(e.currentTarget.value)}
              onBlur={() => void add(false)}
              onKeyDown={(e) => {
                if (e.isComposing) return;
                if (e.key === 'Enter' || e.key === ',') { e.preventDefault(); void add(true); }
                if (e.key === 'Escape') { e.stopPropagation(); setText(''); back.current = true; setAdding(false); }
              }} />
          )
          : <button ref={opener} class="tag add" onClick={() => setAdding(true)}><Icon of={plus} />Add<span class="sr"> a tag</span></button>)}
      </div>
    </section>
  );
}
