// The lower parts of the reports: times, the team, where conversations come from, ratings, visitors, greetings.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Icon, search as loupe } from '../../shared/icons';
import { useStore } from '../../shared/store';
import { link } from '../route';
import { words } from '../server';
import { ago, face, useApp } from '../use';
import { AsTable, Line, naming } from './charts';
import { hours, long, many, meanings, number, percent, share, type Durations, type Figures } from './figures';
import { behind, behindOf, choose, divisions, get, readParts, readRatings, reportsStore, type Data, type Only } from './reports';

export function Section({ title, about, children, tools }: { title: string; about?: ComponentChildren; children: ComponentChildren; tools?: ComponentChildren }) {
  return (
    <section class="fig" aria-label={title}>
      <div class="fig-head"><div><h3>{title}</h3>{about && <p>{about}</p>}</div>{tools}</div>
      {children}
    </section>
  );
}

/** A table that scrolls by itself where there is no room for it. */
const Wide = ({ label, children }: { label: string; children: ComponentChildren }) => <div class="wide" role="group" aria-label={label} tabIndex={0}>{children}</div>;

const To = ({ figure, children }: { figure: string; children: ComponentChildren }) => <a href={behind(figure)} title={meanings[figure]![1]}>{children}</a>;

/** A number of a table, which opens what it is made of. Without a part it is of all. */
function Opens({ figure, only, whose, none, children }: { figure: string; only?: Only | undefined; whose: string; none?: boolean; children: ComponentChildren }) {
  if (none) return <>{children}</>;
  const [name, meaning] = meanings[figure]!;
  return <a class="opens" href={only ? behindOf(figure, only) : behind(figure)} title={meaning} aria-label={`${name}, ${whose}: ${children}`}>{children}</a>;
}

