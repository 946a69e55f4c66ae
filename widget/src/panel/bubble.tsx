import { Avatar } from '../shared/avatar';
import { cross, Icon } from '../shared/icons';
import type { Person } from '../shared/types';
import { useAround } from './context';

/** What somebody says beside the closed launcher: it opens the panel, or goes away. */
export function Bubble({ person, text }: { person: Person; text: string }) {
  const { host, chat, t } = useAround();
  return (
    <div class="preview">
      <button type="button" class="say" onClick={() => host.launcher.click()}>
        <Avatar person={person} size={36} />
        <span><small><bdi>{person.name}</bdi></small><span class="words" dir="auto">{text}</span></span>
      </button>
      <button type="button" class="icon" aria-label={t('dismiss')} onClick={chat.dismiss}><Icon of={cross} /></button>
    </div>
  );
}
