// The panel's mind: what the visitor does goes in as a call, what comes of it is in the store. It draws nothing.
import { isAbort, type APIError } from '../shared/api';
import type { Host, Opening } from '../shared/bridge';
import { save } from '../shared/drop';
import { createStore, type Store } from '../shared/store';
import type { Uploads } from '../shared/upload';
import type { Envelope, Hello, Message, MessagePage, SeenData, TypingData, VisitorSession } from '../shared/types';
import { asked } from './asks';
import { watchConnection } from './banner';
import { createDraft, type Draft } from './draft';
import { openKeep, type Kept, type Who } from './keep';
import type { Live } from './live';
import { createOutbox } from './outbox';
import { current, initial, merged, theirs, unseen, type State } from './state';
import { createVisitorAPI } from './visitor';

export interface Chat {
  store: Store<State>;
  /** What stands in the field, and what it is about. */
  draft: Draft['store'];
  /** Says hello, or does nothing if that was done; keeps trying until it succeeds. */
  greet(): void;
  open(opening: Opening): void;
  close(): void;
  write(text: string): void;
  setTopic(topic: string): void;
  /** Has files go along with what is sent next, those that may. */
  attach(files: File[]): void;
  detach(file: File): void;
  /** The files on their way; there once the code for conversations is. */
  uploads(): Uploads | undefined;
  /** Sends what stands in the field; `who` says what the form asked, where there was one. */
  send(who?: Who): void;
  retry(clientId: string): void;
  /** Takes a message out of the outbox; `edit` puts its text back into the field. */
  discard(clientId: string, edit: boolean): void;
  /** Goes to the last conversation from the start page. */
  resume(): void;
  loadOlder(): Promise<void>;
  /** The end of the log is on screen and the page has the focus. */
  sawAll(): void;
  end(): Promise<void>;
  /** Whether it was the visitor who ended that conversation. */
  endedHere(session: string): boolean;
  /** What the visitor thought of it: 1 to 5. */
  rate(session: string, score: number): Promise<void>;
  /** A file of a message. */
  blob(path: string): Promise<Blob>;
  /** The conversation as a file. */
  download(): Promise<void>;
  /** Has the server forget everything about this visitor, and forgets it here. */
  erase(): Promise<void>;
  dismiss(): void;
  /** The page has said who the visitor is: has the server hear it. */
  identify(): void;
  reset(): void;
  destroy(): void;
}

const off = { visitor_name: 'off', visitor_email: 'off' } as const;
const typingLasts = 6_000;

