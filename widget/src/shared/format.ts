// Times, amounts and names made ready to show.

const formats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, format = new Intl.DateTimeFormat(locale, options));
  return format;
}

/** 10:41 */
export const clock = (at: Date, locale: string) => dateFormat(locale, { timeStyle: 'short' }).format(at);

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

/** The first name, as people are spoken of; all of it where that begins with a title or an initial, or is a firm's. */
export function firstName(name: string): string {
  const whole = name.trim();
  return /^\S+\.\s|\s[&+]\s/.test(whole) ? whole : whole.split(/\s+/)[0] ?? '';
}
