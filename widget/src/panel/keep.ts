// What a browser remembers of its visitor: one value in local storage, shared by its tabs. Nothing is written before the
// visitor does something. Where storage is refused everything works for as long as the page lives.
import { uuid } from '../shared/api';
import type { Greeting } from '../shared/bridge';

/** A message on its way. It stays here until the server has said that it is kept. */
export interface Pending {
  client_id: string;
  text: string;
  /** When it was written. */
  at: string;
  topic?: string;
  /** The conversation in which it was written; the one that it begins, or that is open when it goes out, if there was none. */
  session?: string | undefined;
  /** What the visitor told of themselves, for a conversation that begins with it. */
  who?: Who;
  /** The host's attributes at that time, for a conversation that begins with it. */
  data?: Record<string, unknown>;
  /** failed: given up for now, tried again when the connection is back. refused: the server will not have it as it is. */
  state: 'waiting' | 'failed' | 'refused';
  /** The error's code where it was refused or the site wants a proof, or "message" where the text itself is wrong. */
  why?: string | undefined;
  /** The host's own sentence for it. */
  said?: string | undefined;
}

export interface Who {
  visitor_name?: string | undefined;
  visitor_email?: string | undefined;
  department?: string | undefined;
  /** The text that they were shown and agreed to. */
  consent?: string | undefined;
}

export interface Kept {
  token?: string;
  /** The conversation that was last seen. */
  session?: string;
  /** Whether replies may arrive, so that the panel's code is worth loading. The loader looks for it. */
  live?: boolean;
  /** The conversation that the visitor ended, as opposed to an agent. */
  ended?: string;
  /** The message whose preview was dismissed. */
  dismissed?: string;
  draft?: string;
  /** Whether a reply makes a sound. */
  sound?: boolean;
  /** The greeting beside the launcher, and since when: it stays there from page to page for a while. */
  greeting?: Greeting & { at: number };
  /** Parameters of addresses whose values may be told, where the host follows its visitors. */
  query?: string[];
  outbox: Pending[];
}

export interface Keep {
  get(): Kept;
  /** Reads what other tabs have written, changes it, and writes it. */
  change(fn: (kept: Kept) => void): void;
  /** Forgets everything. */
  clear(): void;
  close(): void;
}

/** Puts a message into the outbox under a key of its own, by which the server knows it again. */
export function post(keep: Keep, words: Omit<Pending, 'client_id' | 'at' | 'state'>): void {
  keep.change((kept) => { kept.outbox = [...kept.outbox, { ...words, client_id: uuid(), at: new Date().toISOString(), state: 'waiting' }]; });
}

/** What is kept, but in a tab that a link has led into another visitor's conversation: see the embed page. */
function shelf(key: string): Storage {
  return sessionStorage.getItem(key) ? sessionStorage : localStorage;
}

/** Opens what is kept under `key`; `changed` is called when another tab has changed it. */
export function openKeep(key: string, changed: (kept: Kept) => void): Keep {
  let kept: Kept = { outbox: [] };
  let refused = false;
  kept = read();

  function read(): Kept {
    try {
      const text = shelf(key).getItem(key);
      const value = text ? JSON.parse(text) as Partial<Kept> : {};
      return { ...value, outbox: Array.isArray(value.outbox) ? value.outbox : [] };
    } catch {
      return kept;
    }
  }

  function write() {
    try {
      const empty = !kept.outbox.length && Object.values(kept).filter(Boolean).length === 1;
      if (empty) shelf(key).removeItem(key);
      else shelf(key).setItem(key, JSON.stringify(kept));
      refused = false;
    } catch {
      refused = true; // storage is refused or full: this tab goes by what it has in memory
    }
  }

  function onStorage(event: StorageEvent) {
    if (event.key !== key && event.key !== null) return;
    kept = read();
    changed(kept);
  }
  addEventListener('storage', onStorage);

  return {
    get: () => kept,
    change(fn) {
      if (!refused) kept = read();
      fn(kept);
      write();
    },
    clear() {
      kept = { outbox: [] };
      write();
    },
    close: () => removeEventListener('storage', onStorage),
  };
}
