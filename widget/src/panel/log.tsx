// The conversation: messages in groups, lines for days and endings, and where the reader is in it.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clock, day } from '../shared/format';
import { down, Icon } from '../shared/icons';
import { arrange, Body, Bubble, Typing, type Place } from '../shared/message';
import { Words } from '../shared/words';
import { AttachmentView } from '../shared/attachment';
import type { Upload } from '../shared/upload';
import type { Attachment, Message, VisitorSession } from '../shared/types';
import { Answers } from './answers';
import { useAround, useChat, type Surroundings } from './context';
import type { Pending } from './keep';
import { partner, personOf } from './people';
import { part } from './part';
import { current, theirs, unseen, type State } from './state';
import type { Key } from './strings';

const Rate = part(() => import('./more'), (m) => m.Rate);
const Viewer = part(() => import('./more'), (m) => m.Viewer);
const Rising = part(() => import('./filespart'), (m) => m.Rising);

/** Where this has changed nobody scrolls: a turned phone lays all of it out anew. */
const sizeOf = (el: Element) => `${el.clientWidth} ${el.clientHeight}`;

/** This close to the end, new messages keep the reader there. */
const near = 80;

export function Log() {
  const around = useAround();
  const state = useChat((s) => s);
  const { chat, t } = around;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const size = useRef('');
  const before = useRef({ first: '', height: 0 });
  const [missed, setMissed] = useState(0);
  const [live, setLive] = useState(false);
  const { messages, outbox, typing, older } = state;
  const first = messages[0]?.message_id ?? '';
  const last = messages.at(-1);

  /** Tells the server what has been read, if it really is being looked at. */
  function look() {
    const el = box.current;
    if (!el) return;
    atEnd.current = el.scrollHeight - el.scrollTop - el.clientHeight < near;
    if (!atEnd.current) return;
    setMissed(0);
    if (!document.hidden && document.hasFocus() && chat.store.get().open) chat.talk!.sawAll(); // not on its way out
  }
  const toEnd = () => { const el = box.current; if (el) el.scrollTop = el.scrollHeight; };

  // Earlier messages push the others down: the reader stays with the ones that were there.
  useLayoutEffect(() => {
    const el = box.current!;
    if (before.current.first && first !== before.current.first && !atEnd.current) el.scrollTop += el.scrollHeight - before.current.height;
    else if (atEnd.current) toEnd();
    before.current = { first, height: el.scrollHeight };
  });

  // One's own words are always shown; those of others are announced when the reader is elsewhere.
  useLayoutEffect(() => { atEnd.current = true; toEnd(); }, [outbox.at(-1)?.client_id, state.uploads.at(-1)?.client_id]);
  useEffect(() => {
    look();
    if (!atEnd.current && last && theirs(last)) setMissed(unseen(state).length);
  }, [last?.message_id, state.open]);

  useEffect(() => {
    const sized = new ResizeObserver(([entry]) => { size.current = sizeOf(entry!.target); if (atEnd.current) toEnd(); });
    sized.observe(box.current!);
    // Parts that are loaded later, such as pictures, must not push the end out of sight either.
    const grown = new MutationObserver(() => { if (atEnd.current) toEnd(); });
    grown.observe(box.current!, { childList: true, subtree: true });
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      sized.disconnect();
      grown.disconnect();
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);

  // History is drawn before this becomes a live region, so that it is not read out.
  useEffect(() => { const timer = setTimeout(() => setLive(true), 50); return () => clearTimeout(timer); }, []);

  const person = partner(state);
  const stopped = outbox.findLast((p) => p.state !== 'waiting');
  const over = state.sessions.at(-1);
  const rateable = state.config?.features.rating && over?.status === 'closed' && !outbox.length
    && messages.some((m) => m.session_id === over.session_id && m.sender === 'agent') && over;
  return (
    <div class="logbox">
      <div class="log" ref={box} tabIndex={0} role={live ? 'log' : 'group'} aria-label={t('messages')} onScroll={(e) => { if (!size.current || sizeOf(e.currentTarget) === size.current) look(); }}>
        {older && <Older load={chat.talk!.loadOlder} root={box} />}
        {rows(state, around)}
        {state.challenged && <slot name="challenge" />}
        <Answers />
        {rateable && <Rate session={rateable} />}
        {typing && !typing.text && <Typing person={writer(state)} label={t('typing', { name: typing.name || person?.name || t('someone') })} />}
      </div>
      {missed > 0 && <button type="button" class="pill" onClick={() => { toEnd(); look(); }}>{t('newMessages', { n: missed })}<Icon of={down} /></button>}
      <div class="sr" role="status">{(stopped || state.uploads.some((u) => u.state === 'failed')) && (stopped?.why === 'challenge_required' ? t('challenge') : `${t('failed')} ${stopped?.said ?? ''}`)}</div>
    </div>
  );
}

/** Stands above the first message; when it comes into view, earlier ones are fetched. */
function Older({ load, root }: { load(): Promise<void>; root: { current: HTMLElement | null } }) {
  const { t } = useAround();
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let busy = false;
    const watch = new IntersectionObserver(async ([entry]) => {
      if (!entry!.isIntersecting || busy) return;
      busy = true;
      await load().catch(() => { /* scrolling there again tries again */ });
      busy = false;
      // It may still be in view, and an observer only speaks of changes.
      if (mark.current) { watch.unobserve(mark.current); watch.observe(mark.current); }
    }, { root: root.current, rootMargin: '300px 0px 0px' });
    watch.observe(mark.current!);
    return () => watch.disconnect();
  }, []);
  return <div class="event" ref={mark} aria-live="off">{t('older')}</div>;
}

