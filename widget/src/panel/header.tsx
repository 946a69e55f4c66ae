import { Avatar } from '../shared/avatar';
import { cross, down, Icon } from '../shared/icons';
import { useAround, useChat } from './context';
import { isHere, partner } from './people';
import { current } from './state';

export function Header({ phone, onClose, onAsk }: { phone: boolean; onClose(): void; onAsk(what: 'end' | 'erase'): void }) {
  const { chat, t } = useAround();
  const state = useChat((s) => s);
  const { config, talking, talk } = state;
  const person = talking ? partner(state) : undefined;
  return (
    <div class={`head ${talking ? 'ruled' : ''}`} part="header">
      {person
        ? <Avatar person={person} online={isHere(state, person)} />
        : <div class="faces">{config?.people.map((one) => <Avatar person={one} />)}</div>}
      {talking && (
        <div class="titles">
          <h2 dir="auto">{person?.name || config?.name || t('chat')}</h2>
          {person && config?.name && person.name !== config.name && <p dir="auto">{config.name}</p>}
        </div>
      )}
      <span class="grow" />
      {talk && state.sessions.length > 0 && (
        <talk.Menu items={[
          [t('download'), () => { void chat.talk!.download().catch(() => { /* the browser says what became of a download */ }); }],
          [t('erase'), () => onAsk('erase')],
          ...(current(state) ? [[t('end'), () => onAsk('end')] as const] : []),
        ]} />
      )}
      <button type="button" class="icon" aria-label={t('close')} onClick={onClose}><Icon of={phone ? cross : down} /></button>
    </div>
  );
}
