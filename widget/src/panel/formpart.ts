import './main'; // see talk.ts
export { Agreement, dress, Form } from './form';
