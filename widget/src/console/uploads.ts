// Files that agents send. They live as long as the page: a browser keeps no file for a page that is gone.
import { faultOf, sizeOf } from '../shared/files';
import { createUploads } from '../shared/upload';
import { arrived } from './outbox';
import { auth, base, expired } from './server';
import { get, set } from './state';
import { takeToAnswer } from './taking';
import { locale } from './use';

export const uploads = createUploads({
  url: (session) => `${base}/sessions/${encodeURIComponent(session)}/files`,
  headers: auth,
  async target({ session }) {
    await takeToAnswer(session!).catch(() => { /* the file goes out all the same */ });
    return session!;
  },
  changed: (list) => set({ uploads: list }),
  sent: arrived,
  async mend(err) {
    if (err.status === 401) expired();
    return false;
  },
});

/** What is wrong with the first file that cannot be sent, in words. */
export function faults(files: File[]): string {
  const most = get().limits?.file ?? 10 << 20;
  for (const file of files) {
    switch (faultOf(file, most)) {
      case 'fileLarge': return `${file.name} is too large. A file may have ${sizeOf(most, locale)} at most.`;
      case 'fileEmpty': return `${file.name} is empty.`;
      case 'fileKind': return `Files like ${file.name} can’t be sent. Pictures, PDF, text, office documents, sound, film and zip can.`;
    }
  }
  return '';
}

export const sound = (file: File) => !faultOf(file, get().limits?.file ?? 10 << 20);
