// The panel's mind: what the visitor does goes in as a call, what comes of it is in the store. It draws nothing. What
// only conversations need is in conversation.ts, which is loaded when one begins or goes on.
import type { Greeting, Host, Opening } from '../shared/bridge';
import { createStore, type Store } from '../shared/store';
import type { Hello } from '../shared/types';
import { agreement, asked } from './asks';
import { watchConnection } from './banner';
import type { Talk } from './conversation';
import { createDraft, type Draft } from './draft';
import { createGreeting } from './greeting';
import { openKeep, post, type Keep, type Kept, type Who } from './keep';
import { fetchPart } from './part';
import { current, initial, unread, unseen, type State } from './state';
import { createVisitorAPI, type VisitorAPI } from './visitor';

/** What the parts of the mind share. */
export interface Core {
  host: Host;
  store: Store<State>;
  keep: Keep;
  api: VisitorAPI;
  draft: Draft;
  /** Puts right what follows from the state. */
  settle(): void;
  /** Forgets everything about this visitor here. */
  forget(): void;
}

export interface Chat {
  store: Store<State>;
  /** What stands in the field, and what it is about. */
  draft: Draft['store'];
  /** What one can do in a conversation; there once the code for it is. */
  readonly talk: Talk | undefined;
  /** Says hello, or does nothing if that was done; keeps trying until it succeeds. */
  greet(): void;
  open(opening: Opening): void;
  close(): void;
  write(text: string): void;
  setTopic(topic: string): void;
  /** Has files go along with what is sent next, those that may. */
  attach(files: File[]): void;
  /** Sends words that were chosen, not written: what stands in the field stays there. */
  say(text: string): void;
  /** Sends what stands in the field; `who` says what the form asked, where there was one. */
  send(who?: Who): void;
  dismiss(): void;
  /** Shows a greeting beside the launcher. */
  welcome(greeting: Greeting): void;
  /** The page has said who the visitor is: has the server hear it. */
  identify(): void;
  /** Something has happened on the server: asks what. */
  look(): void;
  reset(): void;
  destroy(): void;
}

const greetingStays = 30 * 60_000; // as long as the server takes a session for its answer
const off = { visitor_name: 'off', visitor_email: 'off' } as const;

