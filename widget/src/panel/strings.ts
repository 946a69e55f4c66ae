import type { Strings, Text } from '../shared/i18n';
import type { words as form } from './formwords';
import type { words as talk } from './talkwords';

/**
 * The panel's words in English: here those of a first look, in formwords.ts and talkwords.ts those that come with the
 * form and with a conversation. Another language is one object with the keys of all three; a text that counts has the
 * forms of that language's plural categories, chosen by {n}.
 */
export const en = {
  morning: 'Good morning. What can we help you with?',
  afternoon: 'Good afternoon. What can we help you with?',
  evening: 'Good evening. What can we help you with?',
  here: { one: '{names} is here.', other: '{names} are here.' },
  weAreHere: 'We’re here.',
  usually: 'They usually reply within {time}.',
  weUsually: 'We usually reply within {time}.',
  nobody: 'Nobody is here right now. Leave a message and the answer will wait for you here.',
  leaveEmail: 'Leave a message and we’ll answer by e-mail. It stays here too.',
  back: 'We’re back {day} at {time}.',
  backOn: 'We’re back on {day} at {time}.',
  chatWith: 'Chat with {name}',
  chat: 'Chat',
  write: 'Write a message',
  writeAgain: 'Write to start again',
  send: 'Send',
  about: 'About: {topic}',
  removeTopic: 'Remove topic',
  options: 'Options',
  close: 'Close chat',
  open: 'Open chat',
  unread: { one: '{n} unread message. Open chat', other: '{n} unread messages. Open chat' },
  again: 'Try again',
  drop: 'Drop files here',
  left: { one: '{n} character left', other: '{n} characters left' },
  over: { one: '{n} character too many', other: '{n} characters too many' },
  offline: 'You’re offline. Messages will send when you’re back.',
  trouble: 'We can’t reach our server. Trying again.',
  dismiss: 'Dismiss',
  goBack: 'Back',
  conversations: 'Your conversations',
  barred: 'The chat is not open to you at the moment.',
  lapsed: 'This link no longer works. You can write to us here all the same.',
  queue: 'You are number {n} in the queue.',
  queueNext: 'You are next in the queue.',
  noLoad: 'This part of the chat could not load.',
} satisfies Strings;

export type Key = keyof (typeof en & typeof form & typeof talk) & string;

/** Adds words to the English ones: the code that says them has come. */
export const addWords = (words: Strings) => void Object.assign(en, words);

/** The languages that are here. The first subtag decides. */
const languages: Record<string, Strings> = { en };

/** Fetches the words for a locale. Where that fails they are English until the next time. */
export async function fetchWords(locale: string): Promise<void> {
  const { language } = parse(locale);
  if (languages[language]) return;
  try {
    const { files } = await import('./languages');
    const file = await files[language]?.();
    if (file) languages[language] = file.default;
  } catch { /* English */ }
}

/**
 * Finds the words for a locale, and the locale in which to write dates beside them. Where there are no words for a
 * language they are English, and so are the dates, so that a line is never half in one and half in the other. A region
 * that the page leaves open is the reader's own: whether the clock has twelve hours or twenty-four hangs on it.
 */
export function wordsFor(locale: string, own: readonly string[] = navigator.languages): { strings: Record<Key, Text>; dates: string } {
  const tag = parse(locale);
  const found = languages[tag.language];
  const language = found ? tag.language : 'en';
  const region = tag.region ?? (own.map(parse).find((one) => one.language === language && one.region) ?? own.map(parse).find((one) => one.region))?.region;
  return { strings: (found ?? en) as Record<Key, Text>, dates: found && tag.region ? `${tag}` : region ? `${language}-${region}` : language };
}

function parse(tag: string): Intl.Locale {
  try { return new Intl.Locale(tag); } catch { return new Intl.Locale('en'); }
}
