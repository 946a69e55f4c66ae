import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { characters, empty, touch } from '../shared/composer';
import type { Message } from '../shared/types';
import { saveEdit } from './changing';
import { write } from './field';
import { useGrowing } from './growing';
import { set } from './state';
import { useApp } from './use';
import { t } from './words';

/** A message whose text is being changed, where it stands. Escape leaves it as it was. */
export function Editing({ message: m }: { message: Message }) {
  const [text, setText] = useState(m.message);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const most = useApp((s) => s.limits?.message ?? 4000);
  const area = useRef<HTMLTextAreaElement>(null);
  const over = characters(text.trim()) - most;
  const blank = empty.test(text) || over > 0 || busy;
  useGrowing(area, text);
  useLayoutEffect(() => {
    const el = area.current!;
    el.focus();
    el.setSelectionRange(text.length, text.length);
    el.scrollIntoView({ block: 'nearest' });
  }, []);

  const leave = () => { set({ editing: undefined }); write(); };
  async function save() {
    if (blank) return;
    if (text.trim() === m.message) return leave();
    setBusy(true);
    const wrong = await saveEdit(m, text.trim());
    setBusy(false);
    if (wrong) return setFault(wrong);
    leave();
  }

  return (
    <form class={`editing ${m.note ? 'note' : ''}`} data-message={m.message_id} onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <textarea ref={area} class="txt" rows={2} dir="auto" value={text} aria-label={t(m.note ? 'editNote' : 'editMessage')} aria-invalid={!!fault || over > 0} onInput={(e) => { setText(e.currentTarget.value); setFault(''); }}
        onKeyDown={(e) => {
          if (e.isComposing || e.keyCode === 229) return;
          if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); leave(); }
          if (e.key === 'Enter' && !e.shiftKey && !touch()) { e.preventDefault(); void save(); }
        }} />
      <footer>
        <span role="status" class="over">{over > 0 ? t('tooLong', { n: over }) : fault}</span>
        <button type="button" class="ghost" onClick={leave}>{t('cancel')}</button><button class="solid" aria-disabled={blank}>{t('save')}</button>
      </footer>
    </form>
  );
}
