import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Icon, left as back } from '../../shared/icons';
import { useStore } from '../../shared/store';
import { plain } from '../../shared/text';
import type { Session } from '../../shared/types';
import { link, pageLink } from '../route';
import { words } from '../server';
import { ago, locale, useApp, visitorFace } from '../use';
import { meanings, number } from './figures';
import { parseBehind, parseOnly, periodName, readBehind, reportsStore } from './reports';

const weekday = (n: number) => new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(new Date(2026, 10, 22 + n)); // 1 is a Monday
const hour = (h: number) => `${String(h).padStart(2, '0')}:00 to ${String((h + 1) % 24).padStart(2, '0')}:00`;

/** The conversations that a figure is made of. */
export function Behind({ section, item }: { section: string; item: string | undefined }) {
  const choice = useStore(reportsStore, (s) => s.choice);
  const agents = useApp((s) => s.agents);
  const now = useApp((s) => s.now);
  const [list, setList] = useState<Session[]>();
  const [more, setMore] = useState<string>();
  const [error, setError] = useState('');
  const title = useRef<HTMLHeadingElement>(null);
  const at = parseBehind(section), only = parseOnly(item);
  const [name, meaning] = meanings[at.figure]!;

  async function load(after?: string) {
    try {
      const page = await readBehind(section, only, after);
      setList((known) => [...(after ? known ?? [] : []), ...page.sessions]);
      setMore(page.more);
      setError('');
    } catch (err) {
      setError(words(err));
    }
  }
  useEffect(() => { void load(); title.current?.focus(); }, []);

  const agent = only?.of === 'agent' ? only.value : choice.agent;
  const who = agents.find((a) => a.agent_id === agent)?.name ?? only?.value;
  const department = only?.of === 'department' ? undefined : choice.department;
  const about = [periodName(choice), at.weekday && `${weekday(at.weekday)}, ${hour(at.hour ?? 0)}`, who, department].filter(Boolean).join(' · ');
  return (
    <section class="pane page reports behind" aria-labelledby="page-title">
      <div class="scroll"><div class="sheet">
        <a class="up" href={pageLink('reports')}><Icon of={back} />Reports</a>
        <header><h2 id="page-title" ref={title} tabIndex={-1}>{name}</h2>{list && <p class="count" role="status">{number(list.length)}{more && '+'}</p>}</header>
        <p class="lead"><b>{about}.</b> {meaning}</p>
        {error && <div class="still" role="status"><p>The conversations could not be read. {error}</p><button class="ghost" onClick={() => void load()}>Try again</button></div>}
        {!list && !error && <p class="none-here" role="status">Looking…</p>}
        {list && !list.length && <p class="none-here" role="status">None in this period.</p>}
        <ul class="behind-list">
          {list?.map((s) => (
            <li key={s.session_id}>
              <a href={link(s.status === 'active' ? 'open' : 'closed', s.session_id)}>
                <Avatar person={visitorFace(s.visitor_name, s.visitor_id)} size={32} />
                <span class="said"><b dir="auto">{s.visitor_name}</b><small dir="auto">{s.last_message ? plain(s.last_message.message) : 'No message'}</small></span>
                <span class="with">{s.rating && <span class={`score ${s.rating.score <= 2 ? 'poor' : ''}`} role="img" aria-label={`Rated ${s.rating.score} of 5`}>{s.rating.score}</span>}<bdi>{s.assignee_name ?? 'Unassigned'}</bdi></span>
                <time dateTime={s.created_at}>{ago(s.created_at, now)}</time>
              </a>
            </li>
          ))}
        </ul>
        {more && <button class="ghost" onClick={() => void load(more)}>Show more</button>}
      </div></div>
    </section>
  );
}
