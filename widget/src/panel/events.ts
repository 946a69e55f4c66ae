// What an event of the stream means for what is known.
import type { Envelope, Message, QueuePositionData, SeenData, TypingData, VisitorSession } from '../shared/types';
import type { Core } from './chat';
import type { Knowledge } from './knowledge';
import { ring } from './ring';
import { current, theirs } from './state';

export function createEvents({ host, store: { get, set } }: Core, { learn, closedNow, heardOf, typing, saw }: Knowledge) {
  const session = (id: string) => get().sessions.find((s) => s.session_id === id);

  return function happened({ event, data }: Envelope): void {
    switch (event) {
      case 'session_started': case 'session_updated': case 'session_rated':
        return session((data as VisitorSession).session_id) || event === 'session_started' ? learn([data as VisitorSession], [], false) : undefined;
      case 'session_closed': {
        const closed = data as VisitorSession;
        const known = session(closed.session_id);
        if (!known || known.status === 'closed') return;
        learn([{ ...known, ...closed }], [], false);
        return closedNow(closed.session_id);
      }
      case 'message_sent': {
        const message = data as Message;
        if (get().sound && theirs(message) && !get().messages.some((m) => m.message_id === message.message_id)) ring(`${host.key}${message.message_id}`, get);
        if (!session(message.session_id)) return void heardOf(message.session_id).catch(() => { /* the next event asks again */ });
        return learn([], [message], true);
      }
      case 'message_updated': case 'message_deleted':
        return learn([], [data as Message], false);
      case 'typing': {
        const { session_id, sender, sender_name, typing: on, preview } = data as TypingData;
        if (sender !== 'visitor' && session_id === current(get())?.session_id) typing(sender_name ?? '', on, preview);
        return;
      }
      case 'queue_position': {
        const { session_id, position } = data as QueuePositionData;
        const known = session(session_id);
        return known && learn([{ ...known, queue_position: position }], [], false);
      }
      case 'seen': {
        const { session_id, sender, seq } = data as SeenData;
        return saw(session_id, sender, seq);
      }
      case 'agent_presence': {
        const { online } = data as { online: boolean };
        if (online !== get().online) host.emit('status', { online });
        return set({ online });
      }
    }
  };
}
