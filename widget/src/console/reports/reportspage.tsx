import '../main'; // the bundler then makes one file of the first load, not one of each part that pages share
import { useEffect } from 'preact/hooks';
import { down, Icon } from '../../shared/icons';
import { useStore } from '../../shared/store';
import { adopt } from '../../shared/styles';
import { Menu, type Item } from '../menu';
import { words } from '../server';
import { set as setApp } from '../state';
import { time, useApp } from '../use';
import { Behind } from './behind';
import { AsTable, Heat, Line, naming } from './charts';
import { long, many, meanings, more, number, percent, points, quicker, share, type Change } from './figures';
import { Greeted, Parts, Ratings, Section, Team, Times, Visited } from './parts';
import { behind, choose, dayText, download, get, parseBehind, periodName, periods, read, readDepartments, reportsStore, spans, zone, type Data } from './reports';
import sheet from '../sheet.css';
import css from './reports.css';

adopt(document, sheet, css);

/** How well visitors are answered. Each figure opens what it is made of. */
export default function Reports() {
  const section = useApp((s) => s.section);
  const item = useApp((s) => s.item);
  const choice = useStore(reportsStore, (s) => s.choice);
  const data = useStore(reportsStore, (s) => s.data);
  const error = useStore(reportsStore, (s) => s.error);
  const busy = useStore(reportsStore, (s) => s.busy);
  useEffect(() => { void read(); }, [choice]);
  useEffect(() => { void readDepartments(); }, []);
  if (section && meanings[parseBehind(section).figure]) return <Behind key={`${section}/${item}`} section={section} item={item} />;
  return (
    <section class="pane page reports" aria-labelledby="page-title">
      <div class="scroll"><div class="sheet" aria-busy={busy}>
        <header><h2 id="page-title">Reports</h2><Choices /></header>
        {choice.from && <OwnPeriod />}
        {error && <div class="still" role="status"><p>The reports could not be read. {error}</p><button class="ghost" onClick={() => void read()}>Try again</button></div>}
        {!data && !error && <p class="lead" role="status">Counting…</p>}
        {data && <Shown data={data} />}
      </div></div>
    </section>
  );
}

function Shown({ data }: { data: Data }) {
  const { summary: f, before } = data;
  return (
    <>
      <ul class="kpis">
        <Kpi figure="sessions" value={number(f.sessions)} change={more(f.sessions, before.sessions)} />
        <Kpi figure="wait" label="First reply, median" value={long(f.wait.median_s)} change={quicker(f.wait.median_s, before.wait.median_s, true)} />
        <Kpi figure="duration" label="Time to close, median" value={long(f.duration.median_s)} change={quicker(f.duration.median_s, before.duration.median_s, false)} />
        <Kpi figure="missed" value={percent(share(f.missed, f.sessions))} change={points(share(f.missed, f.sessions), share(before.missed, before.sessions), false)} />
        <Kpi figure="ratings_positive" value={percent(f.csat.score)} change={rated(f, before)} />
      </ul>
      {!f.sessions && <p class="nothing" role="status"><b>No conversations in this period</b><br />As soon as a visitor writes, it is counted here.</p>}
      {(f.sessions > 0 || before.sessions > 0) && <Figured data={data} />}
      <div class="two"><Visited data={data} /><Greeted greetings={data.greetings} greeted={data.greeted} /></div>
      <Basis data={data} />
    </>
  );
}