export function createChat(host: Host): Chat {
  const store = createStore<State>(initial);
  const { get, set } = store;
  const keep = openKeep(host.key, elsewhere);
  const api = createVisitorAPI(host, keep, greeted, () => set({ barred: true }));
  const draft = createDraft(store, keep, api);
  const core: Core = { host, store, keep, api, draft, settle, forget };
  const greeting = createGreeting(core);
  const unwatch = watchConnection(store, () => {
    if (get().hello === 'failed') greeting.greet();
    if (get().talkFailed) prepare();
  });
  let visitor: string | undefined;
  let talk: Talk | undefined;
  let preparing = false;
  let later: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const { outbox, sound, greeting: earlier } = keep.get();
  // A greeting that was kept after this page was opened is shown by another tab.
  const still = earlier && Date.now() - earlier.at < greetingStays && earlier.at < performance.timeOrigin;
  set({ outbox, sound: !!sound, greeting: still ? earlier : null });

  /** Loads the code for conversations. */
  function prepare() {
    if (talk || preparing || over) return;
    preparing = true;
    clearTimeout(later);
    fetchPart(() => import('./talk')).then((module) => {
      if (over) return;
      module.dress(host.root);
      talk = module.begin(core);
      set({ talk: module, talkFailed: false });
      if (get().hello === 'done') talk.greeted(greeting.session);
      settle();
    }).catch(() => {
      set({ talkFailed: true });
      later = setTimeout(prepare, get().outbox.length ? 5_000 : 30_000); // nobody need press anything
    }).finally(() => { preparing = false; });
  }

  function greeted(hello: Hello) {
    const other = visitor !== undefined && visitor !== hello.visitor_id;
    visitor = hello.visitor_id;
    const { outbox, session } = keep.get();
    if (other) set({ sessions: [], messages: [], others: [], aside: null, older: false, talking: outbox.length > 0 });
    if (hello.online !== get().online) host.emit('status', { online: hello.online });
    set(({ talking }) => ({ hello: 'done', barred: false, config: hello.config, online: hello.online, verified: hello.verified, outbox,
      talking: talking || !!hello.session || outbox.length > 0 }));
    greeting.done(hello);
    talk?.greeted(hello.session);
    if (hello.session || session) prepare();
    settle();
  }

  /** What follows from the state: what must be loaded, what is remembered, the preview. */
  function settle() {
    if (over) return;
    const state = get();
    const waiting = unseen(state);
    if (state.sessions.length || state.outbox.length) prepare();
    talk?.settle();

    // Another tab may know of a conversation that this one has not heard of yet: only who knows of it may call it over.
    const kept = keep.get();
    const replies = !!current(state) || kept.outbox.length > 0 || unread(state) > 0;
    const sure = !!talk && state.hello === 'done' && (!kept.session || state.sessions.some((s) => s.session_id === kept.session));
    if (replies ? !kept.live : kept.live && sure) keep.change((k) => { k.live = replies; });
    const newest = waiting.at(-1);
    if ((state.greeting || state.headline) && (current(state) || state.outbox.length)) ungreet();
    set({ preview: !state.open && newest && newest.message_id !== kept.dismissed ? newest : null });
  }

  /** The greeting is not to stand beside the launcher any more, but perhaps on the start page. */
  function ungreet(headline = '') {
    if (keep.get().greeting) keep.change((kept) => { delete kept.greeting; });
    set({ greeting: null, headline });
  }

  /** Another tab has written, or everything was forgotten there. */
  function elsewhere(kept: Kept) {
    if (!kept.token && api.known && get().sessions.length) return forget();
    set(({ greeting: shown }) => ({ outbox: kept.outbox, sound: !!kept.sound, greeting: kept.greeting ? shown : null }));
    const adopted = api.adopt();
    const began = kept.session && !get().sessions.some((s) => s.session_id === kept.session);
    if (get().hello !== 'none' && (adopted || began)) void api.hello().catch(() => { /* tried again by greet */ });
    settle();
  }

  function forget() {
    draft.forget();
    talk?.forget();
    keep.clear();
    api.forget();
    visitor = undefined;
    const { open, closing, talk: module } = get();
    set({ ...initial, open, closing, talk: module });
    if (open) greeting.greet();
  }

  function send(who?: Who) {
    if (!who && asked(get())) return; // the form is on its way
    const { topic, text: written } = draft.store.get();
    const text = clean(written).trim() || topic;
    const files = talk ? get().files : [];
    if (!text && !files.length) return;
    const consent = agreement(get());
    const data = Object.fromEntries(Object.entries(host.attributes).filter(([, value]) => value !== null && value !== undefined));
    // Whoever was asked once is not asked again.
    set(({ config }) => ({ talking: true, refusedField: '', config: who && config ? { ...config, pre_chat: { ...config.pre_chat, ...off }, away: off } : config }));
    draft.sent();
    if (text) say({ text, ...((who || consent) && { who: { ...who, ...(consent && { consent }) } }), ...(topic && { topic }), ...(Object.keys(data).length && { data }) });
    if (files.length) talk!.sendFiles();
    greeting.greet();
  }

  /** Puts a message into the outbox. From then on it is kept, whatever becomes of this page or the code that sends it. */
  function say(words: Parameters<typeof post>[1]) {
    const session = current(get())?.session_id;
    post(keep, { ...words, ...(session && { session }) });
    set({ outbox: keep.get().outbox, lapsed: false });
    api.remember();
    settle();
    talk?.flush();
  }

  return {
    store, draft: draft.store, greet: greeting.greet, send,
    get talk() { return talk; },
    open({ message, topic, lapsed }) {
      set((state) => ({ open: true, lapsed: lapsed ?? state.lapsed, closing: false, preview: null, talking: state.talking || unseen(state).length > 0 }));
      const { barred, greeting: shown } = get();
      if (shown) ungreet(shown.message);
      if (barred) set({ hello: 'none' }); // it may be over
      if (message !== undefined) this.write(message);
      if (topic !== undefined) this.setTopic(topic);
      greeting.greet();
    },
    close() { set({ open: false, closing: false }); draft.save(); settle(); },
    write(text) { prepare(); draft.write(text); },
    setTopic(topic) { draft.store.set({ topic }); prepare(); },
    attach(files) {
      prepare();
      set((state) => ({ files: [...state.files, ...files], fault: null }));
    },
    say(text) { say({ text }); greeting.greet(); },
    dismiss() {
      const { preview } = get();
      if (preview) keep.change((kept) => { kept.dismissed = preview.message_id; });
      else ungreet();
      set({ preview: null });
    },
    welcome(shown) {
      keep.change((kept) => { kept.greeting = { ...shown, at: Date.now() }; });
      set({ greeting: shown });
    },
    identify() {
      api.doubt();
      set({ hello: 'none' });
      greeting.greet();
    },
    look: () => void api.hello().catch(() => { /* the next sign of life asks again */ }),
    reset: forget,
    destroy() {
      over = true;
      clearTimeout(later);
      draft.close();
      unwatch();
      talk?.close();
      keep.close();
      greeting.close();
    },
  };
}

/** Text that JSON can carry and the server takes: no NUL, no half of a character. */
const clean = (text: string) => text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '');
