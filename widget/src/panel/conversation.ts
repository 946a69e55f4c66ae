// What one can do in a conversation, and the stream that brings its news. Loaded when one begins or goes on.
import { save } from '../shared/drop';
import type { Uploads } from '../shared/upload';
import type { VisitorSession } from '../shared/types';
import type { Core } from './chat';
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
  let live: Live | undefined;
  let uploads: Promise<Uploads> | undefined;

  const outbox = createOutbox({
    key: host.key, keep, api, lost,
    session: () => current(get())?.session_id,
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
    state: (stream) => { set({ stream }); if (stream === 'open' || stream === 'polling') outbox.flush(); },
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
    host, api, store,
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
    resume: () => set({ talking: true }),
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
    /** What the visitor thought of it: 1 to 5. */
    async rate(id: string, score: number) {
      learn([await api.call<VisitorSession>('POST', `/sessions/${id}/rating`, { score })], [], false);
    },
    /** A file of a message. */
    blob: api.blob,
    /** The conversation as a file. */
    async download() {
      const id = get().sessions.at(-1)?.session_id;
      if (id) save(await api.blob(`/sessions/${id}/transcript?format=txt`), 'conversation.txt');
    },
    /** Has the server forget everything about this visitor, and forgets it here. */
    async erase() {
      await api.call('DELETE', '/me');
      forget();
    },
    /** Nothing is known any more. */
    forget() {
      stopSending();
      stopListening();
      knowledge.quiet();
    },
    close() {
      live?.close();
      outbox.close();
      stopSending();
      knowledge.quiet();
    },
  };
}
