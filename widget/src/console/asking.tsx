import { firstName } from '../shared/format';
import { cross, Icon } from '../shared/icons';
import { plain } from '../shared/text';
import { putAway } from './mentions';
import { link } from './route';
import { useApp } from './use';
import { t } from './words';

const most = 3; // lines over a list that is there for something else

/** Who asks this agent to look, and at what: over the list, until they have. */
export function Asking() {
  const asking = useApp((s) => s.asking);
  const view = useApp((s) => s.view);
  return (
    <div class="asking" role="status">
      {asking.slice(0, most).map(({ note, visitor_name }) => (
        <div key={note.message_id}>
          <a href={link(view, note.session_id, note.message_id)}>
            <b>{t('newsMention', { name: firstName(note.sender_name ?? '') })}</b>
            <span dir="auto">{visitor_name && <><bdi>{visitor_name}</bdi>: </>}{plain(note.message)}</span>
          </a>
          <button class="icon" aria-label={t('putAway')} title={t('putAway')} onClick={() => putAway([note.message_id])}><Icon of={cross} /></button>
        </div>
      ))}
      {asking.length > most && <p>{t('moreAsk', { n: asking.length - most })}</p>}
    </div>
  );
}
