// Who is on the other side, as far as it is known. Nothing here is invented: what is not known is not said.
import { duration, firstName } from '../shared/format';
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
  if (!online) return t('nobody');
  const names = config.people.map((person) => firstName(person.name));
  const time = config.reply_time_s === undefined ? undefined : duration(config.reply_time_s, locale);
  const here = names.length ? t('here', { n: names.length, names: new Intl.ListFormat(locale).format(names) }) : t('weAreHere');
  return time ? `${here} ${names.length > 1 ? t('usually', { time }) : t('weUsually', { time })}` : here;
}
