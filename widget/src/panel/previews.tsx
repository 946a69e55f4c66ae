import { Avatar } from '../shared/avatar';
import { shortWhen } from '../shared/format';
import { plain } from '../shared/text';
import type { Message } from '../shared/types';
import { Bubble } from './bubble';
import { useAround, useChat } from './context';
import { personOf } from './people';
import { theirs } from './state';

/** The newest reply, beside the closed launcher. */
export function Preview({ message }: { message: Message }) {
  const person = personOf(useChat((s) => s), message);
  return <Bubble person={person} text={plain(message.message) || message.attachments[0]?.name || ''} />;
}

/** The way back, on the start page, to what was said last. */
export function Resume({ message }: { message: Message }) {
  const { chat, t, locale } = useAround();
  const state = useChat((s) => s);
  const person = theirs(message) ? personOf(state, message) : state.sessions.at(-1)?.agent;
  const text = plain(message.message) || message.attachments[0]?.name || '';
  return (
    <button type="button" class="resume" onClick={() => chat.talk!.resume()}>
      {person && <Avatar person={person} />}
      <span class="grow">
        <b>{person?.name ?? t('yours')}</b>
        <span class="line" dir="auto">{theirs(message) ? text : t('you', { text })}</span>
      </span>
      <time dateTime={message.timestamp}>{shortWhen(new Date(message.timestamp), locale)}</time>
    </button>
  );
}
