// The panel's side of files: what goes along with the next message, and how it reaches the server.
import type { APIError } from '../shared/api';
import type { Host } from '../shared/bridge';
import { faultOf, sizeOf } from '../shared/files';
import css from '../shared/filesent.css';
import { Bubble, type Place } from '../shared/message';
import { Going, Staged } from '../shared/staged';
import type { Store } from '../shared/store';
import type { Message, VisitorSession } from '../shared/types';
import { createUploads, type Upload, type Uploads } from '../shared/upload';
import { useLayoutEffect } from 'preact/hooks';
import { agreement } from './asks';
import type { Ask } from './challenge';
import { useAround, useChat } from './context';
import { dresser } from './part';
import type { Key } from './strings';
import { current, type State } from './state';
import { here, type VisitorAPI } from './visitor';

export const dress = dresser(css);

/** Leaves out the files that the server would not take, and says why of one of them. */
function check(store: Store<State>) {
  const { config, files } = store.get();
  if (!config) return; // whether files are taken, and how large they may be, is not known yet
  if (!config.features.files) return store.set({ files: [] });
  const fault = (file: File) => faultOf(file, config.limits.file);
  const bad = files.find(fault);
  const good = files.filter((file) => !fault(file)).slice(0, 10);
  store.set({ ...(good.length < files.length && { files: good }), ...(bad && { fault: { name: bad.name, what: fault(bad)! } }) });
}

/** What stands over the field: the files that go along, and what is wrong with another. */
export function Staging() {
  const { chat, t, locale } = useAround();
  const files = useChat((s) => s.files);
  const fault = useChat((s) => s.fault);
  const config = useChat((s) => s.config);
  useLayoutEffect(() => check(chat.store), [files, config]);
  const words = fault ? t(fault.what, { name: fault.name, size: sizeOf(config?.limits.file ?? 0, locale) }) : '';
  return <Staged files={files} fault={words} locale={locale} label={(name) => t('leaveOut', { name })} onRemove={(file) => chat.talk!.detach(file)} />;
}

/** A file on its way. */
export function Rising({ upload, place }: { upload: Upload; place: Place }) {
  const { chat, t, locale } = useAround();
  const { client_id: id, state, error } = upload;
  const again = !error || error.temporary || error.code === 'session_closed' || error.status < 0;
  const refused = error?.code === 'refused'; // by the host, in a sentence of its own
  const words: Key = error?.code === 'forbidden' ? 'forbidden' : again || refused ? 'failed' : 'fileRefused';
  const cancel = (key: Key) => <button type="button" onClick={() => chat.talk!.cancelFile(id)}>{t(key)}</button>;
  const meta = state === 'failed'
    ? <>{t(words)} {refused && <bdi>{error.message} </bdi>}{again && <button type="button" onClick={() => chat.talk!.retryFile(id)}>{t('again')}</button>} {cancel('discard')}</>
    : <>{t(state === 'sending' ? 'sending' : 'waiting')} {cancel('cancel')}</>;
  return (
    <Bubble place={{ ...place, last: true }} mine quiet at={new Date(upload.at)} locale={locale} state={state === 'failed' ? 'failed' : 'sending'} meta={meta}>
      <Going upload={upload} label={t('sending')} locale={locale} />
    </Bubble>
  );
}

export interface Surroundings {
  host: Host;
  api: VisitorAPI;
  store: Store<State>;
  challenge: Ask;
  learn(sessions: VisitorSession[], messages: Message[]): void;
  /** That conversation takes nothing any more. */
  lost(session: string): void;
}

/** Files follow the words that were sent before them, into the conversation that these began. */
export function uploads({ host, api, store, challenge, learn, lost }: Surroundings): Uploads {
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
      const consent = agreement(store.get());
      const begin = (answer?: string): Promise<VisitorSession> => api.call<VisitorSession>('POST', '/sessions', { page: here(), ...(consent && { consent }), ...(answer && { challenge_answer: answer }) })
        .catch(async (err: APIError) => {
          if (err.code !== 'challenge_required') throw err;
          return begin(await new Promise(challenge));
        });
      const begun = await begin();
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
