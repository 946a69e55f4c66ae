import { useEffect, useRef, useState } from 'preact/hooks';
import { useAround } from './context';

/** Asks before something that cannot be taken back: the end of a conversation, or of everything kept about the visitor. */
export function Ask({ what, done }: { what: 'end' | 'erase'; done(): void }) {
  const { chat, t } = useAround();
  const [failed, setFailed] = useState(false);
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), [what]);
  const question = t(what === 'end' ? 'endAsk' : 'eraseAsk');
  return (
    <div class="ask" role="group" aria-label={question} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); done(); } }}>
      <p dir="auto" role={failed ? 'alert' : undefined}>{failed ? t('askFailed') : question}</p>
      <button type="button" class="quiet" onClick={done}>{t(what === 'end' ? 'endNo' : 'eraseNo')}</button>
      <button type="button" class="btn" ref={yes} onClick={() => { chat.talk![what]().then(done, () => setFailed(true)); }}>{t(what === 'end' ? 'endYes' : 'eraseYes')}</button>
    </div>
  );
}
