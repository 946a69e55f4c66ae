// Everything that only a conversation needs. It is loaded when one begins or goes on, so that a first look stays small.
// Whatever comes later counts on all of the first load: the bundler then makes one file of that, not one of each
// part that two of them share.
import './main';
import chat from '../shared/chat.css';
import files from '../shared/files.css';
import { dresser } from './part';
import { addWords } from './strings';
import own from './talk.css';
import { words } from './talkwords';

export { begin } from './conversation';
export { Add, Along } from './along';
export { Emoji } from './emoji';
export { Log } from './log';
export { Menu } from './menu';
export { Preview, Resume } from './previews';

addWords(words);
export const dress = dresser(chat, files, own);
