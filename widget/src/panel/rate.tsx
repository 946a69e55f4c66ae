import { useEffect, useState } from 'preact/hooks';
import { flat, frown, Icon, smile, type IconShapes } from '../shared/icons';
import { useAround, useChat } from './context';
import type { VisitorSession } from '../shared/types';
import type { Key } from './strings';

const faces: [score: number, icon: IconShapes, word: Key][] = [
  [1, ['M8.7 16.2a4.4 4.4 0 0 1 6.6 0', 'm8.2 8.2 2.4 1.4m5.2-1.4-2.4 1.4', frown[0]!], 'bad'], [2, frown, 'poor'], [3, flat, 'fine'], [4, smile, 'good'],
  [5, [smile[0]!, smile[2]!, 'M7.6 13.4h8.8a4.5 4.5 0 0 1-8.8 0Z'], 'great'],
];

/** Asks what the visitor thought, once the conversation is over. They may think again until the next one. */
export function Rate({ session }: { session: VisitorSession }) {
  const { chat, t } = useAround();
  const limit = useChat((s) => s.config?.limits.message ?? 4000);
  const { score, comment = '' } = session.rating ?? {};
  const [text, setText] = useState(comment);
  const [failed, setFailed] = useState(false);
  useEffect(() => { if (!score) chat.talk!.asking(session.session_id); }, [session.session_id]);
  const rate = (value: number) => { setFailed(false); chat.talk!.rate(session.session_id, value, text.trim()).catch(() => setFailed(true)); };
  const said = faces.find(([value]) => value === score)?.[2];
  return (
    <div class="rate" role="group" aria-label={t('rate')} aria-live="off">
      <p dir="auto" role="status">{failed ? t('rateFailed') : t(score ? 'rated' : 'rate')}</p>
      <div>
        {faces.map(([value, icon, word]) => (
          <button type="button" aria-pressed={score === value} aria-label={t(word)} title={t(word)} onClick={() => rate(value)}><Icon of={icon} /></button>
        ))}
      </div>
      {said && <small dir="auto">{t(said)}</small>}
      {score && (
        <form onSubmit={(e) => { e.preventDefault(); rate(score); }}>
          <label class="sr" for="peal-comment">{t('comment')}</label>
          <textarea id="peal-comment" class="in" rows={2} maxLength={limit} dir={text ? 'auto' : undefined} placeholder={t('comment')} value={text} onInput={(e) => setText(e.currentTarget.value)} />
          {text.trim() !== comment && <button class="quiet">{t('sendComment')}</button>}
        </form>
      )}
    </div>
  );
}
