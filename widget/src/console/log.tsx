import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { firstName } from '../shared/format';
import { down, Icon } from '../shared/icons';
import { Bubble, Typing } from '../shared/message';
import type { Message, Person, Session } from '../shared/types';
import { useActs } from './acts';
import { emptyLog, woven, type Log } from './model';
import { Said } from './said';
import { type Outgoing, type Typing as Writing } from './state';
import { loadOlder, loadThread, tellSeen } from './thread';
import { face, locale, useApp, visitorFace } from './use';
import { t } from './words';

const sizeOf = (el: HTMLElement) => `${el.clientWidth} ${el.clientHeight}`;
const near = 80; // as close to the end as this counts as being there

/** What was said, oldest first, with what is on its way at the end. */
export function LogView({ id }: { id: string }) {
  const log = useApp((s) => s.logs.get(id)) ?? emptyLog;
  const session = useApp((s) => s.sessions.get(id));
  const all = useApp((s) => s.outbox);
  const typing = useApp((s) => s.typing.get(id)?.visitor);
  const bot = useApp((s) => s.typing.get(id)?.bot);
  const box = useRef<HTMLDivElement>(null);
  const rising = useApp((s) => s.uploads);
  const going = useMemo(() => rising.filter((u) => u.session === id), [rising, id]);
  const pending = useMemo(() => all.filter((o) => o.session_id === id), [all, id]);
  const messages = useMemo(() => woven(log), [log.messages, log.notes]);
  const { stuck, fresh, toEnd, onScroll } = useStick(box, messages, pending, (typing?.preview ?? '') + (bot?.preview ?? '') + !!typing + !!bot, log.state === 'ready');
  useOlder(box, id, log.older, log.olderState);
  useAsked(box, id, log, onScroll);
  useSeen(id, stuck, messages);
  const news = useNews(messages, pending, log.state === 'ready');
  const seen = useUnseen(id, session);
  const unread = useFirstNew(box, id, log, seen, messages, onScroll);
  const acts = useActs(box, messages);

  if (log.state === 'failed') {
    return <div class="thread"><div class="still" role="status"><p>{t('logFailed')} {log.error}</p><button class="ghost" onClick={() => void loadThread(id)}>{t('tryAgain')}</button></div></div>;
  }
  const name = session?.visitor_name ?? '';
  return (
    <div class="thread-box">
      <div class="thread" ref={box} onScroll={() => { onScroll(); acts.shut(); }} onClick={acts.onClick} onKeyDown={acts.onKeyDown} role="log" aria-live="off" tabIndex={0} aria-label={t('logOf', { name })} aria-busy={log.state === 'loading'}>
        <div class="talk">
          <div class="top">
            {log.olderState === 'failed'
              ? <button class="ghost" onClick={() => void loadOlder(id)}>{t('olderFailed')}</button>
              : log.state === 'loading' ? <span class="slow">{t('readingLog')}</span> : log.older && <span>{t('readingOlder')}</span>}
          </div>
          <Said messages={messages} pending={pending} going={going} session={session} began={log.state === 'ready' && !log.older} seen={seen} atEnd={stuck} />
          {session?.status === 'closed' && log.state === 'ready' && <Rated session={session} />}
          {bot && <Growing who={bot} name={bot.name || t('bot')} mine />}
          {typing && <Growing who={typing} name={name} person={visitorFace(name, session?.visitor_id)} />}
        </div>
      </div>
      {acts.list}
      <div class="sr" role="status">{news}</div>
      {unread.count > 0 && <button class="pill top-pill" onClick={unread.go}><Icon of={down} />{t('firstNew', { n: unread.count })}</button>}
      {fresh > 0 && <button class="pill" onClick={toEnd}><Icon of={down} />{t('newMessages', { n: fresh })}</button>}
    </div>
  );
}

/** What somebody writes as they write it, where it may be seen; else three dots. */
function Growing({ who, name, person = face(name), mine = false }: { who: Writing; name: string; person?: Person; mine?: boolean }) {
  if (!who.preview) return <Typing person={person} label={t('isTyping', { name: firstName(name) })} />;
  return (
    <Bubble place={{ first: true, last: true, newDay: false }} mine={mine} at={new Date()} locale={locale} person={mine ? undefined : person} class="growing" quiet
      meta={t('unsentYet', { name: firstName(name) })}>{who.preview}</Bubble>
  );
}

