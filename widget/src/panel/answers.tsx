import { useAround, useChat } from './context';
import { current, theirs, type State } from './state';

/** The message whose answers may be chosen: the newest, as long as it has not been answered. */
function asking(state: State) {
  const last = state.messages.at(-1);
  const open = last && theirs(last) && last.session_id === current(state)?.session_id;
  return open && !state.outbox.length && !state.uploads.length ? last : undefined;
}

/** The answers that the newest message offers. A press sends one as the visitor's own words. */
export function Answers() {
  const { chat, host, t } = useAround();
  const message = useChat(asking);
  if (!message?.quick_replies?.length) return null;

  function choose(text: string) {
    // A second press may come before this has been drawn anew.
    if (asking(chat.store.get())?.message_id !== message!.message_id) return;
    chat.say(text);
    const touch = matchMedia('(pointer: coarse)').matches; // there the field would bring up the keyboard
    host.root.querySelector<HTMLElement>(touch ? '.log' : '.compose textarea')?.focus();
  }
  return (
    <div class="answers" role="group" aria-label={t('answers')} key={message.message_id}>
      {message.quick_replies.map((text) => <button type="button" dir="auto" onClick={() => choose(text)}>{text}</button>)}
    </div>
  );
}
