// All conversations of the visitor, and one of those that are over.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { shortWhen } from '../shared/format';
import { createStore } from '../shared/store';
import { plain } from '../shared/text';
import type { SessionPage, VisitorSession } from '../shared/types';
import type { Chat } from './chat';
import { Around, useAround, useChat } from './context';
import { merged } from './merge';
import { current, initial, unseen, type State } from './state';

/** The list, the newest first, as it is now. */
export function List() {
  const { chat, t } = useAround();
  const state = useChat((s) => s);
  const [page, setPage] = useState<SessionPage | null>(null);
  const [failed, setFailed] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  function load(after?: string) {
    setFailed(false);
    chat.talk!.conversations(after).then((more) => setPage((known) => ({ ...more, sessions: [...(after ? known?.sessions ?? [] : []), ...more.sessions] })), () => setFailed(true));
  }
  // Whatever was heard of meanwhile is worth another look.
  useEffect(() => load(), [state.sessions.at(-1)?.session_id, state.others]);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);

  const sessions = page && page.sessions.map((s) => now(s, state));
  return (
    <div class="list" ref={box} tabIndex={-1} role="region" aria-label={t('conversations')} aria-busy={!page && !failed}>
      {!page && !failed && <><p class="sr" role="status">{t('loading')}</p>{[1, 2, 3].map((n) => <div class="resume ghost" key={n} aria-hidden="true"><span class="av" /><span class="grow"><b /><span class="line" /></span></div>)}</>}
      {page?.sessions.length === 0 && <p class="note big" dir="auto">{t('noConversations')}</p>}
      {!!sessions?.length && <ul>{sessions.map((s) => <li key={s.session_id}><Row session={s} /></li>)}</ul>}
      {failed && <p class="note failed" role="alert" dir="auto">{t('notLoaded')} <button type="button" onClick={() => load(page?.next_cursor)}>{t('again')}</button></p>}
      {page?.next_cursor && !failed && <button type="button" class="quiet more" onClick={() => load(page.next_cursor)}>{t('moreConversations')}</button>}
      <span class="grow" />
      {!current(state) && <button type="button" class="btn" onClick={() => chat.talk!.fresh()}>{t('startNew')}</button>}
    </div>
  );
}

/** A conversation as it is now: of those on show more is known than the list says. */
function now(session: VisitorSession, state: State): VisitorSession {
  const shown = state.sessions.find((s) => s.session_id === session.session_id);
  if (!shown) return session;
  const last = state.messages.findLast((m) => m.session_id === session.session_id && !m.deleted_at);
  return {
    ...session, ...shown, unread: unseen(state).filter((m) => m.session_id === session.session_id).length,
    ...(last && { last_message: { ...last, message: last.message || last.attachments[0]?.name || '', seq: last.seq ?? 0 } }),
  };
}

function Row({ session }: { session: VisitorSession }) {
  const { chat, t, locale } = useAround();
  const config = useChat((s) => s.config);
  const { agent, last_message: last, status, unread } = session;
  const text = last ? plain(last.message) : '';
  const name = agent?.name || (last?.sender !== 'visitor' && last?.sender_name) || config?.name || t('chat');
  const at = last?.timestamp ?? session.created_at;
  return (
    <button type="button" class={`resume ${unread ? 'new' : ''}`} onClick={() => chat.talk!.goTo(session)}>
      <Avatar person={agent ?? { name }} />
      <span class="grow">
        <b dir="auto">{name}</b>
        <span class="line" dir="auto">{last?.sender === 'visitor' ? t('you', { text }) : text}</span>
      </span>
      <span class="side"><time dateTime={at}>{shortWhen(new Date(at), locale)}</time>
        {unread ? <span class="count"><span aria-hidden="true">{unread}</span><span class="sr">{t('newMessages', { n: unread })}</span></span> : status === 'closed' && <small>{t('isClosed')}</small>}</span>
    </button>
  );
}

/** A conversation that is over, to be read. It is drawn by the log, from a store of its own. */
export function Past({ session }: { session: VisitorSession }) {
  const around = useAround();
  const { chat, t } = around;
  const state = useChat((s) => s);
  const [past, setPast] = useState<Chat | null>(null);
  const [failed, setFailed] = useState(false);
  const button = useRef<HTMLButtonElement>(null);

  function load() {
    setFailed(false);
    chat.talk!.read(session.session_id).then((whole) => setPast(pastChat(chat, whole)), () => setFailed(true));
  }
  useEffect(() => { load(); button.current?.focus({ preventScroll: true }); }, [session.session_id]);

  const talk = state.talk!;
  const open = current(state);
  return (
    <>
      {past ? <Around.Provider value={{ ...around, chat: past }}><talk.Log /></Around.Provider>
        : failed ? <p class="note failed grow" role="alert" dir="auto">{t('notLoaded')} <button type="button" onClick={load}>{t('again')}</button></p>
          : <div class="grow" role="status"><span class="sr">{t('loading')}</span></div>}
      <div class="shut">
        <button type="button" class="btn" ref={button} onClick={() => (open ? chat.talk!.resume() : chat.talk!.fresh())}>{t(open ? 'toOpen' : 'startNew')}</button>
      </div>
    </>
  );
}

/** What the log needs of a chat, for one conversation that takes nothing any more. */
function pastChat(chat: Chat, whole: VisitorSession): Chat {
  const { config, talk, hello, sessions } = chat.store.get();
  const newest = sessions.every((s) => s.created_at <= whole.created_at);
  const messages = whole.messages ?? [];
  const seed: State = {
    ...initial, open: true, talking: true, hello, talk, older: (messages[0]?.seq ?? 1) > 1,
    config: config && { ...config, features: { ...config.features, rating: config.features.rating && newest } },
  };
  const store = createStore<State>({ ...seed, ...merged(seed, [whole], messages) });
  return {
    ...chat, store,
    talk: {
      ...chat.talk!,
      async loadOlder() {
        const [first] = store.get().messages;
        if (!first || !store.get().older) return;
        const page = await chat.talk!.earlier(whole.session_id, first.message_id);
        store.set((s) => ({ ...merged(s, [], page.messages), older: (page.messages[0]?.seq ?? 1) > 1 }));
      },
      sawAll() {
        const last = messages.at(-1);
        if (!last || !store.get().sessions[0]!.unread) return;
        chat.talk!.sawOther(whole, last);
        store.set((s) => ({ sessions: s.sessions.map((one) => ({ ...one, unread: 0, visitor_seen_seq: last.seq ?? 0 })) }));
      },
      async rate(id, score, comment) {
        await chat.talk!.rate(id, score, comment);
        store.set((s) => ({ sessions: s.sessions.map((one) => ({ ...one, rating: { score, comment } })) }));
      },
    },
  };
}
