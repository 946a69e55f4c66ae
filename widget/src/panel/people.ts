// Who is on the other side, as far as it is known. Nothing here is invented: what is not known is not said.
import { clock, daysBetween, duration, firstName } from '../shared/format';
import type { Message, Person } from '../shared/types';
import type { Surroundings } from './context';
import type { State } from './state';

/** Who the visitor is talking with: the one assigned, else whoever wrote last. */
export function partner(state: State): Person | undefined {
  const session = state.sessions.at(-1);
  if (session?.agent) return session.agent;
  const last = state.messages.findLast((m) => m.session_id === session?.session_id && m.sender === 'agent' && m.sender_name);
  return last && personOf(state, last);
}

/** The writer of a reply. */
export function personOf(state: State, message: Message): Person {
  const name = message.sender_name ?? state.config?.name ?? '';
  const known = [state.sessions.find((s) => s.session_id === message.session_id)?.agent, ...(state.config?.people ?? [])];
  return known.find((person) => person?.name === name) ?? { name };
}

/** Whether that person is here now. */
export const isHere = (state: State, person?: Person) => !!person && state.online && !!state.config?.people.some(({ name }) => name === person.name);

/** "Mara, Jonas and Tess are here. They usually reply within 4 minutes." Empty while nothing is known. */
export function presence(state: State, { t, locale }: Surroundings): string {
  const { config, online } = state;
  if (!config) return '';
  if (!online) return config.away.message || t(config.away.visitor_email === 'off' ? 'nobody' : 'leaveEmail');
  const names = config.people.map((person) => firstName(person.name));
  const time = config.reply_time_s === undefined ? undefined : duration(config.reply_time_s, locale);
  const here = names.length ? t('here', { n: names.length, names: new Intl.ListFormat(locale).format(names) }) : t('weAreHere');
  const soon = time ? t(names.length > 1 ? 'usually' : 'weUsually', { time }) : config.reply_promise;
  return soon ? `${here} ${soon}` : here;
}

/** "We’re back tomorrow at 9:00." Empty unless the opening hours say when that is. */
export function back({ config, online }: State, { t, locale }: Surroundings): string {
  const at = new Date(config?.back_at ?? NaN);
  const now = new Date();
  if (online || !(at > now)) return '';
  const days = daysBetween(now, at);
  const time = clock(at, locale);
  if (days < 2) return t('back', { day: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day'), time });
  const form: Intl.DateTimeFormatOptions = days < 7 ? { weekday: 'long' } : { day: 'numeric', month: 'long' };
  return t('backOn', { day: new Intl.DateTimeFormat(locale, form).format(at), time });
}
