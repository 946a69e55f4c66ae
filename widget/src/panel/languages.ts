// Where the words of the other languages are. This is a file of its own because most panels are read in English, and
// the names of a dozen files are not small.
import type { Strings } from '../shared/i18n';

export const files: Record<string, () => Promise<{ default: Strings }>> = {
  de: () => import('./words/de.json'),
  fr: () => import('./words/fr.json'),
  es: () => import('./words/es.json'),
  pt: () => import('./words/pt.json'),
  it: () => import('./words/it.json'),
  nl: () => import('./words/nl.json'),
  pl: () => import('./words/pl.json'),
  tr: () => import('./words/tr.json'),
  ar: () => import('./words/ar.json'),
  zh: () => import('./words/zh.json'),
  ja: () => import('./words/ja.json'),
};
