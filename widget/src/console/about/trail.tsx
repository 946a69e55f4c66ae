// Where a visitor is, was and came from: the pages as they happen, where the site has them tracked.
import { useState } from 'preact/hooks';
import { clock, daysBetween, exact, shortWhen } from '../../shared/format';
import type { Page, Session, Step, Visitor } from '../../shared/types';
import { lineOf } from '../step';
import { readTrail } from '../thread';
import { ago, locale, useApp } from '../use';

/** The address, if it is one that a browser may be sent to. */
export function web(url: string | undefined): URL | undefined {
  try {
    const u = new URL(url ?? '');
    return /^https?:$/.test(u.protocol) ? u : undefined;
  } catch {
    return undefined;
  }
}

const few = 5;

export function Trail({ session, visitor }: { session: Session; visitor?: Visitor | undefined }) {
  const here = session.visitor_online;
  const trail = useApp((s) => s.trails.get(session.visitor_id));
  const [all, setAll] = useState(false);
  if (!trail?.steps.length) return <LastPage page={visitor?.page ?? session.page} visitor={visitor} here={here} />;
  const steps = all ? trail.steps : trail.steps.slice(0, few);
  const hidden = trail.steps.length > steps.length || (all && trail.cursor);
  return (
    <section class="sec"><h3>Where they’ve been</h3>
      <ol class="trail">
        {steps.map((step, i) => <Item key={`${step.timestamp} ${step.url} ${step.name ?? ''}`} step={step} now={here && !i && !step.name} />)}
        {!hidden && <Origin visitor={visitor} first={trail.steps.at(-1)} />}
      </ol>
      {hidden && <p class="said"><button onClick={() => { setAll(true); if (all) void readTrail(session.visitor_id, trail.cursor); }}>Earlier</button></p>}
    </section>
  );
}

function Item({ step, now }: { step: Step; now: boolean }) {
  const url = web(step.url), at = new Date(step.timestamp);
  const line = lineOf(step), data = line.more;
  const text = step.name ? line.text : step.title || (url ? url.host + url.pathname : step.url);
  return (
    <li class={now ? 'now' : step.name ? 'line' : ''}>
      {url && !step.name ? <a href={url.href} target="_blank" rel="noopener nofollow ugc" title={step.url} dir="auto">{text}</a> : <span dir="auto" title={data || step.url}>{text}{data && <small> {data}</small>}</span>}
      {now ? <time>now</time> : <time dateTime={step.timestamp} title={exact(at, locale)}>{daysBetween(at, new Date()) ? shortWhen(at, locale) : clock(at, locale)}</time>}
    </li>
  );
}

/** Where the visit came from: the campaign, or the site with the link. */
function Origin({ visitor, first }: { visitor?: Visitor | undefined; first?: Step | undefined }) {
  const utm = visitor?.visit?.utm, from = web(visitor?.visit?.landing.referrer) ?? web(first?.referrer);
  const campaign = utm && [utm.source, utm.medium, utm.campaign].filter(Boolean).join(', ');
  if (campaign) return <li><span dir="auto">Came from {campaign}</span></li>;
  return from ? <li><span>Came from <bdi>{from.host}</bdi></span></li> : null;
}

/** The one page that is known where none are tracked. */
function LastPage({ page, visitor, here }: { page?: Page | undefined; visitor?: Visitor | undefined; here: boolean }) {
  const now = useApp((s) => s.now);
  if (!page?.url) return null;
  const url = web(page.url), from = web(page.referrer);
  const text = page.title || (url ? url.host + url.pathname : page.url);
  return (
    <section class="sec"><h3>{here ? 'Where they are' : 'Where they were'}</h3>
      <ol class="trail">
        <li class={here ? 'now' : ''}>
          {url ? <a href={url.href} target="_blank" rel="noopener nofollow ugc" title={page.url} dir="auto">{text}</a> : <span dir="auto">{text}</span>}
          {here ? <time>now</time> : visitor && <time dateTime={visitor.last_seen_at}>{ago(visitor.last_seen_at, now)}</time>}
        </li>
        {page.title && <li class="sub"><span dir="ltr">{url ? url.host + url.pathname : page.url}</span></li>}
        {from && <li><span>Came from <bdi>{from.host}</bdi></span></li>}
      </ol>
    </section>
  );
}
