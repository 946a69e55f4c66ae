// What one can do in a conversation, and the stream that brings its news. Loaded when one begins or goes on.
import { save } from '../shared/drop';
import { audible, chime } from '../shared/sound';
import type { Uploads } from '../shared/upload';
import type { Message, MessagePage, SessionPage, VisitorSession } from '../shared/types';
import type { Core } from './chat';
import { createChallenge } from './challenge';
import { createEvents } from './events';
import { createKnowledge } from './knowledge';
import { follow, type Live } from './live';
import { createOutbox } from './outbox';
import { fetchPart } from './part';
import { current } from './state';

export type Talk = ReturnType<typeof begin>;

export function begin(core: Core) {
  const { host, store, keep, api, draft, settle, forget } = core;
  const { get, set } = store;
  const knowledge = createKnowledge(core);
  const { learn, lost } = knowledge;
  const happened = createEvents(core, knowledge);
  const challenge = createChallenge(host, store);
  let live: Live | undefined;
  let uploads: Promise<Uploads> | undefined;

  const outbox = createOutbox({
    key: host.key, keep, api, lost,
    session: () => current(get())?.session_id,
    challenge: challenge.ask,
    changed(stuck) { set({ outbox: keep.get().outbox, stuck }); settle(); },
    sent(_, message, session) {
      learn(session ? [session] : [], session?.messages ?? (message ? [message] : []), true);
      if (session) knowledge.began(session);
      live?.retry();
    },
    unknown(pending, field) {
      draft.store.set({ topic: pending.topic ?? '' });
      if (pending.text !== pending.topic) putBack(pending.text);
      outbox.remove(pending.client_id);
      set(({ sessions }) => ({ talking: sessions.length > 0, refusedField: field }));
      void api.hello().catch(() => { /* the form asks for what is known to be missing */ });
    },
    async find() {
      const { sessions } = await api.call<{ sessions: VisitorSession[] }>('GET', '/sessions', undefined, { query: { limit: 10 } });
      const open = sessions.find((s) => s.status === 'active');
      if (open) learn([open], [], false);
    },
  });

  /** Puts words back into the field, before what stands there. */
  function putBack(words: string) {
    const { text } = draft.store.get();
    draft.write(text ? `${words}\n${text}` : words);
  }

  const listen = () => follow({
    key: host.key, url: `${host.base}visitor/v1/events`, api, event: happened, reread: knowledge.reread,
    state(stream) {
      set({ stream });
      if (stream !== 'open' && stream !== 'polling') return;
      set({ barred: false });
      outbox.admitted();
      outbox.flush();
    },
    last() {
      const session = current(get());
      return session && { session: session.session_id, seq: get().messages.findLast((m) => m.session_id === session.session_id)?.seq ?? 0 };
    },
  });

  function stopListening() {
    live?.close();
    live = undefined;
    set({ stream: 'none' });
  }

  /** The files on their way, whose code comes with the first. */
  const sending = () => uploads ??= fetchPart(() => import('./filespart')).then((part) => part.uploads({
    host, api, store, challenge: challenge.ask,
    learn: (sessions, messages) => learn(sessions, messages, true),
    lost: (id) => lost(id, true),
  })).catch((err: unknown) => { uploads = undefined; throw err; });
  const withUploads = (fn: (uploads: Uploads) => void) => void sending().then(fn, () => { /* without it none is on its way */ });
  const stopSending = () => { void uploads?.then((u) => u.close()); uploads = undefined; };

  return {
    /** Hello was answered, with the conversation that is open. */
    greeted(session: VisitorSession | null) {
      if (session) {
        knowledge.replaced(session);
        knowledge.began(session);
      } else void knowledge.lastOne();
      outbox.admitted();
      outbox.flush();
    },
    /** Listens as long as a conversation is open. */
    settle() {
      if (current(get())) live ??= listen();
      else if (live) stopListening();
    },
    flush: outbox.flush,
    retry: outbox.retry,
    /** Takes a message out of the outbox; `edit` puts its text back into the field. */
    discard(clientId: string, edit: boolean) {
      const pending = keep.get().outbox.find((p) => p.client_id === clientId);
      outbox.remove(clientId);
      if (pending && edit) putBack(pending.text);
      settle();
    },
    /** Sends the files beside the field. They stay there if the code for it does not come. */
    sendFiles() {
      const { files } = get();
      withUploads((u) => { set({ files: [], fault: null }); u.add(files); });
    },
    retryFile: (clientId: string) => withUploads((u) => u.retry(clientId)),
    cancelFile: (clientId: string) => withUploads((u) => u.cancel(clientId)),
    /** Leaves a file out that was to go along. */
    detach: (file: File) => set(({ files }) => ({ files: files.filter((f) => f !== file), fault: null })),
    /** Goes to the last conversation from the start page. */
    resume: () => set({ talking: true, aside: null }),
    /** One step back: from a conversation to the list, from everything else to the start page. */
    back: () => set(({ aside }) => (aside && aside !== 'list' ? { aside: 'list' } : { aside: null, talking: false })),
    /** Goes to the list of all conversations. */
    list: () => set({ aside: 'list' }),
    /** One page of them, the newest first. */
    conversations: (after?: string) => api.call<SessionPage>('GET', '/sessions', undefined, { query: { limit: 20, after } }),
    read: knowledge.read,
    /** Goes to a conversation: one that is open is gone on with, any other is only read. */
    goTo(session: VisitorSession) {
      const { sessions } = get();
      if (session.session_id === sessions.at(-1)?.session_id) return set({ talking: true, aside: null });
      if (session.status === 'closed') return set({ aside: session });
      set({ talking: true, aside: null });
      knowledge.show(session);
      void knowledge.read(session.session_id).then(knowledge.replaced, () => { /* the stream reads it again */ });
      knowledge.began(session);
    },
    /** Begins anew: what was said before stays in the list. */
    fresh() {
      set({ aside: null, talking: true, ...(!current(get()) && { sessions: [], messages: [], older: false }) });
    },
    /** Earlier messages of any conversation. */
    earlier: (id: string, before: string) => api.call<MessagePage>('GET', `/sessions/${id}/messages`, undefined, { query: { before, limit: 50 } }),
    /** A conversation that is not on show has been read to its end. */
    sawOther(session: VisitorSession, last: Message) {
      set(({ others }) => ({ others: others.filter((s) => s.session_id !== session.session_id) }));
      if (session.unread) api.call('POST', `/sessions/${session.session_id}/seen`, { message_id: last.message_id }).catch(() => { /* the next look says it again */ });
      settle();
    },
    loadOlder: knowledge.loadOlder,
    /** The end of the log is on screen and the page has the focus. */
    sawAll: knowledge.sawAll,
    async end() {
      const session = current(get());
      if (!session) return;
      keep.change((kept) => { kept.ended = session.session_id; });
      const closed = await api.call<VisitorSession>('POST', `/sessions/${session.session_id}/close`, {});
      happened({ event: 'session_closed', timestamp: '', data: { session_id: session.session_id, status: 'closed', closed_at: closed.closed_at } });
    },
    /** Whether it was the visitor who ended that conversation. */
    endedHere: (session: string) => keep.get().ended === session,
    /** What the visitor thought of it: 1 to 5, and in words. */
    async rate(id: string, score: number, comment: string) {
      learn([await api.call<VisitorSession>('POST', `/sessions/${id}/rating`, { score, ...(comment && { comment }) })], [], false);
    },
    /** The visitor is being asked what they thought: the team's response rate is measured against it. */
    asking(id: string) {
      void api.call('POST', `/sessions/${id}/rating-request`).catch(() => { /* one question less is counted */ });
    },
    /** Has replies make a sound, or no longer. */
    setSound(sound: boolean) {
      keep.change((kept) => { if (sound) kept.sound = true; else delete kept.sound; });
      set({ sound });
      if (sound && audible()) chime();
    },
    /** A file of a message. */
    blob: api.blob,
    /** The conversation as a file. */
    async download() {
      const { aside, sessions } = get();
      const id = (aside && aside !== 'list' ? aside : sessions.at(-1))?.session_id;
      if (id) save(await api.blob(`/sessions/${id}/transcript?format=txt`), 'conversation.txt');
    },
    /** Has the server forget everything about this visitor, and forgets it here. */
    async erase() {
      await api.call('DELETE', '/me');
      forget();
    },
    /** Nothing is known any more. */
    forget() {
      challenge.close();
      stopSending();
      stopListening();
      knowledge.quiet();
    },
    close() {
      challenge.close();
      live?.close();
      outbox.close();
      stopSending();
      knowledge.quiet();
    },
  };
}
