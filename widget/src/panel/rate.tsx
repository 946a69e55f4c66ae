import { useState } from 'preact/hooks';
import { flat, frown, Icon, smile } from '../shared/icons';
import { useAround } from './context';
import type { VisitorSession } from '../shared/types';

const faces = [[1, frown, 'bad'], [3, flat, 'fine'], [5, smile, 'good']] as const;

/** Asks what the visitor thought, once the conversation is over. They may think again until the next one. */
export function Rate({ session }: { session: VisitorSession }) {
  const { chat, t } = useAround();
  const [failed, setFailed] = useState(false);
  const score = session.rating?.score;
  const rate = (value: number) => { setFailed(false); chat.talk!.rate(session.session_id, value).catch(() => setFailed(true)); };
  return (
    <div class="rate" role="group" aria-label={t('rate')} aria-live="off">
      <p dir="auto" role="status">{failed ? t('rateFailed') : t(score ? 'rated' : 'rate')}</p>
      <div>
        {faces.map(([value, icon, word]) => (
          <button type="button" aria-pressed={score === value} onClick={() => rate(value)}><Icon of={icon} />{t(word)}</button>
        ))}
      </div>
    </div>
  );
}
