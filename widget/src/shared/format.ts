// Text and times made ready to show. Everything here answers plain data, never markup.

/** A piece of text: itself, or something with a meaning and pieces inside. */
export type Part =
  | string
  | { kind: 'link'; url: string; parts: Part[] }
  | { kind: 'bold' | 'italic' | 'code' | 'quote' | 'item' | 'bullets' | 'numbers' | 'block' | 'pre'; parts: Part[] };

// Where a link begins; bidirectional overrides end one, because they could make it read as another address.
const address = /\b(?:https?:\/\/|www\.|mailto:)[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+|\b[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi;

/** The address if it is one that may stand in a link: http, https or mailto. */
export function safeURL(text: string): string | undefined {
  try {
    const url = new URL(text);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Splits text at web and e-mail addresses. Punctuation that ends the sentence stays outside. */
export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const shown = trimAddress(match[0]);
    const url = safeURL(/^(https?:|mailto:)/i.test(shown) ? shown : shown.includes('@') && !/^www\./i.test(shown) ? `mailto:${shown}` : `https://${shown}`);
    if (!url) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ kind: 'link', url, parts: [shown.replace(/^(?:https?:\/\/|mailto:)/i, '').replace(/^([^/?#]+)\/$/, '$1')] });
    from = match.index + shown.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

function trimAddress(text: string): string {
  for (;;) {
    const last = text.at(-1)!;
    const count = (char: string) => text.split(char).length;
    // A closing bracket belongs to the address if it was opened inside.
    if (last === ')' ? count(')') > count('(') : last === ']' ? count(']') > count('[') : /[.,:;!?'*_~…»”’]/.test(last)) text = text.slice(0, -1);
    else return text;
  }
}

const inlines = /`([^`\n]+)`|\*\*(?=\S)([^\n]*?\S)\*\*|(?<![\w*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_])([^\n]*?[^\s_])_(?!\w)|\[([^\]\n]+)\]\(([^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)/;

function inline(text: string, depth = 0): Part[] {
  const match = depth < 4 ? inlines.exec(text) : null;
  if (!match) return linkify(text);
  const [all, code, bold, star, underscore, label, target] = match;
  const url = target && safeURL(target);
  const part: Part | undefined =
    code !== undefined ? { kind: 'code', parts: [code] }
    : bold !== undefined ? { kind: 'bold', parts: inline(bold, depth + 1) }
    : label !== undefined ? (url ? { kind: 'link', url, parts: [label] } : undefined)
    : { kind: 'italic', parts: inline((star ?? underscore)!, depth + 1) };
  // An address with an underscore or a star in it is an address first.
  const before = text.slice(0, match.index);
  const cut = [...text.matchAll(address)].find((m) => m.index < match.index && m.index + trimAddress(m[0]).length > match.index);
  if (cut) {
    const end = cut.index + trimAddress(cut[0]).length;
    return [...linkify(text.slice(0, end)), ...inline(text.slice(end), depth)];
  }
  return [...linkify(before), part ?? all, ...inline(text.slice(match.index + all.length), depth)];
}

/**
 * Reads the few marks that agents write: **bold**, *italic*, `code`, [text](address), lists, quotes and fenced code.
 * Whatever is not one of them stays as it was typed.
 */
export function markdown(text: string): Part[] {
  const out: Part[] = [];
  let open: { kind: 'bullets' | 'numbers' | 'quote' | 'block' | 'pre'; parts: Part[] } | undefined;
  const into = (kind: 'bullets' | 'numbers' | 'quote' | 'block' | 'pre') => {
    if (open?.kind !== kind) out.push(open = { kind, parts: [] });
    return open.parts;
  };
  let fenced = false;
  for (const line of text.split('\n')) {
    const fence = /^```\w*\s*$/.test(line);
    if (fence && (fenced || text.split(/^```/m).length > 2)) { fenced = !fenced; open = undefined; continue; }
    const [, bullet] = /^\s*[-*•]\s+(.+)$/.exec(line) ?? [];
    const [, number] = /^\s*\d{1,3}[.)]\s+(.+)$/.exec(line) ?? [];
    const [, quote] = /^>\s?(.*)$/.exec(line) ?? [];
    if (fenced) addLine(into('pre'), [line]);
    else if (bullet !== undefined) into('bullets').push({ kind: 'item', parts: inline(bullet) });
    else if (number !== undefined) into('numbers').push({ kind: 'item', parts: inline(number) });
    else if (quote !== undefined) addLine(into('quote'), inline(quote));
    else addLine(into('block'), inline(line));
  }
  for (const part of out) if (typeof part !== 'string' && part.kind === 'block') trimBreaks(part.parts);
  return out.filter((part) => typeof part === 'string' || part.parts.length > 0);
}

function addLine(parts: Part[], line: Part[]) {
  if (parts.length) parts.push('\n');
  parts.push(...(line.length || parts.length ? line : ['']));
}

/** Blank lines beside a list or a quote are its margin, not text. */
function trimBreaks(parts: Part[]) {
  const blank = (part?: Part) => typeof part === 'string' && !part.trim();
  while (parts.length && blank(parts[0])) parts.shift();
  while (parts.length && blank(parts.at(-1))) parts.pop();
}

/** The text without its marks, on one line, for previews. */
export function plain(text: string): string {
  const flat = (part: Part): string => (typeof part === 'string' ? part : part.parts.map(flat).join('') + (part.kind === 'item' || part.kind === 'block' || part.kind === 'quote' ? ' ' : ''));
  return markdown(text).map(flat).join('').replace(/\s+/g, ' ').trim();
}

const formats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, format = new Intl.DateTimeFormat(locale, options));
  return format;
}

/** 10:41 */
export const clock = (at: Date, locale: string) => dateFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(at);

/** The whole date and time, for a title. */
export const exact = (at: Date, locale: string) => dateFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(at);

/** How many midnights of the reader lie between the two. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (d: Date) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

/** Today, Yesterday, the weekday within a week, else the date; the year only if it is another one. */
export function day(at: Date, locale: string, now = new Date()): string {
  const ago = daysBetween(at, now);
  if (ago === 0 || ago === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-ago, 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  if (ago > 1 && ago < 7) return dateFormat(locale, { weekday: 'long' }).format(at);
  return dateFormat(locale, { day: 'numeric', month: 'long', ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' }) }).format(at);
}

/** For a list: the time if it was today, else the day in short. */
export function shortWhen(at: Date, locale: string, now = new Date()): string {
  const ago = daysBetween(at, now);
  if (ago === 0) return clock(at, locale);
  if (ago === 1) return day(at, locale, now);
  if (ago > 1 && ago < 7) return dateFormat(locale, { weekday: 'short' }).format(at);
  return dateFormat(locale, { day: 'numeric', month: 'short', ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' }) }).format(at);
}

/** "4 minutes": seconds in the largest unit that keeps them honest, always rounded up. */
export function duration(seconds: number, locale: string): string {
  const [size, unit] = seconds <= 90 ? [60, 'minute'] : seconds < 5_400 ? [60, 'minute'] : seconds < 129_600 ? [3_600, 'hour'] : [86_400, 'day'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(Math.max(1, Math.ceil(seconds / (size as number))));
}

/** Two letters for an avatar: first and last name, or the first letter. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word?: string) => (word ? (word.match(/[\p{L}\p{N}]/u)?.[0] ?? '') : '');
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : '')).toLocaleUpperCase();
}

/** The first name, as people are spoken of. */
export const firstName = (name: string) => name.trim().split(/\s+/)[0] ?? '';

export { isRTL } from './locale';
