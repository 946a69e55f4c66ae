import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { day, exact, firstName } from '../shared/format';
import { down, Icon, note as noteIcon } from '../shared/icons';
import { Offered } from './answers';
import { AttachmentView } from '../shared/attachment';
import { Going } from '../shared/staged';
import type { Upload } from '../shared/upload';
import { blob } from './server';
import { uploads } from './uploads';
import { arrange, Body, Bubble, Typing, type Place } from '../shared/message';
import type { Message, Session } from '../shared/types';
import { emptyLog, woven, type Log } from './model';
import { takeBackInto, undo, write } from './field';
import { reason, release, tryAgain } from './outbox';
import { t } from './words';
import { type Outgoing } from './state';
import { loadOlder, loadThread, tellSeen } from './thread';
import { face, locale, time, useApp } from './use';

const near = 80; // as close to the end as this counts as being there

/** What was said, oldest first, with what is on its way at the end. */
export function LogView({ id }: { id: string }) {
  const log = useApp((s) => s.logs.get(id)) ?? emptyLog;
  const session = useApp((s) => s.sessions.get(id));
  const all = useApp((s) => s.outbox);
  const typing = useApp((s) => s.typing.get(id)?.visitor);
  const box = useRef<HTMLDivElement>(null);
  const rising = useApp((s) => s.uploads);
  const going = useMemo(() => rising.filter((u) => u.session === id), [rising, id]);
  const pending = useMemo(() => all.filter((o) => o.session_id === id), [all, id]);
  const messages = useMemo(() => woven(log), [log.messages, log.notes]);
  const { stuck, fresh, toEnd, onScroll } = useStick(box, messages, pending, typing, log.state === 'ready');
  useOlder(box, id, log.older, log.olderState);
  useAsked(box, id, log, onScroll);
  useSeen(id, stuck, messages);
  const news = useNews(messages, pending, log.state === 'ready');

  if (log.state === 'failed') {
    return <div class="thread"><div class="still" role="status"><p>The messages could not be read. {log.error}</p><button class="ghost" onClick={() => void loadThread(id)}>Try again</button></div></div>;
  }
  const name = session?.visitor_name ?? '';
  return (
    <div class="thread-box">
      <div class="thread" ref={box} onScroll={onScroll} role="log" aria-live="off" tabIndex={0} aria-label={`Messages with ${name}`} aria-busy={log.state === 'loading'}>
        <div class="talk">
          <div class="top">
            {log.olderState === 'failed'
              ? <button class="ghost" onClick={() => void loadOlder(id)}>Older messages could not be read. Try again</button>
              : log.older && <span>Reading older messages…</span>}
          </div>
          <Messages messages={messages} pending={pending} going={going} session={session} began={log.state === 'ready' && !log.older} />
          {session?.status === 'closed' && log.state === 'ready' && <Ended session={session} />}
          {typing && <Typing person={face(name)} label={`${firstName(name)} is writing`} />}
        </div>
      </div>
      <div class="sr" role="status">{news}</div>
      {fresh > 0 && <button class="pill" onClick={toEnd}><Icon of={down} />{fresh === 1 ? '1 new message' : `${fresh} new messages`}</button>}
    </div>
  );
}

/** Keeps the end in sight while the reader is there, and their place while they are not. */
function useStick(box: { current: HTMLDivElement | null }, messages: Message[], pending: Outgoing[], typing: unknown, ready: boolean) {
  const stick = useRef(true);
  const [stuck, setStuck] = useState(true);
  const [fresh, setFresh] = useState(0);
  const last = useRef({ first: '', height: 0, end: '', sent: 0 });

  const jump = () => { const el = box.current; if (el) el.scrollTop = el.scrollHeight; };
  const onScroll = () => {
    const el = box.current!;
    stick.current = el.scrollHeight - el.scrollTop - el.clientHeight < near;
    setStuck(stick.current);
    if (stick.current) setFresh(0);
  };

  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    const was = last.current;
    const first = messages[0]?.message_id ?? '', end = messages.at(-1)?.message_id ?? '';
    const grown = pending.length > was.sent; // one's own words are always shown
    if (stick.current || grown || !was.end) {
      stick.current = true;
      jump();
      setStuck(true);
      setFresh(0);
    } else if (first !== was.first && messages.some((m) => m.message_id === was.first)) {
      el.scrollTop += el.scrollHeight - was.height; // older ones came above: what is read stays where it is
    } else if (end !== was.end) {
      const from = messages.findIndex((m) => m.message_id === was.end);
      const news = messages.slice(from + 1).filter((m) => m.sender === 'visitor' || m.note).length;
      setFresh((n) => n + news);
    }
    last.current = { first, end, height: el.scrollHeight, sent: pending.length };
  }, [messages, pending, typing, ready]);

  // The field below grows, a keyboard comes up: the end stays in sight.
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const sized = new ResizeObserver(() => { if (stick.current) jump(); });
    sized.observe(el);
    sized.observe(el.firstElementChild!);
    return () => sized.disconnect();
  }, [ready]);

  return { stuck, fresh, onScroll, toEnd: () => { stick.current = true; jump(); setStuck(true); setFresh(0); } };
}

