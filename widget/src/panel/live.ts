// The visitor's event stream, held by one tab for all of them.
import { elect, type Leader } from '../shared/leader';
import { openStream, type Stream, type StreamState } from '../shared/stream';
import type { Envelope, MessagePage } from '../shared/types';
import type { VisitorAPI } from './visitor';

/** What the tab that holds the stream tells the others. */
type News = { event: Envelope } | { state: StreamState; at?: string } | { reread: 1 } | { retry: 1 } | { ask: 1 };

export interface LiveOptions {
  key: string;
  url: string;
  api: VisitorAPI;
  event(envelope: Envelope): void;
  state(state: StreamState): void;
  /** Something may have been missed: read the conversation again. */
  reread(): Promise<void>;
  /** The conversation to poll when the stream is held back, and the seq of its last message. */
  last(): { session: string; seq: number } | undefined;
}

export interface Live {
  /** The server was just heard of, so there is no need to wait any longer. */
  retry(): void;
  close(): void;
}

/** Follows the events until close. */
export function follow({ key, url, api, event, state, reread, last }: LiveOptions): Live {
  let stream: Stream | undefined;
  let position: string | undefined;
  let now: StreamState = 'connecting';
  let joined = false;

  const leader: Leader<News> = elect<News>(`${key}stream`, {
    lead() {
      // The others first: an ending ends the following, too.
      const tell = (envelope: Envelope) => { leader.send({ event: envelope }); event(envelope); };
      const say = () => leader.send({ state: now, ...(stream?.position && { at: stream.position }) });
      stream = openStream({
        url, after: position, headers: api.headers,
        onEvent(envelope) {
          if (envelope.event !== 'reset') return tell(envelope);
          leader.send({ reread: 1 });
          void reread().catch(() => { /* the next event or the next start will bring it */ });
        },
        onState(next) { now = next; state(next); say(); },
        onOpen(resumed) {
          if (resumed) return;
          leader.send({ reread: 1 });
          void reread().catch(() => { /* as above */ });
        },
        async refresh() {
          if (!api.adopt()) await api.hello();
          return true;
        },
        async poll(signal) {
          const from = last();
          if (!from) throw new Error('nothing to poll');
          const page = await api.call<MessagePage>('GET', `/sessions/${from.session}/messages`, undefined, { query: { after: from.seq, wait: 20 }, signal });
          for (const message of page.messages) tell({ event: 'message_sent', timestamp: message.timestamp, data: message });
          await reread(); // who has read what, and whether it is still open
          leader.send({ reread: 1 }); // that may have brought what the next poll leaves out
        },
      });
      return () => {
        position = stream?.position;
        stream?.close();
        stream = undefined;
      };
    },
    hear(news) {
      if ('event' in news) {
        if (news.event.id) position = news.event.id;
        event(news.event);
      } else if ('state' in news) {
        position = news.at ?? position;
        state(now = news.state);
        // What came after this tab's hello and before it listened has been said already.
        if (!joined) void reread().catch(() => { /* as above */ });
        joined = true;
      } else if ('reread' in news) void reread().catch(() => { /* as above */ });
      else if ('retry' in news) stream?.retry();
      else if (stream) leader.send({ state: now, ...(stream.position && { at: stream.position }) });
    },
  });
  leader.send({ ask: 1 });
  return {
    retry() {
      if (now !== 'waiting') return;
      if (stream) stream.retry();
      else leader.send({ retry: 1 });
    },
    close: leader.close,
  };
}
