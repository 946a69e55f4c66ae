// What is known of a visitor, in words: who they are, where and when it is for them, what they use.
import type { ComponentChildren } from 'preact';
import { clock, day, exact } from '../../shared/format';
import type { Session, Visitor } from '../../shared/types';
import { deviceOf, languageOf } from '../device';
import { locale, time, useApp } from '../use';

/** The text for a tooltip, where there is more of it than is in sight. */
export const whole = (text: string, room: number) => (text.length > room ? text : undefined);

export const Fact = ({ name, children, title }: { name: string; children: ComponentChildren; title?: string | undefined }) => (
  <><dt dir="auto" title={whole(name, 14)}>{name}</dt><dd dir="auto" title={title}>{children}</dd></>
);

/** The address, and whether anybody vouches for it. */
export function Identity({ session, visitor }: { session: Session; visitor?: Visitor | undefined }) {
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

/** "10:46 in Lisbon", with the day where it is another one than here; nothing for a zone that is none. */
function localTime(zone: string | undefined, now: number): string | undefined {
  if (!zone) return undefined;
  try {
    const at = new Date(now);
    const there = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: zone }).format(at);
    const date = (timeZone?: string) => new Intl.DateTimeFormat('en', { dateStyle: 'short', ...(timeZone && { timeZone }) }).format(at);
    const other = date(zone) !== date() && `${new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: zone }).format(at)}, `;
    const city = zone.includes('/') ? zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ') : zone;
    return `${other || ''}${there} in ${city}`;
  } catch {
    return undefined;
  }
}

const listed = (...parts: (string | undefined)[]) => [...new Set(parts.filter(Boolean))].join(', ') || undefined;

export function Facts({ session, visitor }: { session: Session; visitor?: Visitor | undefined }) {
  const now = useApp((s) => s.now);
  const device = deviceOf(visitor?.user_agent), language = languageOf(visitor?.locale), hour = localTime(visitor?.time_zone, now);
  const place = visitor?.visit?.place, where = place && listed(place.city, place.region, place.country);
  const first = visitor && new Date(visitor.created_at);
  return (
    <section class="sec"><h3 class="sr">Details</h3>
      <dl>
        {hour && <Fact name="Local time" title={visitor?.time_zone}>{hour}</Fact>}
        {where && <Fact name="Place">{where}</Fact>}
        {place?.company && <Fact name="Network">{place.company}</Fact>}
        {language && <Fact name="Language" title={visitor?.locale}>{language}</Fact>}
        {device && <Fact name="Device" title={visitor?.user_agent}>{device}</Fact>}
        {visitor?.visit && <Fact name="Visit">{visitor.visit.returning ? 'Has been here before' : 'For the first time'}</Fact>}
        {visitor?.external_id && <Fact name="Customer" title={whole(visitor.external_id, 90)}>{visitor.external_id}{visitor.verified && <span class="faint">, verified</span>}</Fact>}
        {first && <Fact name="First seen" title={exact(first, locale)}>{day(first, locale)}, {time(visitor.created_at)}</Fact>}
        {visitor && !session.visitor_online && <Fact name="Last seen" title={exact(new Date(visitor.last_seen_at), locale)}>{day(new Date(visitor.last_seen_at), locale)}, {clock(new Date(visitor.last_seen_at), locale)}</Fact>}
        {session.department && <Fact name="Department">{session.department}</Fact>}
        {session.source && <Fact name="Came by">{cameBy[session.source] ?? session.source}</Fact>}
      </dl>
    </section>
  );
}

const cameBy: Record<string, string> = { widget: 'The chat on the site', agent: 'A colleague began', test: 'A test of your own', api: 'The API' };

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)) ?? '';

/** What the host's page said of the visitor and the conversation, as text whatever it is. */
export function Data({ session, visitor }: { session: Session; visitor?: Visitor | undefined }) {
  const entries = Object.entries({ ...visitor?.custom_data, ...session.custom_data });
  if (!entries.length) return null;
  return (
    <section class="sec"><h3>Details from the site</h3>
      <dl>{entries.map(([key, value]) => <Fact key={key} name={key} title={whole(shown(value), 90)}>{shown(value)}</Fact>)}</dl>
    </section>
  );
}