type Item =
  | { kind: 'message'; message: Message; who: string; at: Date }
  | { kind: 'pending'; pending: Pending; who: string; at: Date }
  | { kind: 'upload'; upload: Upload; who: string; at: Date }
  | { kind: 'growing'; who: string; at: Date };

function rows(state: State, around: Surroundings): ComponentChildren[] {
  const known = new Set(state.messages.map((m) => !theirs(m) && m.client_id));
  const items: Item[] = state.messages.map((message) => ({
    kind: 'message', message, at: new Date(message.timestamp),
    who: `${message.session_id} ${theirs(message) ? message.sender_id ?? message.sender_name ?? message.sender : 'me'}`,
  }));
  for (const pending of state.outbox) {
    if (known.has(pending.client_id)) continue;
    const calm = pending.state === 'waiting' && !state.stuck && !state.challenged && state.banner !== 'offline';
    // While it goes well it stands with what was sent before; once it waits or fails it says so by itself.
    items.push({ kind: 'pending', pending, at: new Date(pending.at), who: `${current(state)?.session_id ?? 'next'} me${calm ? '' : pending.client_id}` });
  }
  for (const upload of state.uploads) {
    if (!known.has(upload.client_id)) items.push({ kind: 'upload', upload, at: new Date(upload.at), who: `me ${upload.client_id}` });
  }
  // An answer that is being written stands where its message will, which then takes its place without a jump.
  const { typing } = state;
  if (typing?.text) items.push({ kind: 'growing', at: typing.since, who: `${current(state)?.session_id} ${typing.name}` });
  const places = arrange(items);
  const names = new Set(state.messages.filter(theirs).map((m) => m.sender_name));
  if (typing?.text) names.add(typing.name);
  const { locale } = around;
  const out: ComponentChildren[] = [];

  items.forEach((item, i) => {
    const place = places[i]!;
    if (place.newDay) out.push(<div class="day" key={`day ${item.at.toDateString()} ${i}`} aria-live="off">{day(item.at, locale)}</div>);
    const joined = item.kind === 'message' && joins(state.messages, item.message);
    if (joined) out.push(<div class="event" dir="auto" key={`joined ${item.message.message_id}`}>{around.t('joined', { name: joined })}</div>);
    out.push(item.kind === 'growing' ? <Growing key="growing" place={place} named={names.size > 1} /> : item.kind === 'upload' ? <Rising key={item.upload.client_id} upload={item.upload} place={place} /> : item.kind === 'message'
      ? <Sent key={(!theirs(item.message) && item.message.client_id) || item.message.message_id} message={item.message} place={place} named={names.size > 1} />
      : <Unsent key={item.pending.client_id} pending={item.pending} place={place} calm={!item.who.endsWith(item.pending.client_id)} />);
    const next = items[i + 1];
    const session = item.kind === 'message' && state.sessions.find((s) => s.session_id === item.message.session_id);
    if (session && session.status === 'closed' && !(next?.kind === 'message' && next.message.session_id === session.session_id)) {
      out.push(<div class="event" dir="auto" key={`end ${session.session_id}`}>{ending(session, around)}</div>);
    }
  });
  return out;
}