/** Every duration with its median, p90, p95 and mean. */
export function Times({ f }: { f: Figures }) {
  const rows: [figure: string, d: Durations | null][] = [
    ['wait', f.wait], ['first_bot_response', f.first_response.bot], ['accept', f.accept], ['reply_time', f.reply_time], ['duration', f.duration],
  ];
  return (
    <Section title="How long it takes" about="Half are quicker than the median, nine of ten than p90">
      <Wide label="How long it takes">
        <table>
          <thead><tr><th scope="col">Time</th><th scope="col">Median</th><th scope="col">p90</th><th scope="col">p95</th><th scope="col">Mean</th><th scope="col">Measured</th></tr></thead>
          <tbody>
            {rows.map(([figure, d]) => d && (d.count > 0 || figure !== 'first_bot_response') && (
              <tr><th scope="row"><To figure={figure}>{meanings[figure]![0]}</To></th><td>{long(d.median_s)}</td><td>{long(d.p90_s)}</td><td>{long(d.p95_s)}</td><td>{long(d.mean_s)}</td><td>{number(d.count)}</td></tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </Section>
  );
}

const good = (f: Figures) => percent(f.csat.score);

export function Team({ agents, team }: Pick<Data, 'agents' | 'team'>) {
  const chosen = useStore(reportsStore, (s) => s.choice.agent);
  const row = (f: Figures, whose: string, only?: Only) => {
    const to = (figure: string, count: number, text: string) => <td><Opens figure={figure} only={only} whose={whose} none={!count}>{text}</Opens></td>;
    return (
      <>{to('sessions', f.sessions, number(f.sessions))}{to('closed', f.closed, number(f.closed))}
        {to('wait', f.wait.count, long(f.wait.median_s))}{to('reply_time', f.reply_time.count, long(f.reply_time.median_s))}
        <td>{f.load && f.load.concurrent_peak ? `${number(f.load.concurrent_mean, 1)}, at most ${f.load.concurrent_peak}` : '–'}</td><td>{f.load ? hours(f.load.available_s) : '–'}</td>
        {to('ratings', f.csat.ratings, good(f))}</>
    );
  };
  return (
    <Section title="The team" about="Press a name to see their figures only">
      {agents.length
        ? (
          <Wide label="The team">
            <table>
              <thead><tr><th scope="col">Agent</th><th scope="col">Had</th><th scope="col">Closed</th><th scope="col">First reply</th><th scope="col">Every reply</th><th scope="col">At once</th><th scope="col">Available</th><th scope="col">Good</th></tr></thead>
              <tbody>
                {agents.map((a) => (
                  <tr key={a.agent_id}>
                    <th scope="row"><Avatar person={face(a.name)} size={22} /><button aria-pressed={chosen === a.agent_id} onClick={() => choose({ agent: chosen === a.agent_id ? undefined : a.agent_id })}><bdi>{a.name}</bdi></button></th>
                    {row(a, a.name, { of: 'agent', value: a.agent_id })}
                  </tr>
                ))}
                {agents.length > 1 && <tr class="all"><th scope="row">Together</th>{row(team, 'together')}</tr>}
              </tbody>
            </table>
          </Wide>
        )
        : <p class="none-here">Nobody of the team had a conversation in this period.</p>}
    </Section>
  );
}

export function Parts() {
  const by = useStore(reportsStore, (s) => s.choice.by);
  const parts = useStore(reportsStore, (s) => s.parts);
  const choice = useStore(reportsStore, (s) => s.choice);
  useEffect(() => { void readParts(); }, [choice]);
  const [all, setAll] = useState(false);
  const list = parts?.by === by ? parts.list.filter((p) => p.sessions) : [];
  const greatest = Math.max(1, ...list.map((p) => p.sessions));
  return (
    <Section title="Where they come from" tools={(
      <div class="choice" role="group" aria-label="Divided by">
        {divisions.map(([key, name]) => <button aria-pressed={by === key} onClick={() => choose({ by: key })}>{name}</button>)}
      </div>
    )}>
      {list.length
        ? (
          <Wide label="Where they come from">
            <table class="parts">
              <thead><tr><th scope="col">{divisions.find(([key]) => key === by)![1]}</th><th scope="col">Conversations</th><th scope="col">First reply</th><th scope="col">Missed</th><th scope="col">Good</th></tr></thead>
              <tbody>
                {list.slice(0, all ? undefined : 8).map((p) => {
                  // What has none of it cannot be asked for by it.
                  const to = (figure: string, count: number, text: string) => <Opens figure={figure} only={{ of: by, value: p.name }} whose={p.name} none={!count || !p.name}>{text}</Opens>;
                  return (
                    <tr key={p.name}><th scope="row"><bdi class={p.name ? '' : 'faint'}>{p.name || 'None'}</bdi></th>
                      <td><span class="amount"><i style={{ '--n': p.sessions / greatest }} />{to('sessions', p.sessions, number(p.sessions))}</span></td><td>{to('wait', p.wait.count, long(p.wait.median_s))}</td>
                      <td>{to('missed', p.missed, percent(share(p.missed, p.sessions)))}</td><td>{to('ratings', p.csat.ratings, good(p))}</td></tr>
                  );
                })}
              </tbody>
            </table>
          </Wide>
        )
        : parts && <p class="none-here">No conversations in this period.</p>}
      {list.length > 8 && !all && <button class="quiet-link" onClick={() => setAll(true)}>Show all {number(list.length)}</button>}
    </Section>
  );
}

const scores = ['5', '4', '3', '2', '1'] as const;

export function Ratings({ f }: { f: Figures }) {
  const { csat } = f;
  const greatest = Math.max(1, ...scores.map((s) => csat.spread[s]));
  return (
    <Section title="What visitors thought" about={csat.requests ? `${many(csat.ratings, 'rating')}, ${percent(csat.response_rate)} of those who were asked` : 'Nobody was asked in this period'}>
      {csat.ratings > 0 && (
        <ul class="spread">
          {scores.map((s) => (
            <li><a href={behind(`ratings_${s}`)}><span>{s} of 5</span><i style={{ '--n': csat.spread[s] / greatest }} class={Number(s) <= 2 ? 'poor' : ''} /><b>{number(csat.spread[s])}</b></a></li>
          ))}
        </ul>
      )}
      {csat.ratings > 0 && <Comments />}
    </Section>
  );
}

function Comments() {
  const choice = useStore(reportsStore, (s) => s.choice);
  const ratings = useStore(reportsStore, (s) => s.ratings);
  const now = useApp((s) => s.now);
  const [q, setQ] = useState('');
  const [score, setScore] = useState(0);
  const [wrong, setWrong] = useState('');
  const look = (more?: string) => readRatings({ q, score }, more).then(() => setWrong(''), (err: unknown) => setWrong(words(err)));
  useEffect(() => {
    const soon = setTimeout(() => void look(), q ? 250 : 0);
    return () => clearTimeout(soon);
  }, [choice, q, score]);
  const searched = q.trim() || score;
  if (ratings && !ratings.list.length && !searched && !wrong) return <p class="none-here">No comments.</p>;
  return (
    <div class="comments">
      <div class="looking" role="search">
        <Icon of={loupe} /><input type="search" value={q} placeholder="Search the comments" aria-label="Search the comments" maxLength={200} dir="auto" onInput={(e) => setQ(e.currentTarget.value)} />
        <select aria-label="Rating" value={score} onChange={(e) => setScore(Number(e.currentTarget.value))}><option value={0}>All ratings</option>{scores.map((s) => <option value={Number(s)}>{s} of 5</option>)}</select>
      </div>
      {wrong && <p role="alert" class="wrong">{wrong}</p>}
      <ul>
        {ratings?.list.map((r) => (
          <li key={r.session_id}>
            <a href={link('closed', r.session_id)}>
              <span class={`score ${r.score <= 2 ? 'poor' : ''}`} role="img" aria-label={`${r.score} of 5`}>{r.score}</span>
              <span class="said"><span dir="auto">{r.comment}</span><small><bdi>{r.visitor_name}</bdi>{r.assignee_name && <>, with <bdi>{r.assignee_name}</bdi></>}</small></span>
              <time dateTime={r.created_at}>{ago(r.created_at, now)}</time>
            </a>
          </li>
        ))}
      </ul>
      <p class="none-here" role="status">{ratings && !ratings.list.length && searched ? 'No comment has this in it.' : ''}</p>
      {ratings?.more && <button class="quiet-link" onClick={() => void look(ratings.more)}>Show more</button>}
    </div>
  );
}

export function Visited({ data }: { data: Data }) {
  const { summary: f, points, pointsBefore, hourly } = data;
  const { agent, department } = get().choice;
  if (f.visitors === null) {
    return (
      <Section title="Visitors">
        <p class="none-here">{agent || department ? 'Visits belong to nobody of the team and to no department: choose everyone to see them.' : 'Which pages visitors see is not followed on this site. The page Visitors says how to switch that on.'}</p>
      </Section>
    );
  }
  const name = naming(hourly);
  return (
    <Section title="Visitors" about="Those who saw a page, whether they wrote or not">
      <dl class="facts">
        <div><dt>Visitors</dt><dd>{number(f.visitors)}</dd></div>
        <div><dt>Pages seen</dt><dd>{number(f.page_views ?? 0)}</dd></div>
        <div><dt>Wrote to us</dt><dd>{percent(f.engagement)}</dd></div>
        <div><dt>Had been here before</dt><dd>{percent(f.returning)}</dd></div>
      </dl>
      <Line points={points} before={pointsBefore} hourly={hourly} value={(p) => p.visitors ?? 0} what="Visitors" unit={['visit', 'visits']} />
      <AsTable head={[hourly ? 'Hour' : 'Day', 'Visitors', 'Pages seen', 'Wrote to us']} rows={points.map((p) => [name.full(p), number(p.visitors ?? 0), number(p.page_views ?? 0), number(p.engaged ?? 0)])} />
    </Section>
  );
}

export function Greeted({ greetings, greeted }: Pick<Data, 'greetings' | 'greeted'>) {
  const { agent, department } = useStore(reportsStore, (s) => s.choice);
  return (
    <Section title="Greetings" about={`How many were shown one, and began a conversation within half an hour${agent || department ? ', whoever answered' : ''}`}>
      {greetings.length
        ? (
          <Wide label="Greetings">
            <table>
              <thead><tr><th scope="col">Greeting</th><th scope="col">Shown</th><th scope="col">Answered</th><th scope="col">Share</th></tr></thead>
              <tbody>
                {greetings.map((g) => <tr key={g.trigger_id}><th scope="row"><bdi class={g.name ? '' : 'faint'}>{g.name ?? 'Removed since'}</bdi></th><td>{number(g.shown)}</td><td>{number(g.answered)}</td><td>{percent(g.conversion)}</td></tr>)}
                {greetings.length > 1 && <tr class="all"><th scope="row">Together</th><td>{number(greeted.shown)}</td><td>{number(greeted.answered)}</td><td>{percent(greeted.conversion)}</td></tr>}
              </tbody>
            </table>
          </Wide>
        )
        : <p class="none-here">No greeting was shown in this period.</p>}
    </Section>
  );
}
