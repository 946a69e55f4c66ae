import { Avatar } from '../shared/avatar';
import { cross, down, Icon, left } from '../shared/icons';
import { useAround, useChat } from './context';
import { isHere, partner } from './people';
import { current } from './state';

export function Header({ phone, onClose, onAsk }: { phone: boolean; onClose(): void; onAsk(what: 'end' | 'erase'): void }) {
  const { chat, t } = useAround();
  const state = useChat((s) => s);
  const { config, talking, talk, aside } = state;
  const person = aside && aside !== 'list' ? aside.agent : talking && !aside ? partner(state) : undefined;
  const list = aside === 'list';
  const within = talking || !!aside;
  return (
    <div class={`head ${within ? 'ruled' : ''}`} part="header">
      {within && !(talk && state.hello === 'done') && <span class="icon back" />}
      {talk && within && state.hello === 'done' && <button type="button" class="icon back" aria-label={t('goBack')} onClick={() => chat.talk!.back()}><Icon of={left} /></button>}
      {list ? null : person
        ? <Avatar person={person} online={isHere(state, person)} />
        : <div class="faces">{config?.people.map((one) => <Avatar person={one} />)}</div>}
      {within && (
        <div class="titles">
          <h2 dir="auto">{list ? t('conversations') : person?.name || config?.name || t('chat')}</h2>
          {person && config?.name && person.name !== config.name && <p dir="auto">{config.name}</p>}
        </div>
      )}
      <span class="grow" />
      {talk && state.sessions.length > 0 && (
        <talk.Menu items={[
          ...(list ? [] : [[t('download'), () => { void chat.talk!.download().catch(() => { /* the browser says what became of a download */ }); }] as const]),
          ...(list ? [] : [[t('conversations'), () => chat.talk!.list()] as const]),
          [t(state.sound ? 'soundOff' : 'soundOn'), () => chat.talk!.setSound(!state.sound)],
          [t('erase'), () => onAsk('erase')],
          ...(current(state) && !aside ? [[t('end'), () => onAsk('end')] as const] : []),
        ]} />
      )}
      <button type="button" class="icon" aria-label={t('close')} onClick={onClose}><Icon of={phone ? cross : down} /></button>
    </div>
  );
}
