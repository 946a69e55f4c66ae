// What is being written: kept over a reload, and hinted at to the other side.
import type { Store } from '../shared/store';
import type { Keep } from './keep';
import { current, type State } from './state';
import type { VisitorAPI } from './visitor';

const saveAfter = 400;
const tellEvery = 3_000;

export interface Draft {
  write(text: string): void;
  save(): void;
  /** It was sent: whoever writes next is writing anew. */
  sent(): void;
  /** Drops a save that is still to come. */
  drop(): void;
  close(): void;
}

export function createDraft({ get, set }: Store<State>, keep: Keep, api: VisitorAPI): Draft {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = 0; // when we last said that the visitor is typing; 0 while they are not

  function tell(typing: boolean) {
    const session = current(get());
    if (!session || get().stream !== 'open') return;
    const now = Date.now();
    if (typing ? now - told < tellEvery : !told) return;
    told = typing ? now : 0;
    api.call('POST', `/sessions/${session.session_id}/typing`, { typing }).catch(() => { /* only a hint */ });
  }

  function save() {
    clearTimeout(timer);
    const { draft } = get();
    if ((keep.get().draft ?? '') !== draft) keep.change((kept) => { if (draft) kept.draft = draft; else delete kept.draft; });
  }
  addEventListener('pagehide', save);

  return {
    save,
    write(draft) {
      set({ draft });
      clearTimeout(timer);
      timer = setTimeout(save, saveAfter);
      tell(!!draft);
    },
    sent() { told = 0; save(); },
    drop: () => clearTimeout(timer),
    close() {
      save();
      removeEventListener('pagehide', save);
    },
  };
}