/** What there is to draw as soon as somebody has written. */
function Figured({ data }: { data: Data }) {
  const { summary: f, points: list, pointsBefore, hourly } = data;
  const length = periods(useStore(reportsStore, (s) => s.choice)).days;
  const name = naming(hourly);
  return (
    <>
      <Section title={hourly ? 'Conversations by hour' : 'Conversations by day'} about={`Dotted: the ${hourly ? 'day' : `${length} days`} before`}>
        <Line points={list} before={pointsBefore} hourly={hourly} value={(p) => p.sessions} what="Conversations" unit={['conversation', 'conversations']} />
        <AsTable head={[hourly ? 'Hour' : 'Day', 'Conversations', 'Before', 'Missed', 'Closed']}
          rows={list.map((p, i) => [name.full(p), number(p.sessions), pointsBefore[i] ? number(pointsBefore[i]!.sessions) : '–', number(p.missed), number(p.closed)])} />
      </Section>
      <div class="two">
        <Section title="When people write" about={<>In your time zone{unmanned(data) && <>. <span class="key" />Nobody was available</>}</>}>
          <Heat weekdays={data.weekdays} />
        </Section>
        <Times f={f} />
      </div>
      <Team agents={data.agents} team={data.team} />
      <div class="two">
        <Ratings f={f} />
        <Parts />
      </div>
      <Rest f={f} />
    </>
  );
}

/** Whether people write in hours in which nobody is there, as far as it is known who is. */
const unmanned = ({ weekdays }: Data) => weekdays.some((d) => d.available_s.some(Boolean)) && weekdays.some((d) => d.sessions.some((n, h) => n && !d.available_s[h]));

function Kpi({ figure, label, value, change }: { figure: string; label?: string; value: string; change: Change & { of?: string } }) {
  const [name, meaning] = meanings[figure]!;
  return (
    <li><a href={behind(figure)} title={meaning}>
      <span>{label ?? name}</span><strong>{value}</strong>
      <small class={change.good === undefined ? '' : change.good ? 'good' : 'poor'}>{change.text}{change.of && <span class="of">{change.text ? ', ' : ''}{change.of}</span>}</small>
    </a></li>
  );
}

/** How the ratings compare, and how many there are. */
function rated({ csat }: Data['summary'], before: Data['before']): Change & { of?: string } {
  if (!csat.ratings) return { text: 'No ratings' };
  const of = `of ${many(csat.ratings, 'rating')}`;
  return before.csat.ratings ? { ...points(csat.score, before.csat.score, true), of } : { text: '', of };
}

/** The figures that stand in no chart. */
function Rest({ f }: { f: Data['summary'] }) {
  const rows = ['abandoned', 'dropped', 'opened_no_message', 'closed', 'ratings_negative'] as const;
  const value = (r: typeof rows[number]) => (r === 'ratings_negative' ? f.csat.spread['1'] + f.csat.spread['2'] : f[r]);
  const per = f.messages_per_session;
  return (
    <Section title="And besides">
      <ul class="besides">
        {rows.map((r) => <li><a href={behind(r)} title={meanings[r]![1]}><b>{number(value(r))}</b> {meanings[r]![0].toLowerCase()}</a></li>)}
        {per.visitor !== null && <li><span><b>{number(per.visitor + per.agent! + per.bot!, 1)}</b> messages in each: {number(per.visitor, 1)} by visitors, {number(per.agent!, 1)} by the team{per.bot ? `, ${number(per.bot, 1)} by bots` : ''}</span></li>}
      </ul>
    </Section>
  );
}

/** How it was computed. */
function Basis({ data: { summary: { computed } } }: { data: Data }) {
  const at = useStore(reportsStore, (s) => s.read);
  const { bots, banned, test } = computed.left_out;
  const left = [bots && `${number(bots)} that bots alone answered`, banned && `${number(banned)} of banned visitors`, test && many(test, 'test')].filter(Boolean);
  return (
    <p class="basis">
      Computed from {many(computed.sessions, 'conversation')} whose first message lies in the period; days are cut in {computed.tz || zone}.
      {left.length > 0 && ` Left out: ${left.join(', ')}.`}{at ? ` As of ${time(new Date(at).toISOString())}.` : ''}
    </p>
  );
}

