// Replies that the team keeps for use again: read once, read again when they may have grown old.
import { firstName } from '../shared/format';
import { api } from './server';
import { get, set } from './state';

export interface CannedReply {
  canned_reply_id: string;
  shortcut: string;
  message: string;
  created_at: string;
  updated_at: string;
}

const path = (id: string) => `/canned-replies/${encodeURIComponent(id)}`;
const fresh = 30_000; // ms for which what was read is good enough while somebody writes
let readAt = 0;
let changes = 0; // made from here
let reading: Promise<void> | undefined;

const put = (list: CannedReply[]) => set({ saved: [...list].sort((a, b) => (a.shortcut.toLowerCase() < b.shortcut.toLowerCase() ? -1 : 1)) });

/** Reads all of them, unless that was done a moment ago. Fails as the request does. */
export function readSaved(now = false): Promise<void> {
  if (!now && get().saved && Date.now() - readAt < fresh) return Promise.resolve();
  return reading ??= readAll().finally(() => { reading = undefined; });
}

async function readAll(): Promise<void> {
  const list: CannedReply[] = [];
  const before = changes;
  let after: string | undefined;
  do {
    const page = await api<{ canned_replies: CannedReply[]; next_cursor?: string }>('GET', '/canned-replies', undefined, { query: { limit: 200, after } });
    list.push(...page.canned_replies);
    after = page.next_cursor;
  } while (after);
  if (changes !== before) return readAll(); // asked before a change and answered after it: it would undo the change here
  readAt = Date.now();
  put(list);
}

export async function saveReply(id: string | undefined, fields: { shortcut: string; message: string }) {
  const reply = await api<CannedReply>(id ? 'PATCH' : 'POST', id ? path(id) : '/canned-replies', fields);
  changes++;
  put([...(get().saved ?? []).filter((r) => r.canned_reply_id !== reply.canned_reply_id), reply]);
}

export async function removeReply(id: string) {
  await api('DELETE', path(id));
  changes++;
  put((get().saved ?? []).filter((r) => r.canned_reply_id !== id));
}

/** The text with the visitor's first name and the agent's name put in. */
export function fill(message: string, visitor: string, agent: string): string {
  const names: Record<string, string> = { name: firstName(visitor), agent };
  return message.replace(/\{\{\s*(name|agent)\s*\}\}/g, (_, word: string) => names[word]!);
}

/** What is being typed after a slash, directly before `at`; undefined if nothing is. */
export function slashed(text: string, at: number): { from: number; word: string } | undefined {
  const found = /(?:^|\s)\/([\p{L}\p{Nd}_-]*)$/u.exec(text.slice(0, at));
  return found ? { from: at - found[1]!.length - 1, word: found[1]!.toLowerCase() } : undefined;
}

/** Those whose shortcut begins with the word, then those that have it in the shortcut, then in the text. */
export function offers(list: CannedReply[], word: string, most: number): CannedReply[] {
  const rank = (r: CannedReply) => {
    const at = r.shortcut.toLowerCase().indexOf(word);
    return at === 0 ? 0 : at > 0 ? 1 : word.length > 2 && r.message.toLowerCase().includes(word) ? 2 : 3;
  };
  return list.map((r) => [rank(r), r] as const).filter(([n]) => n < 3).sort((a, b) => a[0] - b[0]).slice(0, most).map(([, r]) => r);
}
