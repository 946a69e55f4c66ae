import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { firstName } from '../shared/format';
import { cross, Icon } from '../shared/icons';
import { plain } from '../shared/text';
import { putAway } from './mentions';
import { link } from './route';
import { useApp } from './use';
import { t } from './words';

const most = 10; // lines over a list that is there for something else

/** Who asks this agent to look, and at what: over the list, until they have. */
export function Asking() {
  const asking = useApp((s) => s.asking);
  const view = useApp((s) => s.view);
  const [all, setAll] = useState(false);
  const shown = asking.slice(0, all ? most : 1);
  const box = useRef<HTMLDivElement>(null);
  // What was pressed is gone with its line: the focus stays among those that are left.
  const pressed = useRef(false);
  useLayoutEffect(() => {
    if (pressed.current && document.activeElement === document.body) box.current?.querySelector('a')?.focus();
    pressed.current = false;
  }, [asking, all]);
  useEffect(() => { if (!asking.length) setAll(false); }, [!asking.length]);
  return (
    <div class="asking" ref={box} role="status">
      {shown.map(({ note, visitor_name }) => (
        <div key={note.message_id}>
          <a href={link(view, note.session_id, note.message_id)}>
            <b>{t('newsMention', { name: firstName(note.sender_name ?? '') })}</b>
            <span dir="auto">{visitor_name && <><bdi>{visitor_name}</bdi>: </>}{plain(note.message)}</span>
          </a>
          <button class="icon" aria-label={t('putAway')} title={t('putAway')} onClick={() => { pressed.current = true; putAway([note.message_id]); }}><Icon of={cross} /></button>
        </div>
      ))}
      {!all && asking.length > 1 && <button class="text" onClick={() => { pressed.current = true; setAll(true); }}>{t('moreAsk', { n: asking.length - 1 })}</button>}
    </div>
  );
}