/** The name of an agent who takes over from another, or from a bot, with this message. */
function joins(messages: Message[], message: Message): string | undefined {
  if (message.sender !== 'agent' || !message.sender_name) return;
  const before = messages.findLast((m) => m.session_id === message.session_id && theirs(m) && (m.seq ?? 0) < (message.seq ?? 0));
  return before && before.sender_name !== message.sender_name ? message.sender_name : undefined;
}

function ending(session: VisitorSession, { chat, t }: Surroundings): string {
  if (chat.talk!.endedHere(session.session_id)) return t('youEnded');
  return session.agent ? t('theyClosed', { name: session.agent.name }) : t('closed');
}

/** Whoever is typing. */
function writer(state: State) {
  const { name = '' } = state.typing ?? {};
  const person = partner(state);
  return name ? { name, ...(person?.name === name && person) } : person ?? { name: state.config?.name ?? '' };
}

/** What a bot has written of its answer. It is read out when it is a message. */
function Growing({ place, named }: { place: Place; named: boolean }) {
  const { t, locale } = useAround();
  const state = useChat((s) => s);
  if (!state.typing) return null;
  const { name, text, since } = state.typing;
  return (
    <Bubble place={place} mine={false} quiet at={since} locale={locale} person={writer(state)} meta={t('typing', { name: name || t('someone') })} {...(named && name && { who: name })}>
      <Body text={text} marks />
    </Bubble>
  );
}

function Sent({ message, place, named }: { message: Message; place: Place; named: boolean }) {
  const { chat, t, locale } = useAround();
  const state = useChat((s) => s);
  const mine = !theirs(message);
  const at = new Date(message.timestamp);
  const session = state.sessions.find((s) => s.session_id === message.session_id);
  const time = clock(at, locale);
  const [shown, setShown] = useState<{ file: Attachment; load(): Promise<Blob> } | null>(null);
  const meta = mine ? t((session?.agent_seen_seq ?? 0) >= (message.seq ?? 0) ? 'read' : 'sent', { time })
    : message.edited_at && !message.deleted_at ? t('edited', { time }) : time;
  return (
    <Bubble place={place} mine={mine} quiet={mine} at={at} locale={locale} class={message.deleted_at ? 'gone' : ''}
      meta={place.last && <time dateTime={message.timestamp} dir="auto">{meta}</time>}
      {...(!mine && { person: personOf(state, message) })} {...(!mine && named && message.sender_name && { who: message.sender_name })}>
      {message.deleted_at ? t('deleted') : (
        <>
          {message.message && <Words text={message.message} translation={message.translation} marks={!mine} original={t('original')} translated={t('translated')} />}
          {message.attachments.map((file) => (
            <AttachmentView key={file.file_id} file={file} locale={locale} load={(f) => chat.talk!.blob(`/${f.url}`)} label={t('saveFile')} failed={t('noFile')}
              enlarge={t('enlarge')} onEnlarge={(f, load) => setShown({ file: f, load })} />
          ))}
        </>
      )}
      {shown && <Viewer {...shown} done={() => setShown(null)} />}
    </Bubble>
  );
}

function Unsent({ pending, place, calm }: { pending: Pending; place: Place; calm: boolean }) {
  const { chat, t, locale } = useAround();
  const { client_id: id, state, why, said } = pending;
  const words: Key = why === 'forbidden' || why === 'banned' ? 'forbidden' : why === 'body_too_large' || why === 'message' ? 'tooLong' : 'refused';
  const meta = state === 'refused'
    ? <>{said ? <>{t('failed')} <bdi>{said}</bdi></> : t(words)} <button type="button" onClick={() => chat.talk!.discard(id, true)}>{t('edit')}</button> <button type="button" onClick={() => chat.talk!.discard(id, false)}>{t('discard')}</button></>
    : state === 'failed'
      ? <>{t(why === 'challenge_required' ? 'challenge' : 'failed')} <button type="button" onClick={() => chat.talk!.retry(id)}>{t('again')}</button></>
      : place.last && t(calm ? 'sending' : 'waiting');
  return (
    <Bubble place={place} mine quiet at={new Date(pending.at)} locale={locale} state={state === 'waiting' ? 'sending' : 'failed'} meta={meta}>
      <Body text={pending.text} marks={false} />
    </Bubble>
  );
}
