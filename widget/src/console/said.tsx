// What stands in the log: messages, notes, lines about the conversation, and what is on its way.
import { Component, Fragment, type ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { AttachmentView } from '../shared/attachment';
import { day, exact, firstName } from '../shared/format';
import { Icon, more, note as noteIcon } from '../shared/icons';
import { arrange, Body, Bubble, type Place } from '../shared/message';
import { Words } from '../shared/words';
import { Going } from '../shared/staged';
import type { Message, Session } from '../shared/types';
import type { Upload } from '../shared/upload';
import { Offered } from './answers';
import { Editing } from './editing';
import { keep } from './changing';
import { takeBackInto, undo, write } from './field';
import { begun, known, opening, place as placed, type Remark } from './history';
import { reason, release, tryAgain } from './outbox';
import { blob } from './server';
import type { Outgoing } from './state';
import { uploads } from './uploads';
import { locale, time, useApp, visitorFace } from './use';
import { t } from './words';

/** One thing of the log. */
interface Thing {
  message: Message;
  place: Place;
  /** Lines about the conversation before it, and before the heading of its day. */
  lines?: Remark[] | undefined;
  over?: Remark[] | undefined;
  /** The first one that its reader has not seen. */
  fresh: boolean;
  /** What is being done with it. */
  state?: 'editing' | 'removing' | undefined;
}

interface Reader {
  me: string | undefined;
  visitor: string;
  visitorID: string | undefined;
  /** The seq up to which the visitor has read. */
  read: number;
  write: boolean;
}

const stretch = 40;

export interface SaidProps {
  messages: Message[];
  pending: Outgoing[];
  going: Upload[];
  session: Session | undefined;
  /** The first of them is the first of all. */
  began: boolean;
  /** The seq after which nothing had been seen when the conversation was opened. */
  seen: number | undefined;
  /** The end is in sight. Whoever reads back has all of it laid out, so that nothing moves under the eye. */
  atEnd: boolean;
}

export function Said({ messages, pending, going, session, began, seen, atEnd }: SaidProps) {
  const me = useApp((s) => s.me?.agent_id);
  const mayWrite = useApp((s) => s.scopes.includes('write'));
  const editing = useApp((s) => s.editing);
  const removing = useApp((s) => s.removing);
  const places = useMemo(() => arrange([
    ...messages.map((m) => ({ who: writer(m), at: new Date(m.timestamp) })),
    ...pending.map((o) => ({ who: o.note ? o.client_id : `agent ${o.agent_id}`, at: new Date(o.at) })),
  ]), [messages, pending]);
  const history = useApp((s) => s.histories.get(session?.session_id ?? ''));
  const [opener, entries] = useMemo(() => begun(known(history?.entries ?? [], session), session), [history, session?.closed_at]);
  const remarks = useMemo(() => placed(entries, messages, began, session, me), [entries, messages, began, session?.visitor_name, me]);
  const start = useMemo(() => (began && session
    ? { text: opening(session, opener, me), title: exact(new Date(session.created_at), locale) } : undefined), [began, session?.visitor_name, session?.created_at, opener, me]);

  const things = useMemo(() => {
    const isFresh = (m: Message) => seen !== undefined && m.sender === 'visitor' && m.seq! > seen;
    const first = messages.findIndex(isFresh);
    return messages.map((message, i): Thing => ({
      message, place: places[i]!, fresh: i > 0 && i === first,
      lines: i || !start ? remarks.under[i] : [start, ...remarks.under[0] ?? []], over: remarks.over[i],
      state: message.message_id === editing ? 'editing' : removing.has(message.message_id) ? 'removing' : undefined,
    }));
  }, [messages, places, seen, start, remarks, editing, removing]);

  const stretches = divide(things);
  const reader: Reader = { me, visitor: session?.visitor_name ?? '', visitorID: session?.visitor_id, read: session?.visitor_seen_seq ?? 0, write: mayWrite };
  return (
    <>
      {!messages.length && start && <Lines of={[start]} />}
      {stretches.map(([number, these], i) => <Stretch key={number} far={atEnd && i < stretches.length - 2} things={these} {...reader} read={Math.min(reader.read, these.findLast((it) => it.message.seq)?.message.seq ?? 0)} />)}
      <Lines of={remarks.end} />
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

/** Cuts the log where the numbers of its messages say so: a message stays in its stretch whatever comes before or after. */
function divide(things: Thing[]): [number, Thing[]][] {
  const out: [number, Thing[]][] = [];
  let number = 0;
  for (const thing of things) {
    number = thing.message.seq ? Math.floor(thing.message.seq / stretch) : number;
    const last = out.at(-1);
    if (last?.[0] === number) last[1].push(thing); else out.push([number, [thing]]);
  }
  return out;
}

const Lines = ({ of }: { of: Remark[] }) => <>{of.map((one, i) => <div class="event" key={i} title={one.title}>{one.text}</div>)}</>;

/** Notes stand alone; everything else is grouped by who wrote it. */
const writer = (m: Message) => (m.note ? m.message_id : `${m.sender} ${m.sender_id ?? ''}`);

/** `far` from the end: it need not be laid out while it is out of sight. */
type StretchProps = Reader & { things: Thing[]; far: boolean };

/** Some messages in a row, drawn again only when one of them is another: a log of thousands costs no more than its end. */
class Stretch extends Component<StretchProps> {
  override shouldComponentUpdate(next: StretchProps) {
    const now = this.props;
    return now.me !== next.me || now.visitor !== next.visitor || now.visitorID !== next.visitorID || now.read !== next.read || now.write !== next.write || now.far !== next.far
      || now.things.length !== next.things.length || now.things.some((thing, i) => !same(thing, next.things[i]!));
  }

  override render() {
    const { things, far, ...reader } = this.props;
    return <div class={far ? 'stretch far' : 'stretch'}>{things.map((thing) => {
      const { message: m, place, lines, over, fresh } = thing;
      // Keyed as a whole: a message keeps its element when others come above it.
      return (
        <Fragment key={m.message_id}>
          {over && <Lines of={over} />}
          {place.newDay && <div class="day">{day(new Date(m.timestamp), locale)}</div>}
          {lines && <Lines of={lines} />}
          {fresh && <div class="fresh"><span>{t('fresh')}</span></div>}
          {m.note ? <Note thing={thing} {...reader} /> : <One thing={thing} {...reader} />}
        </Fragment>
      );
    })}</div>;
  }
}

const alike = (a?: Remark[], b?: Remark[]) => a === b || a?.length === b?.length && !!a?.every((one, i) => one.text === b![i]!.text);

const same = (a: Thing, b: Thing) => a.message === b.message && alike(a.lines, b.lines) && alike(a.over, b.over) && a.fresh === b.fresh && a.state === b.state
  && a.place.first === b.place.first && a.place.last === b.place.last && a.place.newDay === b.place.newDay;

/** The way to what can be done with a message. One list serves all of them: it is drawn where the button was pressed. */
const Do = ({ message: m }: { message: Message }) => (
  <button type="button" class="do" tabIndex={-1} data-do={m.message_id} aria-label={t('doWith')} title={t('doWith')} aria-haspopup="menu"><Icon of={more} /></button>
);

function One({ thing: { message: m, place, state }, me, visitor: name, visitorID: id, read: upTo, write: may }: Reader & { thing: Thing }) {
  const visitor = m.sender === 'visitor';
  const other = !visitor && m.sender_id !== me;
  const read = !visitor && m.seq! <= upTo;
  const meta = state === 'removing' ? <span>{t('removedSoon')} <button onClick={() => keep(m.message_id)}>{t('undo')}</button></span> : [
    other && place.last && (firstName(m.sender_name ?? '') || t(m.sender === 'bot' ? 'bot' : 'team')),
    (place.last || m.edited_at) && time(m.timestamp),
    m.edited_at && !m.deleted_at && t('edited'),
    place.last && !visitor && t(read ? 'read' : 'sent'),
  ].filter(Boolean).join(', ');
  if (state === 'editing') return <Editing message={m} />;
  return (
    <Bubble id={m.message_id} place={place} mine={!visitor} at={new Date(m.timestamp)} locale={locale} person={visitor ? visitorFace(name || m.sender_name || '', id) : undefined}
      meta={meta} class={m.deleted_at || state === 'removing' ? 'gone' : ''}>
      {m.deleted_at ? t('messageDeleted') : (
        <>
          {m.message && <Words text={m.message} translation={m.translation} own={!visitor} marks={!visitor} original={t('original')} translated={t('translated')} />}
          {m.quick_replies && <Offered list={m.quick_replies} />}
          {m.attachments.map((a) => (
            <AttachmentView key={a.file_id} file={a} locale={locale} load={(f) => blob(f.url)} label={t('download')} failed={t('fileFailed')} />
          ))}
          {may && state !== 'removing' && <Do message={m} />}
        </>
      )}
    </Bubble>
  );
}

function Note({ thing: { message: m, state }, me, write: may }: Reader & { thing: Thing }) {
  if (state === 'editing') return <Editing message={m} />;
  const meta = state === 'removing' && <span>{t('removedSoon')} <button onClick={() => keep(m.message_id)}>{t('undo')}</button></span>;
  return (
    <NoteBox id={m.message_id} at={m.timestamp} text={m.deleted_at ? t('noteDeleted') : m.message} name={m.sender_id === me ? undefined : m.sender_name ?? t('somebody')}
      meta={meta} edited={!!m.edited_at && !m.deleted_at} state={m.deleted_at || state === 'removing' ? 'gone' : ''}>
      {may && !m.deleted_at && !meta && <Do message={m} />}
    </NoteBox>
  );
}

interface NoteBoxProps { id?: string; name?: string | undefined; at: string; text: string; edited?: boolean; meta?: ComponentChildren; state?: string; children?: ComponentChildren }

/** Without a name it is one's own. */
function NoteBox({ id, name, at, text, edited, meta, state = '', children }: NoteBoxProps) {
  return (
    <div class={`noteb ${state}`} data-message={id} title={exact(new Date(at), locale)}>
      <small><Icon of={noteIcon} />{name ? <span>{t('noteBy')} <bdi>{name}</bdi></span> : <span>{t('noteMine')}</span>}{!meta && <time dateTime={at}>{time(at)}{edited && `, ${t('edited')}`}</time>}</small>
      <div class="text" dir="auto"><Mentioning text={text} /></div>
      {meta && <div class="meta">{meta}</div>}
      {children}
    </div>
  );
}

/** A note's text, with the colleagues whom it names standing out. */
function Mentioning({ text }: { text: string }) {
  const agents = useApp((s) => s.agents);
  const names = useMemo(() => agents.map((a) => a.name), [agents]);
  return <Body text={text} marks plain={(part) => mentions(part, names).map((one, i) => (i % 2 ? <b class="at" key={i}>{one}</b> : one))} />;
}

/** The text in turns: plain, a mention with its sign, plain … Of two names that begin alike the longer one counts. */
export function mentions(text: string, names: string[]): string[] {
  if (!text.includes('@') || !names.length) return [text];
  const any = [...names].sort((a, b) => b.length - a.length).map((n) => n.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text.split(new RegExp(`(@(?:${any}))(?![\\p{L}\\p{Nd}])`, 'giu'));
}

function Unsent({ item, place }: { item: Outgoing; place: Place }) {
  const failed = item.state === 'failed';
  const meta = failed
    ? (
      <span>{t('notSent')} {item.error} {item.temporary && <><button onClick={() => tryAgain(item.client_id)}>{t('tryAgain')}</button>{' '}</>}
        <button onClick={() => takeBackInto(item.session_id, item.client_id)}>{t('edit')}</button></span>
    )
    : item.state === 'held' ? (
      <span>{t(item.thenClose ? 'heldClose' : 'heldFor')} <button onClick={() => undo(item.session_id)}>{t('undo')}</button>{' '}<button onClick={() => { release(item.session_id, item.client_id); write(); }}>{t('sendNow')}</button></span>
    )
    : t(item.state === 'waiting' ? 'waiting' : 'sending');
  if (item.note) return <NoteBox at={item.at} text={item.text} meta={meta} state={failed ? 'failed' : 'sending'} />;
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
      {failed ? `${t('notSent')} ${u.error ? reason(u.error) : ''} ` : u.state === 'sending' ? `${t('sendingPart', { n: Math.round(u.progress * 100) })} ` : `${t('waiting')} `}
      {failed && (u.error?.temporary ?? true) && <><button onClick={() => uploads.retry(u.client_id)}>{t('tryAgain')}</button>{' '}</>}
      <button onClick={() => uploads.cancel(u.client_id)}>{t(failed ? 'remove' : 'cancel')}</button>
    </span>
  );
  return (
    <Bubble place={{ first: true, last: true, newDay: false }} mine state={failed ? 'failed' : 'sending'} at={new Date(u.at)} locale={locale} meta={meta}>
      <Going upload={u} label={t('sendingFile', { name: u.file.name })} locale={locale} />
    </Bubble>
  );
}
