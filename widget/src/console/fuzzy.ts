// Finding by a few letters.

/**
 * How well a name fits what was typed, 0 for not at all: the whole at its beginning, at the beginning of a word, inside,
 * then its letters in their order, the closer together the better.
 */
export function fits(name: string, typed: string): number {
  const text = fold(name), want = fold(typed).trim();
  if (!want) return 1;
  const at = text.indexOf(want);
  if (at === 0) return 100 - Math.min(20, text.length - want.length) / 2;
  if (at > 0) return /[\p{L}\p{Nd}]/u.test(text[at - 1]!) ? 50 : 80 - Math.min(20, at) / 2;
  let from = -1, gaps = 0;
  for (const letter of want.replace(/\s+/g, '')) {
    const next = text.indexOf(letter, from + 1);
    if (next < 0) return 0;
    if (from >= 0) gaps += next - from - 1;
    from = next;
  }
  return gaps > 2 * want.length + 4 ? 0 : 40 - Math.min(35, gaps);
}

/** Without case and accents: "zoe" finds "Zoë". */
const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
