// Everything that only a conversation needs. It is loaded when one begins or goes on, so that a first look stays small.
import chat from '../shared/chat.css';
import { adopt } from '../shared/styles';
import files from '../shared/files.css';
import own from './talk.css';

export { Ask } from './ask';
export { Add, Along, take, uploads } from './files';
export { Emoji } from './emoji';
export { Form } from './form';
export { follow } from './live';
export { Log } from './log';
export { Menu } from './menu';
export { Preview, Resume } from './previews';

export const dress = (root: DocumentOrShadowRoot) => adopt(root, chat, files, own);
