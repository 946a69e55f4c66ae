// What a visitor is to be asked before their next message.
import type { Ask } from '../shared/types';
import { current, type State } from './state';

/** The text that whoever begins a conversation agrees to by sending, where the host has one. */
export const agreement = (state: State) => (current(state) || state.outbox.length ? undefined : state.config?.pre_chat.consent);

/** The fields that a form asks for, or nothing where the composer will do. Within a conversation nobody is asked. */
export function asked(state: State): { name: Ask; email: Ask; department: Ask } | undefined {
  const { config, online, talking } = state;
  if (!config || current(state) || state.outbox.length) return;
  const { pre_chat: pre, away } = config;
  const email = pre.visitor_email === 'required' || online || away.visitor_email === 'off' ? pre.visitor_email : away.visitor_email;
  const ask = { name: pre.visitor_name, email, department: pre.department };
  // Who has talked here before is asked for what is missing, not for what would be nice to know.
  const enough = (one: Ask) => one === 'off' || talking && one === 'optional';
  return enough(ask.name) && enough(ask.email) && enough(ask.department) ? undefined : ask;
}
