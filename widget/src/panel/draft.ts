// What is being written: kept over a reload, and hinted at to the other side. It has a store of its own, because it
// changes with every key and nothing but the field needs to know.
import { createStore, type Store } from '../shared/store';
import type { Keep } from './keep';
import { current, type State } from './state';
import type { VisitorAPI } from './visitor';

const saveAfter = 400;
const tellEvery = 3_000;

export interface Draft {
  store: Store<Written>;
  write(text: string): void;
  save(): void;
  /** It was sent: the field is empty, and whoever writes next is writing anew. */
  sent(): void;
  /** Empties it without a trace. */
  forget(): void;
  close(): void;
}

interface Written {
  text: string;
  topic: string;
}

export function createDraft(chat: Store<State>, keep: Keep, api: VisitorAPI): Draft {
  const store = createStore<Written>({ text: keep.get().draft ?? '', topic: '' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = 0; // when we last said that the visitor is typing; 0 while they are not

  function tell(typing: boolean) {
    const session = current(chat.get());
    if (!session || chat.get().stream !== 'open') return;
    const now = Date.now();
    if (typing ? now - told < tellEvery : !told) return;
    told = typing ? now : 0;
    api.call('POST', `/sessions/${session.session_id}/typing`, { typing }).catch(() => { /* only a hint */ });
  }

  function save() {
    clearTimeout(timer);
    const { text } = store.get();
    if ((keep.get().draft ?? '') !== text) keep.change((kept) => { if (text) kept.draft = text; else delete kept.draft; });
  }
  addEventListener('pagehide', save);

  return {
    store, save,
    write(text) {
      store.set({ text });
      clearTimeout(timer);
      timer = setTimeout(save, saveAfter);
      tell(!!text);
    },
    sent() {
      store.set({ text: '', topic: '' });
      told = 0;
      save();
    },
    forget() {
      clearTimeout(timer);
      store.set({ text: '', topic: '' });
    },
    close() {
      save();
      removeEventListener('pagehide', save);
    },
  };
}
