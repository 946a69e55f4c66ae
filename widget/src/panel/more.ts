// What is used now and then in a conversation, loaded when it is.
import './main'; // see talk.ts
import own from './more.css';
import { dresser } from './part';

export { Ask } from './ask';
export { Faces } from './faces';
export { List, Past } from './list';
export { Rate } from './rate';
export { Viewer } from './viewer';

export const dress = dresser(own);
