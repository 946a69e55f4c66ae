// The panel's side of files: what goes along with the next message, and how it reaches the server.
import type { APIError } from '../shared/api';
import { faultOf, sizeOf } from '../shared/files';
import type { Host } from '../shared/bridge';
import { Attach, Staged } from '../shared/staged';
import type { Store } from '../shared/store';
import type { Message, VisitorSession } from '../shared/types';
import { createUploads, type Uploads } from '../shared/upload';
import { useAround, useChat } from './context';
import { current, type State } from './state';
import { here, type VisitorAPI } from './visitor';

/** Puts files beside what is being written, those that the server will take. */
export function take(store: Store<State>, files: File[]) {
  const { config } = store.get();
  if (!config) {
    // Whether files are taken, and how large they may be, is not known yet.
    const stop = store.subscribe((state) => { if (state.config) { stop(); take(store, files); } });
    return;
  }
  if (!config.features.files) return;
  const fault = (file: File) => faultOf(file, config.limits.file);
  const bad = files.find(fault);
  store.set((state) => ({
    files: [...state.files, ...files.filter((file) => !fault(file))].slice(0, 10),
    fault: bad ? { name: bad.name, what: fault(bad)! } : null,
  }));
}

/** The button in the composer. */
export function Add() {
  const { chat, t } = useAround();
  const may = useChat((s) => s.config?.features.files);
  return may ? <Attach label={t('attach')} onFiles={chat.attach} /> : null;
}

/** What stands over the field: the files that go along, and what is wrong with another. */
export function Along() {
  const { chat, t, locale } = useAround();
  const files = useChat((s) => s.files);
  const fault = useChat((s) => s.fault);
  const most = useChat((s) => s.config?.limits.file ?? 0);
  const words = fault ? t(fault.what, { name: fault.name, size: sizeOf(most, locale) }) : '';
  return <Staged files={files} fault={words} locale={locale} label={(name) => t('leaveOut', { name })} onRemove={chat.detach} />;
}

export interface Surroundings {
  host: Host;
  api: VisitorAPI;
  store: Store<State>;
  learn(sessions: VisitorSession[], messages: Message[]): void;
  /** That conversation takes nothing any more. */
  lost(session: string): void;
}

/** Files follow the words that were sent before them, into the conversation that these began. */
export function uploads({ host, api, store, learn, lost }: Surroundings): Uploads {
  const wordsAreSent = () => new Promise<void>((resolve) => {
    const look = ({ outbox }: State) => {
      if (outbox.some((p) => p.state !== 'refused')) return;
      stop();
      resolve();
    };
    const stop = store.subscribe(look);
    look(store.get());
  });

  return createUploads({
    url: (session) => `${host.base}visitor/v1/sessions/${session}/files`,
    headers: api.headers,
    changed: (list) => store.set({ uploads: list }),
    sent: (message) => learn([], [message]),
    async target() {
      if (!api.known) await api.hello();
      api.remember();
      await wordsAreSent();
      const open = current(store.get());
      if (open) return open.session_id;
      const begun = await api.call<VisitorSession>('POST', '/sessions', { page: here() });
      learn([begun], []);
      host.emit('conversation', { id: begun.session_id, state: 'open' });
      return begun.session_id;
    },
    async mend(err: APIError, session) {
      if (err.status === 401) await api.hello();
      else if (err.code === 'session_closed') lost(session);
      else return false;
      return true;
    },
  });
}
