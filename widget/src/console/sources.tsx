// What the signs in the field ask for: / a saved reply, @ a colleague, : an emoji.
import { useState } from 'preact/hooks';
import type { Agent } from '../shared/types';
import { fill, offers, readSaved, slashed } from './saved';
import { get } from './state';
import type { Source } from './suggest';
import { useApp } from './use';

const most = 8;

/** The word after a sign that stands at the beginning of a word. */
export function after(sign: string, text: string, at: number): { from: number; word: string } | undefined {
  const from = text.lastIndexOf(sign, at - 1);
  if (from < 0 || from >= at || (from > 0 && !/[\s(]/.test(text[from - 1]!))) return undefined;
  const word = text.slice(from + 1, at);
  return /^[\p{L}\p{Nd}_.+' -]*$/u.test(word) && !/^\s|\s\s|\n/.test(word) ? { from, word: word.toLowerCase() } : undefined;
}

/** Colleagues whose name, or a later part of it, begins with the word: those who are here first. */
export function people(agents: Agent[], word: string, me: string | undefined): Agent[] {
  return agents
    .filter((a) => a.agent_id !== me && (a.name.toLowerCase().startsWith(word) || a.name.toLowerCase().includes(` ${word}`)))
    .sort((a, b) => Number(b.online) - Number(a.online))
    .slice(0, most);
}

/** The agents whom a text mentions as @Name. Of two names that begin alike the longer one counts. */
export function mentioned(text: string, agents: Agent[]): string[] {
  const found: string[] = [];
  let rest = text.toLowerCase();
  for (const a of [...agents].sort((x, y) => y.name.length - x.name.length)) {
    const mark = `@${a.name.toLowerCase()}`;
    if (!rest.includes(mark)) continue;
    found.push(a.agent_id);
    rest = rest.replaceAll(mark, ' ');
  }
  return found;
}

type Faces = typeof import('./faces');
let faces: Faces | undefined;

export function useSources(visitor: string, note: boolean): Source[] {
  const saved = useApp((s) => s.saved);
  const agents = useApp((s) => s.agents);
  const [, again] = useState(0);
  const slash: Source = {
    sign: '/', title: 'offerSaved', typed: slashed,
    want: () => { readSaved().catch(() => { /* nothing is offered, and writing goes on */ }); },
    offers: (word) => offers(saved ?? [], word, most).map((r) => ({
      key: r.canned_reply_id, name: <>/<Marked text={r.shortcut} word={word} /></>, about: r.message,
      text: fill(r.message, visitor, get().me?.name ?? ''),
    })),
  };
  const at: Source = {
    sign: '@', title: 'offerPeople', typed: (text, place) => after('@', text, place),
    offers: (word) => people(agents, word, get().me?.agent_id).map((a) => ({
      key: a.agent_id, name: <>@<Marked text={a.name} word={word} /></>, about: a.online ? (a.availability === 'away' ? 'Away' : 'Here now') : 'Not here', text: `@${a.name} `,
    })),
  };
  const colon: Source = {
    sign: ':', title: 'offerEmoji', typed: (text, place) => { const one = after(':', text, place); return one && !one.word.includes(' ') ? one : undefined; },
    want: () => { void import('./faces').then((m) => { faces = m; again((n) => n + 1); }, () => { /* nothing is offered */ }); },
    offers: (word) => faces?.find(word, most).map(([face, name]) => ({ key: name, name: face, about: `:${name}:`, text: face })) ?? [],
  };
  return note ? [slash, at, colon] : [slash, colon];
}

function Marked({ text, word }: { text: string; word: string }) {
  const at = word ? text.toLowerCase().indexOf(word) : -1;
  return at < 0 ? <>{text}</> : <>{text.slice(0, at)}<em>{text.slice(at, at + word.length)}</em>{text.slice(at + word.length)}</>;
}