function Choices() {
  const choice = useStore(reportsStore, (s) => s.choice);
  const departments = useStore(reportsStore, (s) => s.departments);
  const agents = useApp((s) => s.agents);
  const who = agents.find((a) => a.agent_id === choice.agent)?.name;
  const filters: Item[] = [
    ...(departments.length ? [{ label: 'All departments', chosen: !choice.department, run: () => choose({ department: undefined }) }] : []),
    ...departments.map((d) => ({ label: d, chosen: choice.department === d, run: () => choose({ department: d }) })),
    { label: 'Time within opening hours only', chosen: !!choice.hours, run: () => choose({ hours: !choice.hours }) },
    { label: 'With bots alone', chosen: !!choice.bots, run: () => choose({ bots: !choice.bots }) },
    { label: 'With banned visitors', chosen: !!choice.banned, run: () => choose({ banned: !choice.banned }) },
    { label: 'With tests', chosen: !!choice.test, run: () => choose({ test: !choice.test }) },
  ];
  const on = [choice.department, choice.hours && 'hours', choice.bots && 'bots', choice.banned && 'banned', choice.test && 'tests'].filter(Boolean);
  const save = (name: string, query?: Record<string, string>) => download(name, query).catch((err: unknown) => setApp({ toast: { text: `The file could not be made. ${words(err)}`, bad: true } }));
  return (
    <div class="choices">
      <Menu class="ghost" items={[
        { label: 'Everyone', chosen: !choice.agent, run: () => choose({ agent: undefined }) },
        ...agents.map((a) => ({ label: a.name, chosen: a.agent_id === choice.agent, run: () => choose({ agent: a.agent_id }) })),
      ]}><bdi>{who ?? 'Everyone'}</bdi><Icon of={down} /></Menu>
      <Menu class="ghost" items={filters}>{on.length ? `${choice.department ?? 'Filters'}${on.length - Number(!!choice.department) && choice.department ? ' +' : on.length > 1 || !choice.department ? ` (${on.length})` : ''}` : 'All'}<Icon of={down} /></Menu>
      <Menu class="ghost" items={[
        ...spans.map(([days, label]) => ({ label, chosen: !choice.from && choice.days === days, run: () => choose({ days, from: undefined, to: undefined }) })),
        { label: 'Other days…', chosen: !!choice.from, run: () => { const p = periods(get().choice); choose({ from: p.from, to: p.last }); } },
      ]}>{periodName(choice)}<Icon of={down} /></Menu>
      <Menu class="ghost" items={[
        { label: 'All figures', hint: 'CSV', run: () => void save('summary') }, { label: 'By day', hint: 'CSV', run: () => void save('timeseries') },
        { label: 'By weekday and hour', hint: 'CSV', run: () => void save('heatmap') }, { label: 'The team', hint: 'CSV', run: () => void save('agents') },
        { label: 'By page', hint: 'CSV', run: () => void save('breakdown', { by: 'page' }) }, { label: 'By department', hint: 'CSV', run: () => void save('breakdown', { by: 'department' }) },
        { label: 'Ratings', hint: 'CSV', run: () => void save('ratings', { limit: '200' }) }, { label: 'Greetings', hint: 'CSV', run: () => void save('greetings') },
      ]}>Export</Menu>
    </div>
  );
}

/** Days of the reader's own. */
function OwnPeriod() {
  const { from = '', to = '' } = useStore(reportsStore, (s) => s.choice);
  const today = dayText(new Date());
  const put = (part: { from?: string; to?: string }) => {
    const next = { from, to, ...part };
    if (!next.from || !next.to) return;
    if (next.from > next.to) { if (part.from) next.to = next.from; else next.from = next.to; }
    choose(next);
  };
  return (
    <div class="own-days">
      <label>From <input type="date" value={from} max={today} min="2020-01-01" onChange={(e) => put({ from: e.currentTarget.value })} /></label>
      <label>to <input type="date" value={to} max={today} min="2020-01-01" onChange={(e) => put({ to: e.currentTarget.value })} /></label>
    </div>
  );
}