export function createChat(host: Host): Chat {
  const store = createStore<State>(initial);
  const { get, set } = store;
  const keep = openKeep(host.key, elsewhere);
  const api = createVisitorAPI(host, keep, greeted);
  let visitor: string | undefined;
  let live: Live | undefined;
  let over = false;
  let helloTries = 0;
  let helloTimer: ReturnType<typeof setTimeout> | undefined;
  let typingTimer: ReturnType<typeof setTimeout> | undefined;
  let preparing = false;

  const outbox = createOutbox({
    key: host.key, keep, api,
    session: () => current(get())?.session_id,
    changed(stuck) { set({ outbox: keep.get().outbox, stuck }); settle(); },
    sent(_, message, session) {
      learn(session ? [session] : [], session?.messages ?? (message ? [message] : []), true);
      if (session) began(session);
      live?.retry();
    },
    lost(id, closed) {
      set(({ sessions, messages }) => (closed
        ? { sessions: sessions.map((s) => (s.session_id === id ? { ...s, status: 'closed' as const } : s)) }
        : { sessions: sessions.filter((s) => s.session_id !== id), messages: messages.filter((m) => m.session_id !== id) }));
    },
    unknown(pending, field) {
      const { text } = draft.store.get();
      draft.store.set({ topic: pending.topic ?? '' });
      if (pending.text !== pending.topic) draft.write(text ? `${pending.text}\n${text}` : pending.text);
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

  /** Takes in what the server says of conversations and messages; `news` if it has just happened. */
  function learn(sessions: VisitorSession[], messages: Message[], news: boolean) {
    const known = new Set(get().messages.map((m) => m.message_id));
    set((state) => merged(state, sessions, messages));
    const fresh = messages.filter((m) => !known.has(m.message_id));
    if (fresh.some(theirs)) quiet();
    if (news) for (const m of fresh) host.emit('message', { from: m.sender, text: m.message, id: m.message_id });
    settle();
  }

  /** What follows from the state: the stream, what is remembered, the preview. */
  function settle() {
    if (over) return;
    const state = get();
    const open = current(state);
    const waiting = unseen(state);
    const last = state.sessions.at(-1);
    const wanted = !!open;
    if (last || state.outbox.length || asked(state)) prepare();
    if (wanted && state.talk) live ??= listen(state.talk);
    else if (!wanted && live) stopListening();

    // Another tab may know of a conversation that this one has not heard of yet: only who knows of it may call it over.
    const kept = keep.get();
    const replies = wanted || kept.outbox.length > 0 || waiting.length > 0;
    const sure = state.hello === 'done' && (!kept.session || state.sessions.some((s) => s.session_id === kept.session));
    if (replies ? !kept.live : kept.live && sure) keep.change((k) => { k.live = replies; });
    const newest = waiting.at(-1);
    set({ preview: !state.open && newest && newest.message_id !== kept.dismissed ? newest : null });
  }

  const listen = (talk: NonNullable<State['talk']>) => talk.follow({
    key: host.key, url: `${host.base}visitor/v1/events`, api, event: happened, reread,
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

  /** Loads the code for conversations. */
  function prepare() {
    if (get().talk || preparing || over) return;
    preparing = true;
    import('./talk').then((talk) => {
      if (over) return;
      talk.dress(host.root);
      set({ talk, talkFailed: false });
      settle();
    }, () => set({ talkFailed: true })).finally(() => { preparing = false; });
  }

  function greeted(hello: Hello) {
    const other = visitor !== undefined && visitor !== hello.visitor_id;
    visitor = hello.visitor_id;
    helloTries = 0;
    if (other) set({ sessions: [], messages: [], older: false, talking: keep.get().outbox.length > 0 });
    if (hello.online !== get().online) host.emit('status', { online: hello.online });
    set((state) => ({ hello: 'done', config: hello.config, online: hello.online, verified: hello.verified, outbox: keep.get().outbox,
      talking: state.talking || !!hello.session || keep.get().outbox.length > 0 }));
    if (hello.session) {
      replaced(hello.session);
      began(hello.session);
    } else void lastOne();
    outbox.flush();
    settle();
  }

  function began({ session_id: id }: VisitorSession) {
    const kept = keep.get();
    if (kept.token && kept.session !== id) keep.change((k) => { k.session = id; });
    host.emit('conversation', { id, state: 'open' });
  }

  /** The newest messages of a conversation: joined to what is known, or in its place if there is a gap between. */
  function replaced(session: VisitorSession) {
    const page = session.messages ?? [];
    const first = page[0]?.seq ?? 1;
    const before = get().messages.filter((m) => m.session_id === session.session_id);
    const gap = before.length > 0 && (before.at(-1)!.seq ?? 0) < first - 1;
    if (gap) set(({ messages }) => ({ messages: messages.filter((m) => m.session_id !== session.session_id) }));
    const oldest = !get().sessions.length || get().sessions[0]!.session_id === session.session_id;
    if (oldest && (gap || !before.length)) set({ older: first > 1 });
    learn([session], page, before.length > 0);
  }

  /** What was said before, for someone who comes back after it was closed. */
  async function lastOne() {
    const id = keep.get().session;
    if (!id || get().sessions.length) return;
    try {
      const session = await api.call<VisitorSession>('GET', `/sessions/${id}`);
      if (!get().sessions.length) replaced(session);
    } catch (err) {
      if ((err as Partial<APIError>).status === 404) keep.change((kept) => { delete kept.session; kept.live = false; });
    }
  }

  async function reread(): Promise<void> {
    const session = current(get());
    if (!session) return;
    replaced(await api.call<VisitorSession>('GET', `/sessions/${session.session_id}`));
    closedNow(session.session_id);
  }

  function closedNow(id: string) {
    const session = get().sessions.find((s) => s.session_id === id);
    if (session?.status === 'closed') { quiet(); host.emit('conversation', { id, state: 'closed' }); }
  }

  const quiet = () => { clearTimeout(typingTimer); set({ typing: null }); };

  function happened({ event, data }: Envelope) {
    switch (event) {
      case 'session_started': case 'session_updated': case 'session_rated':
        return learn([data as VisitorSession], [], false);
      case 'session_closed': {
        const closed = data as VisitorSession;
        const session = get().sessions.find((s) => s.session_id === closed.session_id);
        if (!session || session.status === 'closed') return;
        learn([{ ...session, ...closed }], [], false);
        return closedNow(closed.session_id);
      }
      case 'message_sent': {
        const message = data as Message;
        if (!get().sessions.some((s) => s.session_id === message.session_id)) return void api.hello().catch(() => { /* the next event asks again */ });
        return learn([], [message], true);
      }
      case 'message_updated': case 'message_deleted':
        return learn([], [data as Message], false);
      case 'typing': {
        const { session_id, sender, sender_name, typing } = data as TypingData;
        if (sender === 'visitor' || session_id !== current(get())?.session_id) return;
        clearTimeout(typingTimer);
        set({ typing: typing ? sender_name ?? '' : null });
        if (typing) typingTimer = setTimeout(quiet, typingLasts);
        return;
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
  }

  function saw(id: string, who: SeenData['sender'], seq: number) {
    const field = who === 'agent' ? 'agent_seen_seq' : 'visitor_seen_seq';
    set(({ sessions }) => ({ sessions: sessions.map((s) => (s.session_id === id && s[field] < seq ? { ...s, [field]: seq } : s)) }));
    settle();
  }

  /** Another tab has written, or everything was forgotten there. */
  function elsewhere(kept: Kept) {
    if (!kept.token && api.known && get().sessions.length) return forget();
    set({ outbox: kept.outbox });
    const adopted = api.adopt();
    const began = kept.session && !get().sessions.some((s) => s.session_id === kept.session);
    if (get().hello !== 'none' && (adopted || began)) void api.hello().catch(() => { /* tried again by greet */ });
    settle();
  }

  function greet() {
    if (over || get().hello === 'done' || get().hello === 'asking') return;
    clearTimeout(helloTimer);
    set(({ hello }) => ({ hello: hello === 'failed' ? hello : 'asking' }));
    api.hello().catch((err: unknown) => {
      if (over) return;
      set({ hello: 'failed' });
      const asked = (err as { retryAfter?: number }).retryAfter;
      clearTimeout(helloTimer);
      helloTimer = setTimeout(greet, asked !== undefined ? asked * 1000 : Math.min(30_000, 1000 * 2 ** helloTries++) * (1 + Math.random() / 2));
      if (!isAbort(err)) host.emit('error', { code: (err as { code?: string }).code ?? 'hello', message: (err as Error).message });
    });
  }

  let uploads: Uploads | undefined;
  const sending = () => uploads ??= get().talk?.uploads({
    host, api, store,
    learn: (sessions, messages) => learn(sessions, messages, true),
    lost: (id) => set(({ sessions }) => ({ sessions: sessions.map((s) => (s.session_id === id ? { ...s, status: 'closed' as const } : s)) })),
  });

  const unwatch = watchConnection(store, () => { if (get().hello === 'failed') greet(); });
  const draft = createDraft(store, keep, api);

  set({ outbox: keep.get().outbox });

  function forget() {
    draft.forget();
    uploads?.close();
    uploads = undefined;
    keep.clear();
    api.forget();
    visitor = undefined;
    stopListening();
    quiet();
    const { open, closing, talk } = get();
    set({ ...initial, open, closing, talk });
    if (open) greet();
  }

  return {
    store, greet, draft: draft.store,
    open({ message, topic }) {
      set((state) => ({ open: true, closing: false, preview: null, talking: state.talking || unseen(state).length > 0 }));
      if (message !== undefined) this.write(message);
      if (topic !== undefined) this.setTopic(topic);
      greet();
    },
    close() { set({ open: false, closing: false }); draft.save(); settle(); },
    write(text) { prepare(); draft.write(text); },
    setTopic(topic) { draft.store.set({ topic }); prepare(); },
    send(who) {
      if (!who && asked(get())) return; // the form is on its way
      const { topic, text: written } = draft.store.get();
      const text = clean(written).trim() || topic;
      const files = get().talk ? get().files : [];
      if (!text && !files.length) return;
      const data = Object.fromEntries(Object.entries(host.attributes).filter(([, value]) => value !== null && value !== undefined));
      // Whoever was asked once is not asked again.
      set(({ config }) => ({ talking: true, refusedField: '', config: who && config ? { ...config, pre_chat: off, away: off } : config }));
      draft.sent();
      if (text) outbox.add({ text, ...(who && { who }), ...(topic && { topic }), ...(Object.keys(data).length && { data }) });
      if (files.length) { set({ files: [], fault: null }); sending()!.add(files); }
      greet();
    },
    attach(files) {
      prepare();
      import('./talk').then((talk) => talk.take(store, files), () => { /* prepare says so */ });
    },
    detach: (file) => set(({ files }) => ({ files: files.filter((f) => f !== file), fault: null })),
    uploads: sending,
    retry: outbox.retry,
    discard(id, edit) {
      const pending = keep.get().outbox.find((p) => p.client_id === id);
      outbox.remove(id);
      const { text } = draft.store.get();
      if (pending && edit) this.write(text ? `${pending.text}\n${text}` : pending.text);
      settle();
    },
    resume: () => set({ talking: true }),
    async loadOlder() {
      const [first] = get().messages;
      if (!first || !get().older) return;
      const page = await api.call<MessagePage>('GET', `/sessions/${first.session_id}/messages`, undefined, { query: { before: first.message_id, limit: 50 } });
      set((state) => ({ ...merged(state, [], page.messages), older: page.messages.length > 0 && (page.messages[0]!.seq ?? 1) > 1 }));
    },
    sawAll() {
      const last = unseen(get()).at(-1);
      if (!last) return;
      saw(last.session_id, 'visitor', last.seq!);
      api.call('POST', `/sessions/${last.session_id}/seen`, { message_id: last.message_id }).catch(() => { /* the next look says it again */ });
    },
    async end() {
      const session = current(get());
      if (!session) return;
      keep.change((kept) => { kept.ended = session.session_id; });
      const closed = await api.call<VisitorSession>('POST', `/sessions/${session.session_id}/close`, {});
      happened({ event: 'session_closed', timestamp: '', data: { session_id: session.session_id, status: 'closed', closed_at: closed.closed_at } });
    },
    async rate(id, score) {
      learn([await api.call<VisitorSession>('POST', `/sessions/${id}/rating`, { score })], [], false);
    },
    blob: api.blob,
    async download() {
      const id = get().sessions.at(-1)?.session_id;
      if (id) save(await api.blob(`/sessions/${id}/transcript?format=txt`), 'conversation.txt');
    },
    async erase() {
      await api.call('DELETE', '/me');
      forget();
    },
    endedHere: (session) => keep.get().ended === session,
    dismiss() {
      const { preview } = get();
      if (preview) keep.change((kept) => { kept.dismissed = preview.message_id; });
      set({ preview: null });
    },
    identify() {
      api.doubt();
      set({ hello: 'none' });
      greet();
    },
    reset: forget,
    destroy() {
      over = true;
      draft.close();
      unwatch();
      live?.close();
      outbox.close();
      uploads?.close();
      keep.close();
      clearTimeout(helloTimer);
      clearTimeout(typingTimer);
    },
  };
}

/** Text that JSON can carry and the server takes: no NUL, no half of a character. */
const clean = (text: string) => text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '');
