// What somebody wrote, made ready to show. Everything here answers plain data, never markup.

/** A piece of text: itself, or something with a meaning and pieces inside. */
export type Part =
  | string
  | { kind: 'link'; url: string; parts: Part[] }
  | { kind: 'bold' | 'italic' | 'code' | 'quote' | 'item' | 'bullets' | 'block' | 'pre'; parts: Part[] }
  /** A list that counts from `start`. */
  | { kind: 'numbers'; start: number; parts: Part[] };

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

/** Takes off what ends the sentence, not the address. A closing bracket belongs to it if it was opened inside. */
function trimAddress(text: string): string {
  let end = text.length;
  const open: Record<string, number> = { ')': 0, ']': 0 };
  for (const char of text) {
    if (char === '(') open[')']!++;
    else if (char === '[') open[']']!++;
    else if (char in open) open[char]!--;
  }
  for (;;) {
    const last = text[end - 1]!;
    if (last in open && open[last]! < 0) open[last]!++;
    else if (!/[.,:;!?'*_~…»”’]/.test(last)) return text.slice(0, end);
    end--;
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

const fence = /^```\w*\s*$/;

/**
 * Reads the few marks that agents write: **bold**, *italic*, `code`, [text](address), lists, quotes and fenced code.
 * Whatever is not one of them stays as it was typed.
 */
export function markdown(text: string): Part[] {
  const out: Exclude<Part, string>[] = [];
  let open: Exclude<Part, string> | undefined;
  const into = (kind: 'bullets' | 'quote' | 'block' | 'pre') => {
    if (open?.kind !== kind) out.push(open = { kind, parts: [] });
    return open.parts;
  };
  const lines = text.split('\n');
  let fences = lines.filter((line) => fence.test(line)).length;
  let fenced = false;
  for (const line of lines) {
    // A fence that is never closed is only three marks.
    if (fence.test(line) && (fenced || fences > 1)) {
      fenced = !fenced;
      fences--;
      open = undefined;
      continue;
    }
    const bullet = /^\s*[-*•]\s+(.+)$/.exec(line)?.[1];
    const [, number, entry] = /^\s*(\d{1,3})[.)]\s+(.+)$/.exec(line) ?? [];
    const quote = /^>\s?(.*)$/.exec(line)?.[1];
    if (fenced) addLine(into('pre'), [line]);
    else if (bullet !== undefined) into('bullets').push({ kind: 'item', parts: inline(bullet) });
    else if (number !== undefined) {
      if (open?.kind !== 'numbers') out.push(open = { kind: 'numbers', start: Number(number), parts: [] });
      open.parts.push({ kind: 'item', parts: inline(entry!) });
    } else if (quote !== undefined) addLine(into('quote'), inline(quote));
    else addLine(into('block'), inline(line));
  }
  for (const part of out) if (part.kind === 'block') trimBreaks(part.parts);
  return out.filter((part) => part.parts.length > 0);
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
