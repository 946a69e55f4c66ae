import { useEffect, useRef } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { day, exact, shortWhen } from '../shared/format';
import { plain } from '../shared/text';
import { cross, Icon } from '../shared/icons';
import type { Page, Session, Visitor } from '../shared/types';
import { deviceOf, languageOf } from './device';
import { link } from './route';
import { set } from './state';
import { Tags } from './tags';
import { readEarlier, readVisitor } from './thread';
import { ago, face, locale, time, useApp } from './use';

/** Below this width the pane lies over the conversation and has to be opened. */
export const overlaid = () => matchMedia('(max-width: 1179px)').matches;

export function closeAbout() {
  set({ aboutOpen: false });
  document.querySelector<HTMLElement>('.about-open')?.focus();
}

/** Who the visitor is, as far as anybody knows. Keyed by conversation. */
export function About({ id }: { id: string }) {
  const session = useApp((s) => s.sessions.get(id));
  const visitor = useApp((s) => s.visitors.get(s.sessions.get(id)?.visitor_id ?? ''));
  const slid = useApp((s) => s.aboutOpen);
  const close = useRef<HTMLButtonElement>(null);
  const visitorID = session?.visitor_id;
  const here = session?.visitor_online;

  useEffect(() => {
    if (!visitorID) return;
    void readVisitor(visitorID);
    void readEarlier(visitorID);
  }, [visitorID]);
  // Coming or going, they may be on another page.
  useEffect(() => { if (visitorID && visitor) void readVisitor(visitorID); }, [here, session?.message_count]);
  useEffect(() => {
    if (!slid) return;
    close.current?.focus();
    const press = (e: Event) => { if (!(e.target as Element).closest('.about, .about-open')) set({ aboutOpen: false }); };
    document.addEventListener('pointerdown', press);
    return () => document.removeEventListener('pointerdown', press);
  }, [slid]);

  if (!session) return null;
  return (
    <aside class={`pane about ${slid ? 'slid' : ''}`} aria-label={`About ${session.visitor_name}`}>
      <button ref={close} class="icon shut-about" aria-label="Close" onClick={closeAbout}><Icon of={cross} /></button>
      <div class="person">
        <Avatar person={face(session.visitor_name)} online={here} size={44} />
        <div><h2 dir="auto">{session.visitor_name}</h2><Identity session={session} visitor={visitor} /></div>
      </div>
      <Facts session={session} visitor={visitor} />
      <Place page={visitor?.page ?? session.page} visitor={visitor} here={!!here} />
      <Tags session={session} />
      <Data session={session} visitor={visitor} />
      <Earlier key={session.visitor_id} id={id} visitor={session.visitor_id} />
    </aside>
  );
}

/** The address, and whether anybody vouches for it. */
function Identity({ session, visitor }: { session: Session; visitor?: Visitor }) {
  const email = visitor?.verified ? visitor.email ?? session.visitor_email : session.visitor_email ?? visitor?.email;
  return (
    <>
      {email && <p class="mail" dir="auto" title={whole(email, 30)}>{email}</p>}
      {visitor && (visitor.verified
        ? <p class="vouched">Verified by your site</p>
        : <p class="typed">{email || session.visitor_name !== 'Visitor' ? 'Typed by the visitor, not verified' : 'Has not said who they are'}</p>)}
    </>
  );
}

/** The text for a tooltip, where there is more of it than is in sight. */
const whole = (text: string, room: number) => (text.length > room ? text : undefined);

const Fact = ({ name, children, title }: { name: string; children: preact.ComponentChildren; title?: string }) => (
  <><dt dir="auto" title={whole(name, 14)}>{name}</dt><dd dir="auto" title={title}>{children}</dd></>
);

function Facts({ session, visitor }: { session: Session; visitor?: Visitor }) {
  const device = deviceOf(visitor?.user_agent), language = languageOf(visitor?.locale);
  return (
    <section class="sec"><h3 class="sr">Details</h3>
      <dl>
        {visitor?.external_id && <Fact name="Customer" title={whole(visitor.external_id, 90)}>{visitor.external_id}</Fact>}
        {language && <Fact name="Language" title={visitor?.locale}>{language}</Fact>}
        {device && <Fact name="Device" title={visitor?.user_agent}>{device}</Fact>}
        {visitor && <Fact name="First seen" title={exact(new Date(visitor.created_at), locale)}>{day(new Date(visitor.created_at), locale)}, {time(visitor.created_at)}</Fact>}
        {session.department && <Fact name="Department">{session.department}</Fact>}
        {session.source && <Fact name="Came by">{session.source === 'widget' ? 'The chat on the site' : session.source}</Fact>}
      </dl>
    </section>
  );
}

/** The address, if it is one that a browser may be sent to. */
function web(url: string): URL | undefined {
  try {
    const u = new URL(url);
    return /^https?:$/.test(u.protocol) ? u : undefined;
  } catch {
    return undefined;
  }
}

function Place({ page, visitor, here }: { page?: Page; visitor?: Visitor; here: boolean }) {
  const now = useApp((s) => s.now);
  if (!page?.url) return null;
  const url = web(page.url), from = page.referrer && web(page.referrer);
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

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)) ?? '';

/** What the host's page said of the visitor and the conversation, as text whatever it is. */
function Data({ session, visitor }: { session: Session; visitor?: Visitor }) {
  const entries = Object.entries({ ...visitor?.custom_data, ...session.custom_data });
  if (!entries.length) return null;
  return (
    <section class="sec"><h3>Details from the site</h3>
      <dl>{entries.map(([key, value]) => <Fact key={key} name={key} title={whole(shown(value), 90)}>{shown(value)}</Fact>)}</dl>
    </section>
  );
}

function Earlier({ id, visitor }: { id: string; visitor: string }) {
  const list = useApp((s) => s.earlier.get(visitor));
  const sessions = useApp((s) => s.sessions);
  if (!list) return null;
  if (list === 'failed') {
    return <section class="sec"><h3>Other conversations</h3><p class="said">They could not be read. <button onClick={() => void readEarlier(visitor)}>Try again</button></p></section>;
  }
  const others = list.filter((s) => s.session_id !== id).map((s) => sessions.get(s.session_id) ?? s);
  if (!others.length) return null;
  return (
    <section class="sec"><h3>Other conversations</h3>
      <ul class="past">
        {others.map((s) => {
          const at = new Date(s.closed_at ?? s.last_message?.timestamp ?? s.created_at);
          return (
            <li key={s.session_id}>
              <a href={link(s.status === 'closed' ? 'closed' : 'open', s.session_id)}>
                <span dir="auto">{s.last_message ? plain(s.last_message.message) || 'Message deleted' : 'No message'}</span>
                <time dateTime={at.toISOString()} title={exact(at, locale)}>{s.status === 'active' ? 'open' : shortWhen(at, locale)}</time>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
