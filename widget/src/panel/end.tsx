import { useEffect, useRef, useState } from 'preact/hooks';
import { useAround } from './context';

/** Asks before a conversation is ended, because that cannot be taken back. */
export function End({ done }: { done(): void }) {
  const { chat, t } = useAround();
  const [failed, setFailed] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div class="ask" role="group" aria-label={t('endAsk')} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); done(); } }}>
      <p dir="auto" role={failed ? 'alert' : undefined}>{t(failed ? 'endFailed' : 'endAsk')}</p>
      <button type="button" class="quiet" onClick={done}>{t('endNo')}</button>
      <button type="button" class="btn" ref={first} onClick={() => { chat.end().then(done, () => setFailed(true)); }}>{t('endYes')}</button>
    </div>
  );
}
