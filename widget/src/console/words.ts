// What the console says, in one table. Another language is one more table with the same keys: `speak` takes it.
import { translator, type Strings, type Values } from '../shared/i18n';

export const en = {
  // The field
  reply: 'Reply',
  note: 'Note',
  noteHint: 'Only your team sees this. @ asks a colleague to look',
  replyHint: 'Write to {name}',
  noteLabel: 'Note to the team',
  replyLabel: 'Reply to {name}',
  whatToWrite: 'What to write',
  send: 'Send',
  addNote: 'Add note',
  addFile: 'Add a file',
  leaveOut: 'Leave out {name}',
  dropFiles: 'Drop files here',
  savedReplies: 'Saved replies',
  emoji: 'Emoji',
  offerAnswers: 'Offer answers to choose from',
  sendAndClose: '{keys} send and close',
  readOnly: 'You may read here, but not write.',
  closedLine: 'This conversation is closed. Only your team sees what you add.',
  closedShut: 'This conversation is closed. If {name} writes again, a new one begins.',
  addANote: 'Add a note',
  tooLong: { one: '{n} character too long', other: '{n} characters too long' },
  // What is offered while writing
  offerSaved: 'Saved replies',
  offerPeople: 'Colleagues',
  offerEmoji: 'Emoji',
  offers: { one: '1 offered', other: '{n} offered' },
  // On the way
  heldFor: 'Goes out in a moment.',
  undo: 'Undo',
  sendNow: 'Send now',
  waiting: 'Waiting to send',
  sending: 'Sending…',
  notSent: 'Not sent.',
  tryAgain: 'Try again',
  edit: 'Edit',
  remove: 'Remove',
  cancel: 'Cancel',
  // Who else is here
  writingToo: '{name} is writing here too',
  readingToo: '{name} is reading too',
  readingAll: { one: '{name} and 1 more are reading too', other: '{name} and {n} more are reading too' },
  // A colleague was faster
  repliedAgo: '{name} replied {ago}:',
  isWriting: '{name} is writing to them too.',
  justNow: 'just now',
  secondsAgo: '{n} s ago',
  minutesAgo: '{n} min ago',
  earlier: 'earlier',
  sendAnyway: 'Send anyway',
  keepEditing: 'Keep editing',
  crossedElsewhere: '{name} replied to {visitor} first. What you wrote is kept as a draft there.',
} satisfies Strings;

export type Word = keyof typeof en;

let say = translator<Strings>(en, 'en');

/** From now on texts are taken from this table, and where it has none from the English one. */
export function speak(table: Partial<Record<Word, Strings[string]>>, locale: string) {
  say = translator<Strings>({ ...en, ...table }, locale);
}

export const t = (key: Word, values?: Values): string => say(key, values);
