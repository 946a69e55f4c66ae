import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { exact, firstName } from '../shared/format';
import { plain } from '../shared/text';
import { clockFace, Icon } from '../shared/icons';
import type { Session } from '../shared/types';
import { isUnread, loadMore, rows } from './lists';
import { activity, waits, type View } from './model';
import { link } from './route';
import { choose } from './choose';
import { get, promise, store, type State } from './state';
import { ago, face, locale, span, until, useApp, visitorFace } from './use';
import { alsoReading } from './viewing';
import { t } from './words';

const height = 60; // of a row, as the style sheet has it
const spare = 6; // rows drawn beyond either edge
const step = 250; // ms at least between two moves of the list that others bring about

let move: ((by: number) => string | undefined) | undefined;
/** Moves the keyboard's place in the list, as j and k do, and answers whose row it is then. By 0 it goes to where it was last. */
export const moveCursor = (by: number) => move?.(by);

/** The rows near the window only: a list of thousands costs no more than one of twenty. */
export function Rows({ view }: { view: View }) {
  const live = useRows(view);
  const { held, hold } = useHold(live);
  const list = held ?? live;
  const open = useApp((s) => s.open);
  const more = useApp((s) => s.pages[view]);
  const chosen = useApp((s) => s.chosen);
  const choosing = chosen.size > 0;
  const write = useApp((s) => s.scopes.includes('write') && view !== 'closed');
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [room, setRoom] = useState(900);
  const wanted = useRef<string | undefined>(undefined);

  useLayoutEffect(() => {
    const el = box.current!;
    el.scrollTop = 0;
    const seen = new ResizeObserver(() => setRoom(el.clientHeight));
    seen.observe(el);
    return () => seen.disconnect();
  }, [view]);

  // The next page is on its way before the end comes into sight.
  useEffect(() => {
    if (more.state === 'ready' && more.cursor && top + room + 12 * height > list.length * height) void loadMore(view);
  }, [top, room, list.length, more]);

  // Where the open conversation stood: the place goes on from there when it has left the list.
  const place = useRef(0);
  const openAt = list.findIndex((s) => s.session_id === open);
  if (openAt >= 0) place.current = openAt;

  const focusWanted = () => {
    const row = wanted.current && box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(wanted.current)}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  };
  useLayoutEffect(focusWanted); // the row may not have been drawn before

  move = (by) => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.id ?? get().open;
    const at = list.findIndex((s) => s.session_id === focused);
    const next = at < 0 ? (by < 0 ? place.current - 1 : place.current) : at + by;
    const to = Math.min(list.length - 1, Math.max(0, next));
    const el = box.current;
    if (!list[to] || !el) return undefined;
    place.current = to;
    wanted.current = list[to].session_id;
    const y = to * height;
    if (y < el.scrollTop + 8) el.scrollTop = y - 8;
    else if (y + height > el.scrollTop + el.clientHeight - 8) el.scrollTop = y + height - el.clientHeight + 8;
    setTop(el.scrollTop);
    focusWanted();
    return list[to].session_id;
  };

  const from = Math.max(0, Math.floor(top / height) - spare);
  const to = Math.min(list.length, Math.ceil((top + room) / height) + spare);
  return (
    <div class="scroll" ref={box} onPointerDown={hold} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
      <ul class={`rows ${choosing ? 'choosing' : ''}`} style={{ paddingBlockStart: `${from * height}px`, paddingBlockEnd: `${(list.length - to) * height}px` }}>
        {list.slice(from, to).map((s, i) => (
          <li key={s.session_id} aria-setsize={more.cursor ? -1 : list.length} aria-posinset={from + i + 1}>
            <Row session={s} view={view} open={s.session_id === open} />
            {write && <input type="checkbox" class="pick" tabIndex={choosing ? 0 : -1} aria-label={`Choose ${s.visitor_name}`} checked={chosen.has(s.session_id)}
              onClick={(e) => choose(s.session_id, e.shiftKey)} />}
          </li>
        ))}
      </ul>
      <End view={view} empty={!list.length} />
    </div>
  );
}

/**
 * The rows that are to be drawn. What other people do is drawn at once after a quiet moment, and where much is going on
 * in steps: a list that moves with every event is nothing to read, and takes time from whoever is writing.
 */
function useRows(view: View): Session[] {
  const [list, setList] = useState(() => rows(get()));
  useLayoutEffect(() => {
    let shown: Session[] | undefined, last = 0, timer: ReturnType<typeof setTimeout> | undefined;
    let own: unknown[] = []; // what this person has asked for
    const draw = () => {
      clearTimeout(timer);
      timer = undefined;
      last = Date.now();
      setList(shown = rows(get()));
    };
    const look = () => {
      const s = get(), asked = [s.pages[view], s.filter, s.open];
      const wait = asked.some((one, i) => one !== own[i]) ? 0 : last + step - Date.now();
      own = asked;
      if (rows(s) === shown) return;
      if (wait <= 0) draw(); else timer ??= setTimeout(draw, wait);
    };
    look();
    const stop = store.subscribe(look);
    return () => { clearTimeout(timer); stop(); };
  }, [view]);
  return list;
}