/** Reads the page before as its place comes near. */
function useOlder(box: { current: HTMLDivElement | null }, id: string, older: string | undefined, state: string | undefined) {
  useEffect(() => {
    const top = box.current?.querySelector('.top');
    if (!older || state || !top) return;
    const near = new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) void loadOlder(id); }, { root: box.current, rootMargin: '600px 0px 0px' });
    near.observe(top);
    return () => near.disconnect();
  }, [id, older, state]);
}

/** Shows the message that the address asks for: what lies between is read first. */
function useAsked(box: { current: HTMLDivElement | null }, id: string, log: Log, scrolled: () => void) {
  const asked = useApp((s) => (s.open === id ? s.at : undefined));
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!asked) shown.current = undefined;
    if (!asked || asked === shown.current || log.state !== 'ready') return;
    const el = box.current?.querySelector(`[data-message="${CSS.escape(asked)}"]`);
    if (!el) {
      if (log.older && !log.olderState) void loadOlder(id, 200);
      return; // not in this conversation (any more), or on its way
    }
    shown.current = asked;
    el.scrollIntoView({ block: 'center' });
    scrolled();
    box.current!.querySelector('.asked')?.classList.remove('asked');
    el.classList.add('asked');
  }, [asked, log]);
}

/** What is read out: what the visitor writes and what did not go out, but neither history nor one's own words. */
function useNews(messages: Message[], pending: Outgoing[], ready: boolean): string {
  const heard = useRef('');
  const [news, setNews] = useState('');
  const failed = pending.find((o) => o.state === 'failed');
  const last = messages.at(-1);
  useEffect(() => {
    if (!ready || !last || last.message_id === heard.current) return;
    if (heard.current && last.sender === 'visitor') setNews(`${last.sender_name ?? 'Visitor'}: ${last.message}`);
    heard.current = last.message_id;
  }, [ready, last]);
  return failed ? `Not sent. ${failed.error ?? ''}` : news;
}

