import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { exact } from '../shared/format';
import { Icon, note as noteIcon } from '../shared/icons';
import type { Message, Session } from '../shared/types';
import { absorb } from './lists';
import { link } from './route';
import { api, words } from './server';
import { get } from './state';
import { ago, locale, useApp, visitorFace } from './use';

interface Hit {
  session: Session;
  /** Absent where the visitor's name, address or tags were found. */
  message?: Message;
  excerpt: string;
  /** From and to, in characters. */
  matches: [number, number][];
}

interface Answer { text: string; hits: Hit[]; next?: string; error?: string }

const pause = 150; // ms without a key before the server is asked

/** What the server finds in all conversations, the best first. */
export function Found({ text }: { text: string }) {
  const [answer, setAnswer] = useState<Answer>();
  const [more, setMore] = useState(false);
  const [tries, setTries] = useState(0);
  const open = useApp((s) => s.open);
  const at = useApp((s) => s.at);
  const list = useRef<HTMLUListElement>(null);
  const waiting = answer?.text !== text;

  useEffect(() => {
    const stop = new AbortController();
    const ask = setTimeout(async () => {
      try {
        const page = await search(text, undefined, stop.signal);
        setAnswer({ text, hits: page.results, next: page.next_cursor });
      } catch (err) {
        if (!stop.signal.aborted) setAnswer({ text, hits: [], error: words(err) });
      }
    }, pause);
    return () => { clearTimeout(ask); stop.abort(); };
  }, [text, tries]);

  async function readMore() {
    if (!answer?.next || more) return;
    setMore(true);
    try {
      const page = await search(text, answer.next);
      setAnswer((now) => (now?.text === text ? { ...now, hits: [...now.hits, ...page.results], next: page.next_cursor } : now));
    } catch (err) {
      setAnswer((now) => (now?.text === text ? { ...now, error: words(err) } : now));
    }
    setMore(false);
  }

  function key(e: KeyboardEvent) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!by) return;
    const rows = [...list.current!.querySelectorAll<HTMLElement>('a')];
    const to = rows.indexOf(document.activeElement as HTMLElement) + by;
    e.preventDefault();
    if (to < 0) document.querySelector<HTMLElement>('.find input')?.focus();
    else rows[to]?.focus();
  }

  const hits = answer?.hits ?? [];
  return (
    <div class="scroll" aria-busy={waiting}>
      <p class="sr" role="status">{waiting || answer?.error ? '' : hits.length ? `${hits.length}${answer?.next ? ' or more' : ''} found` : 'Nothing found'}</p>
      <ul class="rows" ref={list} aria-label="Found" onKeyDown={key}>
        {hits.map((h) => (
          <li key={h.message?.message_id ?? h.session.session_id}>
            <Row hit={h} current={h.session.session_id === open && h.message?.message_id === at} />
          </li>
        ))}
      </ul>
      {answer?.error && <div class="end" role="status"><p>The search did not work. {answer.error}</p><button class="ghost" onClick={() => (hits.length ? void readMore() : setTries(tries + 1))}>Try again</button></div>}
      {!answer && <p class="end">Searching…</p>}
      {!answer?.error && answer?.next && !waiting && <div class="end"><button class="ghost" aria-disabled={more} onClick={() => void readMore()}>{more ? 'Reading more…' : 'Show more'}</button></div>}
      {!waiting && !answer?.error && !hits.length && <div class="end empty"><b>Nothing found</b><p dir="auto">No name, address, tag or message has “{text}”.</p></div>}
    </div>
  );
}

async function search(q: string, after?: string, signal?: AbortSignal) {
  const page = await api<{ results: Hit[]; next_cursor?: string }>('GET', '/search', undefined, { query: { q: [...q].slice(0, 200).join(''), limit: 30, after }, signal });
  absorb(page.results.map((h) => h.session));
  return page;
}

function Row({ hit: { session: s, message: m, excerpt, matches }, current }: { hit: Hit; current: boolean }) {
  const now = useApp((state) => state.now);
  const when = m?.timestamp ?? s.created_at;
  const mine = m?.sender_id === get().me?.agent_id;
  return (
    <a class="row hit" href={link(get().view, s.session_id, m?.message_id)} aria-current={current ? 'true' : undefined} draggable={false}>
      <Avatar person={visitorFace(s.visitor_name, s.visitor_id)} online={s.visitor_online} />
      <b dir="auto">{s.visitor_name}</b>
      <time dateTime={when} title={exact(new Date(when), locale)}>{ago(when, now)}</time>
      <p dir="auto">
        {m?.note ? <span class="kind"><Icon of={noteIcon} />Note: </span> : m && m.sender !== 'visitor' && <span>{mine ? 'You' : m.sender_name || 'Team'}: </span>}
        <Excerpt text={excerpt} matches={matches} />
      </p>
    </a>
  );
}

/** Where an excerpt begins, so that its first match stands in the two lines that there are: at a word before it. */
function opening(characters: string[], match: number): number {
  if (match < 44) return 0;
  const word = characters.indexOf(' ', match - 28) + 1;
  return word && word < match ? word : match - 28;
}

function Excerpt({ text, matches }: { text: string; matches: [number, number][] }) {
  const characters = [...text];
  const part = (from: number, to?: number) => characters.slice(from, to).join('');
  let end = opening(characters, matches[0]?.[0] ?? 0);
  return (
    <>
      {end > 0 && '… '}
      {matches.map(([from, to]) => {
        const before = part(end, from);
        end = to;
        return [before, <mark key={from}>{part(from, to)}</mark>];
      })}
      {part(matches.at(-1)?.[1] ?? 0)}
    </>
  );
}
