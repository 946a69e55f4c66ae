import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Composer } from '../shared/composer';
import { dropTarget } from '../shared/drop';
import { cross, Icon, warn } from '../shared/icons';
import { useStore } from '../shared/store';
import { agreement, asked } from './asks';
import { Bubble } from './bubble';
import { useAround, useChat } from './context';
import { Header } from './header';
import { Home } from './home';
import { partner, presence } from './people';
import { useFullScreen, usePhone } from './phone';
import { NoPart, part } from './part';
import { current } from './state';

const touch = () => matchMedia('(pointer: coarse)').matches;

const Form = part(() => import('./formpart'), (m) => m.Form);
const Agreement = part(() => import('./formpart'), (m) => m.Agreement);
const Ask = part(() => import('./more'), (m) => m.Ask);
const List = part(() => import('./more'), (m) => m.List);
const Past = part(() => import('./more'), (m) => m.Past);

/** Everything beside the launcher: the panel while it is open, else the preview of a reply, or a greeting. */
export function App({ close }: { close(): void }) {
  const shown = useChat((s) => s.open || s.closing);
  const preview = useChat((s) => s.preview);
  const talk = useChat((s) => s.talk);
  const greeting = useChat((s) => s.greeting);
  const config = useChat((s) => s.config);
  const launcher = useAround().host.settings.launcher !== 'off';
  if (shown) return <Panel close={close} />;
  return (
    <div role="status">
      {launcher && (preview ? talk && <talk.Preview message={preview} /> : config && greeting && <Bubble person={{ name: config.name }} text={greeting.message} />)}
    </div>
  );
}

function Panel({ close }: { close(): void }) {
  const around = useAround();
  const { chat, host, t } = around;
  const state = useChat((s) => s);
  const { talking, aside, config, banner, closing, talk, talkFailed, barred, lapsed, outbox } = state;
  const phone = usePhone();
  const panel = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement | null>(null);
  const [asking, setAsking] = useState<'end' | 'erase' | null>(null);
  const person = partner(state);
  const name = (talking && person?.name) || config?.name;
  useFullScreen(phone, panel);

  // On touch the field would bring up the keyboard before anybody has asked for it.
  const enter = () => {
    const field = touch() ? null : panel.current!.querySelector<HTMLElement>('.ta, .form .in');
    (field ?? panel.current!).focus({ preventScroll: true });
  };
  useLayoutEffect(enter, []); // before it is seen: the first key is the panel's already
  // What had the focus may go with what is drawn anew: the form comes and goes with the people who are here.
  const inside = panel.current?.contains(host.root.activeElement);
  useLayoutEffect(() => { if (inside && !host.root.activeElement) enter(); });
  useEffect(() => setAsking(null), [!current(state), !state.sessions.length]);

  const asks = asked(state);
  const form = asks && <Form />;
  const ended = talking && !current(state) && state.sessions.length > 0 && !state.outbox.length && !state.uploads.length;
  return (
    <div class={`panel ${talking || aside ? 'talk' : ''} ${closing ? 'closing' : ''}`} part="panel" ref={panel} role="dialog" tabIndex={-1}
      {...(!asks && dropTarget(chat.attach))} data-drop={t('drop')}
      aria-modal={phone || undefined} aria-label={name ? t('chatWith', { name }) : t('chat')}
      onKeyDown={(e) => { if (e.key === 'Escape' && !e.isComposing) close(); }}>
      <Header phone={phone} onClose={close} onAsk={setAsking} />
      <div role="status">{banner && <div class="banner"><Icon of={warn} /><span dir="auto">{t(banner)}</span></div>}</div>
      {aside ? aside === 'list' ? <List /> : <Past session={aside} />
        : !talking ? <Home>{!barred && form}</Home> : talk ? <talk.Log /> : (
        <div class="grow early">
          {outbox.map((o) => <p key={o.client_id} dir="auto">{o.text}</p>)}
          {talkFailed && <NoPart again={host.restart} />}
        </div>
      )}
      {lapsed && !barred && !aside && <p class="note" role="status" dir="auto">{t('lapsed')}</p>}
      {talking && !aside && !barred && <Waiting />}
      {talk && talking && !aside && !barred && config?.features.typing_preview && current(state) && <p class="note" dir="auto">{t('previewed')}</p>}
      {asking && <Ask what={asking} done={() => { setAsking(null); area.current?.focus(); }} />}
      {barred ? <p class="note failed" role="alert" dir="auto">{t('barred')}</p> : aside ? null : asks ? talking && form : <Field label={t(ended ? 'writeAgain' : 'write')} area={area} />}
      {!barred && !aside && !asks && agreement(state) && <Agreement field=".compose textarea" />}
    </div>
  );
}

/**
 * Who is here and how long it may take, or the place in the queue: as long as nobody has taken the conversation on.
 * While nobody is here at all, a place in the queue would have people wait in front of it.
 */
function Waiting() {
  const around = useAround();
  const state = useChat((s) => s);
  const { queue_position: place } = current(state) ?? {};
  const answered = !!state.typing || ['agent', 'bot'].includes(state.messages.at(-1)?.sender ?? '');
  const person = partner(state);
  return (
    <div role="status">
      {!person && !answered && state.config && <p class="note" dir="auto">{place && state.online ? around.t(place === 1 ? 'queueNext' : 'queue', { n: place }) : presence(state, around)}</p>}
    </div>
  );
}

/** The composer. It draws itself with every key, and nothing else does. */
function Field({ label, area }: { label: string; area: { current: HTMLTextAreaElement | null } }) {
  const { chat, t } = useAround();
  const { text, topic } = useStore(chat.draft, (s) => s);
  const limit = useChat((s) => s.config?.limits.message ?? 4000);
  const talk = useChat((s) => s.talk);
  const along = useChat((s) => s.files.length > 0 || !!s.fault);
  const files = useChat((s) => s.files.length > 0);
  return (
    <Composer part="composer" value={text} onInput={chat.write} onSend={chat.send} limit={limit} filled={!!topic || (!!talk && files)} onFiles={chat.attach}
      label={label} sendLabel={t('send')} field={(element) => { area.current = element; }}
      limitText={(over) => (over > 0 ? t('over', { n: over }) : t('left', { n: -over }))}
      above={<>{talk && along && <talk.Along />}{topic && (
        <div class="topic"><span dir="auto">{t('about', { topic })}</span>
          <button type="button" class="icon" aria-label={t('removeTopic')} onClick={() => { chat.setTopic(''); area.current?.focus(); }}><Icon of={cross} /></button></div>
      )}</>}>
      {talk && <talk.Add />}
      {talk && !touch() && <talk.Emoji field={area} />}
    </Composer>
  );
}
