// Files on their way: one after the other, each under the client_id that makes sending it again harmless.
import { APIError, isAbort, uuid } from './api';
import { remember } from './attachment';
import type { Message } from './types';

export interface Upload {
  client_id: string;
  file: File;
  /** The conversation that it was meant for; none if it goes to the one that is open then. */
  session?: string;
  at: string;
  /** 0 to 1. */
  progress: number;
  state: 'waiting' | 'sending' | 'failed';
  error?: APIError;
}

export interface UploadOptions {
  /** Finds, or makes, the conversation that a file goes to. */
  target(upload: Upload): Promise<string>;
  url(session: string): string;
  headers(): Record<string, string>;
  changed(uploads: Upload[]): void;
  sent(message: Message): void;
  /** Does something about an error; answers whether that makes another try worth while. */
  mend?(err: APIError, session: string): Promise<boolean>;
}

export interface Uploads {
  add(files: File[], session?: string): void;
  retry(clientId: string): void;
  cancel(clientId: string): void;
  close(): void;
}

export function createUploads({ target, url, headers, changed, sent, mend }: UploadOptions): Uploads {
  let list: Upload[] = [];
  let busy: { id: string; abort(): void } | undefined;
  const tell = (next: Upload[]) => changed(list = next);
  const mark = (id: string, patch: Partial<Upload>) => tell(list.map((u) => (u.client_id === id ? { ...u, ...patch } : u)));
  const there = (id: string) => list.some((u) => u.client_id === id);

  async function pump(): Promise<void> {
    const next = list.find((u) => u.state === 'waiting');
    if (!next || busy) return;
    const id = next.client_id;
    busy = { id, abort() { /* not on its way yet */ } };
    try {
      const message = await send(next);
      remember(message.attachments[0]!.file_id, next.file);
      sent(message);
      tell(list.filter((u) => u.client_id !== id));
    } catch (err) {
      if (!isAbort(err)) mark(id, { state: 'failed', error: err instanceof APIError ? err : new APIError(-1, 'page', String(err)) });
    }
    busy = undefined;
    return pump();
  }

  async function send(upload: Upload, tries = 2): Promise<Message> {
    const id = upload.client_id;
    const session = await target(upload);
    if (!there(id)) throw new DOMException('', 'AbortError');
    mark(id, { state: 'sending', progress: 0 });
    const way = post(url(session), headers(), upload, (progress) => mark(id, { progress }));
    busy!.abort = way.abort;
    try {
      return await way.done;
    } catch (err) {
      if (tries && err instanceof APIError && await mend?.(err, session)) return send(upload, tries - 1);
      throw err;
    }
  }

  const again = () => { tell(list.map((u) => (u.state === 'failed' && u.error?.temporary ? { ...u, state: 'waiting' } : u))); void pump(); };
  addEventListener('online', again);

  return {
    add(files, session) {
      tell([...list, ...files.map((file): Upload => ({ client_id: uuid(), file, session, at: new Date().toISOString(), progress: 0, state: 'waiting' }))]);
      void pump();
    },
    retry(id) { mark(id, { state: 'waiting', error: undefined }); void pump(); },
    cancel(id) {
      tell(list.filter((u) => u.client_id !== id));
      if (busy?.id === id) busy.abort();
    },
    close() {
      removeEventListener('online', again);
      tell([]);
      busy?.abort();
    },
  };
}

/** Only XMLHttpRequest says how far an upload has come. */
function post(url: string, headers: Record<string, string>, { file, client_id }: Upload, progress: (part: number) => void) {
  const xhr = new XMLHttpRequest();
  const done = new Promise<Message>((resolve, reject) => {
    xhr.open('POST', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.responseType = 'json';
    xhr.upload.onprogress = (e) => { if (e.lengthComputable) progress(e.loaded / e.total); };
    xhr.onload = () => {
      const answer = xhr.response as (Message & { error?: string; code?: string; field?: string }) | null;
      if (xhr.status < 300 && answer) return resolve(answer);
      const seconds = parseInt(xhr.getResponseHeader('Retry-After') ?? '');
      reject(new APIError(xhr.status, answer?.code ?? 'internal', answer?.error ?? `The server answered ${xhr.status}.`, answer?.field, seconds >= 0 ? seconds : undefined));
    };
    xhr.onerror = () => reject(new APIError(0, 'network', 'The server could not be reached.'));
    xhr.onabort = () => reject(new DOMException('', 'AbortError'));
    const form = new FormData();
    form.append('client_id', client_id);
    form.append('file', file, file.name);
    xhr.send(form);
  });
  return { done, abort: () => xhr.abort() };
}