/** The list as it was when the pointer went down, until it has come up: what is pressed must not move away under it. */
function useHold(live: Session[]) {
  const [held, setHeld] = useState<Session[]>();
  useLayoutEffect(() => { // before the pointer can have come up again
    if (!held) return;
    const release = () => { setTimeout(() => setHeld(undefined)); }; // after the click that it becomes
    const late = setTimeout(release, 3000); // it came up where nobody heard of it
    addEventListener('pointerup', release, true);
    addEventListener('pointercancel', release, true);
    return () => {
      clearTimeout(late);
      removeEventListener('pointerup', release, true);
      removeEventListener('pointercancel', release, true);
    };
  }, [held]);
  return { held, hold: () => setHeld(live) };
}

const nothing: Record<View, [string, string]> = {
  mine: ['Nothing is waiting for you', 'Conversations that you claim or answer stand here.'],
  unassigned: ['Nobody is waiting', 'Every open conversation is in somebody’s hands.'],
  open: ['No open conversations', 'A new one appears here by itself.'],
  later: ['Nothing has been put off', 'What you put off comes back at its time, or when they write.'],
  closed: ['Nothing has been closed yet', 'Closed conversations stay here to be read again.'],
};

/** What stands after the last row: that more is coming, that it did not come, or that there is nothing. */
function End({ view, empty }: { view: View; empty: boolean }) {
  const { state, error, cursor } = useApp((s) => s.pages[view]);
  const filtered = useApp((s) => Object.values(s.filter).some(Boolean));
  if (state === 'failed') {
    return (
      <div class="end" role="status">
        <p>{empty ? 'The conversations could not be read.' : 'Older conversations could not be read.'} {error}</p>
        <button class="ghost" onClick={() => void loadMore(view)}>Try again</button>
      </div>
    );
  }
  if (state !== 'ready' && empty) return <Bones />;
  if (state !== 'ready' || cursor) return <p class="end" role="status">Reading older ones…</p>;
  if (!empty) return null;
  if (filtered) return <div class="end empty" role="status"><b>Nothing of that kind</b><p>No conversation here is what the filter asks for.</p></div>;
  const [title, more] = nothing[view];
  return <div class="end empty" role="status"><b>{title}</b><p dir="auto">{more}</p></div>;
}

/** The shape of rows while the first ones are read. */
const Bones = () => (
  <div class="bones" role="status"><span class="sr">Reading conversations…</span>
    {[62, 48, 70, 55, 66].map((w) => <div key={w} aria-hidden="true"><i /><span style={{ inlineSize: `${w}%` }} /><span style={{ inlineSize: `${w + 18}%` }} /></div>)}
  </div>
);

const clockOf = (s: State) => s.now;

interface RowProps { session: Session; view: View; open: boolean }

/** A row is drawn again when it is another one, not when others move. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps) {
    return next.session !== this.props.session || next.view !== this.props.view || next.open !== this.props.open;
  }

  override render() { return <Drawn {...this.props} />; }
}

function Drawn({ session: s, view, open }: RowProps) {
  const now = useApp(clockOf);
  const unread = useApp((state) => isUnread(state, state.sessions.get(s.session_id) ?? s));
  const typing = useApp((state) => !!state.typing.get(s.session_id)?.visitor);
  const colleague = useApp((state) => [...state.typing.get(s.session_id)?.agents.values() ?? []][0]?.name);
  const reader = useApp((state) => alsoReading(state.agents, s.session_id, state.me?.agent_id)[0]?.name);
  const wait = waits(s, now, promise);
  const at = activity(s);
  return (
    <a class={`row ${unread ? 'unread' : ''}`} href={link(view, s.session_id)} data-id={s.session_id} aria-current={open ? 'true' : undefined} draggable={false}
      onContextMenu={(e) => { if (view !== 'closed' && matchMedia('(pointer: coarse)').matches) { e.preventDefault(); choose(s.session_id); } }}
      onClick={(e) => { if (e.shiftKey && view !== 'closed') { e.preventDefault(); choose(s.session_id, true); } }}>
      <Avatar person={visitorFace(s.visitor_name, s.visitor_id)} online={s.visitor_online} />
      <b dir="auto">{s.visitor_name}</b>
      {wait
        ? <time class="wait" dateTime={s.waiting_since} title={`Waiting since ${exact(new Date(s.waiting_since!), locale)}`}><Icon of={clockFace} /><span class="sr">Waiting for </span>{span(wait)}</time>
        : s.snoozed_until ? <time>{until(s.snoozed_until, now)}</time>
        : <time dateTime={at} title={exact(new Date(at), locale)}>{ago(at, now)}</time>}
      <p dir="auto">{typing ? <em>{t('writing')}</em> : colleague ? <em class="other">{t('isWritingHere', { name: firstName(colleague) })}</em> : <Preview session={s} />}</p>
      {reader && <span class="reads" title={t('readsThis', { name: reader })}><Avatar person={face(reader)} size={16} /><span class="sr">, {t('readsThis', { name: reader })}</span></span>}
      {unread && <span class="mark"><i class="dot" /><span class="sr">, unread</span></span>}
    </a>
  );
}

function Preview({ session: { last_message: last } }: { session: Session }) {
  const me = useApp((s) => s.me?.name);
  if (!last) return <>No message yet</>;
  const text = last.sender === 'visitor' ? last.message : plain(last.message);
  const who = last.sender === 'visitor' ? '' : last.sender_name && last.sender_name === me ? 'You: ' : `${firstName(last.sender_name ?? '') || (last.sender === 'bot' ? 'Bot' : 'Team')}: `;
  return <>{who}{text || (last.message ? last.message : 'Message deleted')}</>;
}
