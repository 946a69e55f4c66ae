import type { Strings } from '../shared/i18n';

/** What the form says, in English. */
export const words = {
  yourName: 'Name',
  email: 'E-mail',
  message: 'Message',
  optional: '(optional)',
  nameMissing: 'Tell us your name.',
  emailMissing: 'Tell us your e-mail address.',
  emailWrong: 'That is not a whole e-mail address, such as ines@example.com.',
  department: 'Department',
  choose: 'Please choose',
  departmentMissing: 'Choose a department.',
  messageMissing: 'Write a message.',
  startChat: 'Send',
  leave: 'Leave a message',
  onlyReply: 'Used only to reply to you.',
} satisfies Strings;
