import './main'; // see talk.ts
export { dress, Form } from './form';
