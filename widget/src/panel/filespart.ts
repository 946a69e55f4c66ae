import './main'; // see talk.ts
export { dress, Rising, Staging, uploads } from './files';
