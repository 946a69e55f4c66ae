// The widget as visitors will see it, drawn by the widget's own components in a shadow root of their own.
import { render } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import base from '../../shared/base.css';
import { accentSheet, type RGB } from '../../shared/color';
import { Composer } from '../../shared/composer';
import compose from '../../shared/compose.css';
import { translator, type Text } from '../../shared/i18n';
import { createStore } from '../../shared/store';
import { adopt } from '../../shared/styles';
import tokens from '../../shared/tokens.css';
import { agreement, asked } from '../../panel/asks';
import type { Chat } from '../../panel/chat';
import { Around, type Surroundings } from '../../panel/context';
import form from '../../panel/form.css';
import { Agreement, Form } from '../../panel/form';
import { Header } from '../../panel/header';
import { Home } from '../../panel/home';
import panel from '../../panel/panel.css';
import { initial, type State } from '../../panel/state';
import { en, type Key } from '../../panel/strings';
import talk from '../../panel/talk.css';
import { get } from '../state';
import { locale } from '../use';
import small from './preview.css';
import type { Settings } from './store';

const nothing = () => { /* it is only to look at */ };

/** What the widget would know after a hello, with these settings. */
function stateOf(draft: Settings, online: boolean): State {
  const people = get().agents.filter((a) => a.availability === 'available').slice(0, 3).map(({ name }) => ({ name }));
  return {
    ...initial, open: true, hello: 'done', online,
    config: {
      name: draft.name, greeting: draft.greeting, topics: draft.topics.filter((t) => t.trim()), people, reply_promise: draft.reply_promise,
      departments: get().departments.length ? get().departments : ['Orders', 'Advice'],
      pre_chat: draft.pre_chat, away: draft.away, limits: { message: 4000, file: 0 }, tracking: false, features: { files: false, rating: false, typing_preview: false },
      ...(!online && draft.hours.enabled && { back_at: new Date(new Date().setHours(33, 0, 0, 0)).toISOString() }),
    },
  };
}

function Panel({ around }: { around: Surroundings }) {
  const { t, chat } = around;
  const asks = asked(chat.store.get());
  return (
    <Around.Provider value={around}>
      <div class="panel">
        <Header phone={false} onClose={nothing} onAsk={nothing} />
        <Home>{asks && <Form />}</Home>
        {!asks && <Composer value="" onInput={nothing} onSend={nothing} label={t('write')} sendLabel={t('send')} limit={4000} limitText={() => ''} />}
        {!asks && agreement(chat.store.get()) && <Agreement field=".compose textarea" />}
      </div>
    </Around.Provider>
  );
}

export function Preview({ draft, color }: { draft: Settings; color: RGB }) {
  const [online, setOnline] = useState(true);
  const place = useRef<HTMLDivElement>(null);
  const accent = useRef<CSSStyleSheet>(null);

  useLayoutEffect(() => {
    const host = place.current!;
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    if (!accent.current) {
      accent.current = new CSSStyleSheet();
      adopt(root, tokens, base, compose, panel, talk, form, small);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, accent.current];
    }
    accent.current.replaceSync(accentSheet(color));
    const store = createStore<State>(stateOf(draft, online));
    const chat = { store, draft: createStore({ text: '', topic: '' }), setTopic: nothing, write: nothing, send: nothing } as unknown as Chat;
    const around = { host: { root } as unknown as Surroundings['host'], chat, t: translator<Record<Key, Text>>(en as Record<Key, Text>, locale), locale };
    render(<Panel key={JSON.stringify([draft, online])} around={around} />, root);
  }, [draft, online, String(color)]);
  useLayoutEffect(() => () => { if (place.current?.shadowRoot) render(null, place.current.shadowRoot); }, []);

  return (
    <aside class="preview" aria-label="Preview">
      <div class="seg" role="group" aria-label="Preview while">
        <button type="button" aria-pressed={online} onClick={() => setOnline(true)}>Somebody is here</button>
        <button type="button" aria-pressed={!online} onClick={() => setOnline(false)}>Away</button>
      </div>
      <div ref={place} inert />
    </aside>
  );
}
