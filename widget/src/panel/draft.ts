// What is being written: kept over a reload, and hinted at to the other side. It has a store of its own, because it
// changes with every key and nothing but the field needs to know.
import { createStore, type Store } from '../shared/store';
import type { Keep } from './keep';
import { current, type State } from './state';
import type { VisitorAPI } from './visitor';

const saveAfter = 400;
const tellEvery = 3_000;
const showEvery = 1_000; // where agents may see the text itself

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

  let later: ReturnType<typeof setTimeout> | undefined;

  function tell(text: string) {
    const state = chat.get();
    const session = current(state);
    clearTimeout(later);
    if (!session || state.stream !== 'open') return;
    const shown = state.config?.features.typing_preview;
    const typing = !!text, wait = told + (shown ? showEvery : tellEvery) - Date.now();
    if (typing && wait > 0) {
      if (shown) later = setTimeout(() => tell(store.get().text), wait); // the last letters count too
      return;
    }
    if (!typing && !told) return;
    told = typing ? Date.now() : 0;
    api.call('POST', `/sessions/${session.session_id}/typing`, { typing, ...(shown && typing && { preview: [...text].slice(0, 4000).join('') }) }).catch(() => { /* only a hint */ });
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
      tell(text);
    },
    sent() {
      store.set({ text: '', topic: '' });
      told = 0;
      clearTimeout(later);
      save();
    },
    forget() {
      clearTimeout(timer);
      store.set({ text: '', topic: '' });
    },
    close() {
      clearTimeout(later);
      save();
      removeEventListener('pagehide', save);
    },
  };
}
