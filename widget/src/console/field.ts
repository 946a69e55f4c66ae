// The way to the field in which agents write, for whatever stands elsewhere: keys, the palette, a message's own actions.
// The field itself comes with the conversation.
import { putBackInto, type Draft } from './drafts';
import { takeBack, undoable } from './outbox';
import { set } from './state';

export const mac = /Mac|iP(hone|ad|od)/.test(navigator.platform);

export interface Field {
  /** Goes to it, as r and n do. */
  focus(mode?: Draft['mode']): void;
  /** Puts a text before what stands in it, as quoting does. */
  insert(text: string): void;
}

let field: Field | undefined;
/** The field that is on the screen. */
export const setField = (it: Field) => { field = it; };
/** It is there no more, unless another one has taken its place. */
export const dropField = (it: Field | undefined) => { if (field === it) field = undefined; };

export const write = (mode?: Draft['mode']) => field?.focus(mode);
export const insert = (text: string) => field?.insert(text);

/** Takes an unsent message back into the field, before whatever stands there. */
export function takeBackInto(session: string, client: string) {
  const item = takeBack(client);
  if (item) putBackInto(session, item.text, item.note, item.quick_replies);
}

/** Takes back what is still held, as z and the button do. Answers whether there was anything. */
export function undo(session?: string): boolean {
  const item = undoable(session);
  if (item) takeBackInto(item.session_id, item.client_id);
  return !!item;
}

/** Below this width the pane about the visitor lies over the conversation and has to be opened. */
export const overlaid = () => matchMedia('(max-width: 1179px)').matches;

export function closeAbout() {
  set({ aboutOpen: false });
  document.querySelector<HTMLElement>('.about-open')?.focus();
}
