import type { ComponentChildren } from 'preact';
import { Icon, right } from '../shared/icons';
import { useAround, useChat } from './context';
import { back, presence } from './people';

/** The start page: who is here, what it may be about, and the way back to the last conversation. */
export function Home({ children }: { children?: ComponentChildren }) {
  const around = useAround();
  const state = useChat((s) => s);
  const { chat, t } = around;
  const { config, hello, talk, headline } = state;
  const hour = new Date().getHours();
  const later = back(state, around);
  const greeting = headline || later || config?.greeting || t(hour >= 4 && hour < 12 ? 'morning' : hour >= 12 && hour < 18 ? 'afternoon' : 'evening');
  const line = `${headline && later} ${presence(state, around)}`.trim();
  const last = state.messages.findLast((m) => !m.deleted_at);

  if (hello === 'none' || hello === 'asking') return <div class="home" aria-busy="true" />;
  return (
    <div class="home">
      <h1 dir="auto">{greeting}</h1>
      {line && <p class={`lede ${state.online ? 'here' : ''}`} dir="auto">{line}</p>}
      <div class="grow" />
      {!!config?.topics.length && (
        <ul class="topics">
          {config.topics.map((topic) => (
            <li><button type="button" onClick={() => { chat.setTopic(topic); around.host.root.querySelector('textarea')?.focus(); }}><span dir="auto">{topic}</span><Icon of={right} /></button></li>
          ))}
        </ul>
      )}
      {talk && last && <talk.Resume message={last} />}
      {talk && (last || state.others.length > 0) && <button type="button" class="all" onClick={() => chat.talk!.list()}>{t('conversations')}</button>}
      {children}
    </div>
  );
}
