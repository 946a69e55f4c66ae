import type { Strings } from '../shared/i18n';

/**
 * The panel's words in English. Another language is another object with these keys; a text that counts has the forms
 * of that language's plural categories, chosen by {n}.
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
  yourName: 'Name',
  email: 'E-mail',
  message: 'Message',
  optional: '(optional)',
  nameMissing: 'Tell us your name.',
  emailMissing: 'Tell us your e-mail address.',
  emailWrong: 'That is not a whole e-mail address, such as ines@example.com.',
  messageMissing: 'Write a message.',
  startChat: 'Send',
  leave: 'Leave a message',
  onlyReply: 'Used only to reply to you.',
  chatWith: 'Chat with {name}',
  chat: 'Chat',
  messages: 'Messages',
  write: 'Write a message',
  writeAgain: 'Write to start again',
  send: 'Send',
  emoji: 'Emoji',
  about: 'About: {topic}',
  removeTopic: 'Remove topic',
  options: 'Options',
  close: 'Close chat',
  open: 'Open chat',
  unread: { one: '{n} unread message. Open chat', other: '{n} unread messages. Open chat' },
  dismiss: 'Dismiss',
  typing: '{name} is typing',
  someone: 'Someone',
  you: 'You: {text}',
  sent: '{time}, sent',
  read: '{time}, read',
  edited: '{time}, edited',
  sending: 'Sending',
  waiting: 'Waiting to send',
  failed: 'Not sent.',
  again: 'Try again',
  edit: 'Edit',
  discard: 'Remove',
  tooLong: 'Not sent. It is too long.',
  forbidden: 'Not sent. You can’t write here any more.',
  refused: 'Not sent. The server did not accept it.',
  attach: 'Add a file',
  drop: 'Drop files here',
  leaveOut: 'Leave out {name}',
  saveFile: 'Download',
  noFile: 'It could not be loaded. Try again',
  cancel: 'Cancel',
  fileLarge: '{name} is too large. A file may have {size} at most.',
  fileEmpty: '{name} is empty.',
  fileKind: 'Files like {name} can’t be sent. Pictures, PDF, text, office documents, sound, film and zip can.',
  fileRefused: 'Not sent. This file was not accepted.',
  left: { one: '{n} character left', other: '{n} characters left' },
  over: { one: '{n} character too many', other: '{n} characters too many' },
  deleted: 'This message was deleted',
  offline: 'You’re offline. Messages will send when you’re back.',
  trouble: 'We can’t reach our server. Trying again.',
  end: 'End conversation',
  endAsk: 'End this conversation?',
  endYes: 'End it',
  endNo: 'Keep it open',
  askFailed: 'That did not work. Try again in a moment.',
  download: 'Download conversation',
  erase: 'Delete my data',
  eraseAsk: 'Delete your messages and everything kept about you?',
  eraseYes: 'Delete it all',
  eraseNo: 'Keep it',
  rate: 'How did we do?',
  bad: 'Bad',
  fine: 'Fine',
  good: 'Good',
  rated: 'Thank you for telling us.',
  rateFailed: 'That was not saved. Try again in a moment.',
  youEnded: 'You ended this conversation',
  theyClosed: '{name} closed this conversation',
  closed: 'This conversation was closed',
  newMessages: { one: '{n} new message', other: '{n} new messages' },
  noLoad: 'This part of the chat could not load.',
  older: 'Loading earlier messages',
  yours: 'Your last conversation',
} satisfies Strings;

export type Key = keyof typeof en & string;

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
export function wordsFor(locale: string, own: readonly string[] = navigator.languages): { strings: typeof en; dates: string } {
  const tag = parse(locale);
  const found = languages[tag.language];
  const language = found ? tag.language : 'en';
  const region = tag.region ?? (own.map(parse).find((one) => one.language === language && one.region) ?? own.map(parse).find((one) => one.region))?.region;
  return { strings: { ...en, ...found } as typeof en, dates: found && tag.region ? `${tag}` : region ? `${language}-${region}` : language };
}

function parse(tag: string): Intl.Locale {
  try { return new Intl.Locale(tag); } catch { return new Intl.Locale('en'); }
}