/** The seq up to which this side had read when the conversation was opened; undefined where nothing was new. */
function useUnseen(id: string, session: Session | undefined): number | undefined {
  const at = useRef<{ id: string; seq: number | undefined } | undefined>(undefined);
  if (session && at.current?.id !== id) at.current = { id, seq: session.unread > 0 ? session.agent_seen_seq : undefined };
  return at.current?.seq;
}

/** The way to the first message that nobody had read, while it is out of sight. */
function useFirstNew(box: { current: HTMLDivElement | null }, id: string, log: Log, seen: number | undefined, messages: Message[], scrolled: () => void) {
  const [away, setAway] = useState(false);
  const [wanted, setWanted] = useState(false);
  const been = useRef(false);
  const loaded = seen !== undefined && (log.messages[0]?.seq ?? Infinity) <= seen + 1;
  useEffect(() => {
    if (seen === undefined || log.state !== 'ready' || been.current) return;
    const line = box.current?.querySelector('.fresh');
    if (!line) { setAway(!loaded); return; }
    const look = new IntersectionObserver(([entry]) => {
      if (entry!.isIntersecting) { been.current = true; setAway(false); look.disconnect(); } else setAway(true);
    }, { root: box.current });
    look.observe(line);
    return () => look.disconnect();
  }, [seen, log.state, loaded]);
  const go = () => {
    const line = box.current?.querySelector('.fresh');
    if (!loaded) { setWanted(true); if (!log.olderState) void loadOlder(id, 200); return; }
    setWanted(false);
    line?.scrollIntoView({ block: 'center' });
    scrolled();
  };
  useEffect(() => { if (wanted) go(); }, [wanted, log]);
  const count = away && seen !== undefined ? Math.max(0, (messages.at(-1)?.seq ?? log.messages.at(-1)?.seq ?? 0) - seen) : 0;
  return { count, go };
}

/** Keeps the end in sight while the reader is there, and their place while they are not. */
function useStick(box: { current: HTMLDivElement | null }, messages: Message[], pending: Outgoing[], typing: unknown, ready: boolean) {
  const stick = useRef(true);
  const [stuck, setStuck] = useState(true);
  const [fresh, setFresh] = useState(0);
  const last = useRef({ first: '', end: '', sent: 0 });
  const size = useRef('');

  // Older messages come above: what is read stays where it is. Its place is measured before they are drawn.
  const top = (id: string) => box.current?.querySelector(`[data-message="${CSS.escape(id)}"]`)?.getBoundingClientRect().top;
  const older = last.current.first && messages[0]?.message_id !== last.current.first ? top(last.current.first) : undefined;

  const jump = () => { const el = box.current; if (el) el.scrollTop = el.scrollHeight; };
  const onScroll = () => {
    const el = box.current!;
    if (size.current && sizeOf(el) !== size.current) return; // nobody scrolls: a turned phone lays all of it out anew, and below it goes to the end
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
    } else if (older !== undefined) {
      el.scrollTop += (top(was.first) ?? older) - older;
    } else if (end !== was.end) {
      const from = messages.findIndex((m) => m.message_id === was.end);
      const news = messages.slice(from + 1).filter((m) => m.sender === 'visitor' || m.note).length;
      setFresh((n) => n + news);
    }
    last.current = { first, end, sent: pending.length };
  }, [messages, pending, typing, ready]);

  // The field below grows, a keyboard comes up: the end stays in sight.
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const sized = new ResizeObserver(() => { size.current = sizeOf(el); if (stick.current) jump(); });
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
  return failed ? `${t('notSent')} ${failed.error ?? ''}` : news;
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

function Rated({ session: s }: { session: Session }) {
  if (!s.rating) return null;
  return <div class="event">{t('rated', { n: s.rating.score })}{s.rating.comment ? `: “${s.rating.comment}”` : ''}</div>;
}