/** Says that it has been seen only while the end is in sight, in a page that is in front and has the focus. */
function useSeen(id: string, stuck: boolean, messages: Message[]) {
  useEffect(() => {
    if (!stuck || !messages.length) return;
    const look = () => { if (document.visibilityState === 'visible' && document.hasFocus()) void tellSeen(id); };
    look();
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [id, stuck, messages.at(-1)?.message_id]);
}

const Began = ({ session: s }: { session: Session }) => (
  <div class="event">{firstName(s.visitor_name)} started a conversation, <time dateTime={s.created_at} title={exact(new Date(s.created_at), locale)}>{time(s.created_at)}</time></div>
);

function Ended({ session: s }: { session: Session }) {
  if (!s.closed_at) return null;
  const at = new Date(s.closed_at);
  return (
    <>
      <div class="event">Closed {day(at, locale).toLowerCase() === 'today' ? 'today' : day(at, locale)}, <time dateTime={s.closed_at} title={exact(at, locale)}>{time(s.closed_at)}</time>{s.close_reason ? `: ${s.close_reason}` : ''}</div>
      {s.rating && <div class="event">Rated {s.rating.score} of 5{s.rating.comment ? `: “${s.rating.comment}”` : ''}</div>}
    </>
  );
}

/** `began`: the first of them is the first of all. */
function Messages({ messages, pending, going, session, began }: { messages: Message[]; pending: Outgoing[]; going: Upload[]; session?: Session; began: boolean }) {
  const me = useApp((s) => s.me);
  const places = useMemo(() => arrange([
    ...messages.map((m) => ({ who: writer(m), at: new Date(m.timestamp) })),
    ...pending.map((o) => ({ who: o.note ? o.client_id : `agent ${o.agent_id}`, at: new Date(o.at) })),
  ]), [messages, pending]);
  const start = began && session && <Began key="began" session={session} />;
  return (
    <>
      {!messages.length && start}
      {messages.map((m, i) => [
        places[i]!.newDay && <div class="day" key={`day ${m.message_id}`}>{day(new Date(m.timestamp), locale)}</div>,
        !i && start,
        m.note
          ? <Note key={m.message_id} id={m.message_id} name={m.sender_id === me?.agent_id ? undefined : m.sender_name ?? 'somebody'} at={m.timestamp} text={m.message} />
          : <Said key={m.message_id} message={m} place={places[i]!} session={session} me={me?.agent_id} />,
      ])}
      {pending.map((o, i) => {
        const place = places[messages.length + i]!;
        return [
          place.newDay && <div class="day" key={`day ${o.client_id}`}>{day(new Date(o.at), locale)}</div>,
          <Unsent key={o.client_id} item={o} place={place} />,
        ];
      })}
      {going.map((u) => <Rising key={u.client_id} upload={u} />)}
    </>
  );
}

/** Notes stand alone; everything else is grouped by who wrote it. */
const writer = (m: Message) => (m.note ? m.message_id : `${m.sender} ${m.sender_id ?? ''}`);

function Said({ message: m, place, session, me }: { message: Message; place: Place; session?: Session; me?: string }) {
  const visitor = m.sender === 'visitor';
  const other = !visitor && m.sender_id !== me;
  const read = !visitor && m.seq! <= (session?.visitor_seen_seq ?? 0);
  const meta = [
    other && place.last && (firstName(m.sender_name ?? '') || (m.sender === 'bot' ? 'Bot' : 'Team')),
    (place.last || m.edited_at) && time(m.timestamp),
    m.edited_at && !m.deleted_at && 'edited',
    place.last && !visitor && (read ? 'read' : 'sent'),
  ].filter(Boolean).join(', ');
  return (
    <Bubble id={m.message_id} place={place} mine={!visitor} at={new Date(m.timestamp)} locale={locale} person={visitor ? face(session?.visitor_name ?? m.sender_name ?? '') : undefined}
      meta={meta} class={m.deleted_at ? 'gone' : ''}>
      {m.deleted_at ? 'Message deleted' : (
        <>
          {m.message && <Body text={m.message} marks={!visitor} />}
          {m.quick_replies && <Offered list={m.quick_replies} />}
          {m.attachments.map((a) => (
            <AttachmentView key={a.file_id} file={a} locale={locale} load={(f) => blob(f.url)} label="Download" failed="It could not be loaded. Try again" />
          ))}
        </>
      )}
    </Bubble>
  );
}

/** Without a name it is one's own. */
function Note({ id, name, at, text, meta, state = '' }: { id?: string; name?: string; at: string; text: string; meta?: preact.ComponentChildren; state?: string }) {
  return (
    <div class={`noteb ${state}`} data-message={id} title={exact(new Date(at), locale)}>
      <small><Icon of={noteIcon} />{name ? <span>Note to the team, <bdi>{name}</bdi></span> : <span>Your note to the team</span>}{!meta && <time dateTime={at}>{time(at)}</time>}</small>
      <div class="text" dir="auto"><Body text={text} marks /></div>
      {meta && <div class="meta">{meta}</div>}
    </div>
  );
}

function Unsent({ item, place }: { item: Outgoing; place: Place }) {
  const failed = item.state === 'failed';
  const meta = failed
    ? (
      <span>{t('notSent')} {item.error} {item.temporary && <><button onClick={() => tryAgain(item.client_id)}>{t('tryAgain')}</button>{' '}</>}
        <button onClick={() => takeBackInto(item.session_id, item.client_id)}>{t('edit')}</button></span>
    )
    : item.state === 'held' ? (
      <span>{t('heldFor')} <button onClick={() => undo(item.session_id)}>{t('undo')}</button>{' '}<button onClick={() => { release(item.session_id, item.client_id); write(); }}>{t('sendNow')}</button></span>
    )
    : t(item.state === 'waiting' ? 'waiting' : 'sending');
  if (item.note) return <Note at={item.at} text={item.text} meta={meta} state={failed ? 'failed' : 'sending'} />;
  return (
    <Bubble place={{ ...place, last: true }} mine state={failed ? 'failed' : 'sending'} at={new Date(item.at)} locale={locale} meta={meta}>
      <Body text={item.text} marks />
    </Bubble>
  );
}

/** A file on its way. */
function Rising({ upload: u }: { upload: Upload }) {
  const failed = u.state === 'failed';
  const meta = (
    <span>
      {failed ? `Not sent. ${u.error ? reason(u.error) : ''} ` : u.state === 'sending' ? `Sending, ${Math.round(u.progress * 100)} % ` : 'Waiting to send '}
      {failed && (u.error?.temporary ?? true) && <><button onClick={() => uploads.retry(u.client_id)}>Try again</button>{' '}</>}
      <button onClick={() => uploads.cancel(u.client_id)}>{failed ? 'Remove' : 'Cancel'}</button>
    </span>
  );
  return (
    <Bubble place={{ first: true, last: true, newDay: false }} mine state={failed ? 'failed' : 'sending'} at={new Date(u.at)} locale={locale} meta={meta}>
      <Going upload={u} label={`Sending ${u.file.name}`} locale={locale} />
    </Bubble>
  );
}
