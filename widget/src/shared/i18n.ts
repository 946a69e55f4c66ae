// Words with holes in them. A language is one flat object of strings; a text that counts has a form for each plural
// category that the language knows, chosen by `n`.

export type Text = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
export type Strings = Record<string, Text>;
export type Values = Record<string, string | number>;

/** Answers a function that looks up a text and fills its {holes}. Numbers are written as the locale writes them. */
export function translator<S extends Strings>(strings: S, locale: string): (key: keyof S & string, values?: Values) => string {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  // Names may be written the other way than the words around them: they are set apart, and the line keeps the words' way.
  const rtl = /^ar/i.test(locale);
  return (key, values = {}) => {
    const text: Text = strings[key] ?? key;
    const form = typeof text === 'string' ? text : text[plural.select(Number(values.n))] ?? text.other;
    const aside = rtl && Object.values(values).some((value) => typeof value === 'string');
    return (aside ? '\u200f' : '') + form.replace(/\{(\w+)\}/g, (hole, name: string) => {
      const value = values[name];
      return value === undefined ? hole : typeof value === 'number' ? number.format(value) : aside ? `\u2068${value}\u2069` : value;
    });
  };
}
