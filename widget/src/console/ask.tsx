import { plain } from '../shared/text';
import { sinceThen } from './crossing';
import type { Crossing } from './state';
import { useApp } from './use';
import { t } from './words';

/** Asks, once, before a reply crosses a colleague's. What was written stands in the field meanwhile. */
export function Ask({ crossing: { name, latest, taken }, onSend, onKeep }: { crossing: Crossing; onSend(): void; onKeep(): void }) {
  useApp((s) => s.now); // the time goes on
  return (
    <div class="ask" role="alert">
      <p>{latest ? <><b>{t('repliedAgo', { name, ago: sinceThen(latest.timestamp, Date.now()) })}</b> <span dir="auto">{plain(latest.message)}</span></> : <b>{t(taken ? 'hasTaken' : 'isWriting', { name })}</b>}</p>
      <div><button type="button" class="ghost" onClick={onKeep}>{t('keepEditing')}</button><button type="button" class="solid" onClick={onSend}>{t('sendAnyway')}</button></div>
    </div>
  );
}
