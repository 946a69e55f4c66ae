// What a user agent string says about the visitor's device, in a word or two.
// The string is theirs to choose, so anything unknown is left out, never guessed.

const systems: [RegExp, string][] = [
  [/iPhone|iPod/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android.*Mobile/, 'Android phone'],
  [/Android/, 'Android tablet'],
  [/CrOS/, 'Chromebook'],
  [/Windows/, 'Windows'],
  [/Macintosh|Mac OS X/, 'Mac'],
  [/Linux|X11/, 'Linux'],
];

// The order matters: most browsers also name the ones they descend from.
const browsers: [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari'],
];

const first = (list: [RegExp, string][], text: string) => list.find(([re]) => re.test(text))?.[1];

/** deviceOf returns for instance "iPhone, Safari", or undefined when the string says neither. */
export function deviceOf(userAgent: string | undefined): string | undefined {
  if (!userAgent) return undefined;
  const parts = [first(systems, userAgent), first(browsers, userAgent)].filter(Boolean);
  return parts.length ? parts.join(', ') : undefined;
}

/** languageOf returns a locale's name in English, such as "Portuguese (Brazil)", or the tag itself if it has none. */
export function languageOf(locale: string | undefined): string | undefined {
  if (!locale) return undefined;
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(locale) ?? locale;
  } catch {
    return locale; // not a language tag: it is shown as it came
  }
}
