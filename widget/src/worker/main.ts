// The console's service worker. It shows push messages of the host's server while no console is being looked at, and
// does nothing else: no request passes through it.

interface News { kind: 'message' | 'mention'; name: string; text: string; session_id: string; message_id: string }

interface Client { url: string; focused?: boolean; focus(): Promise<unknown>; postMessage(message: unknown): void }
interface Worker {
  registration: { scope: string; showNotification(title: string, options: object): Promise<void> };
  clients: { matchAll(options: object): Promise<Client[]>; openWindow(url: string): Promise<unknown>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: string, fn: (event: never) => void): void;
}
interface Later { waitUntil(done: Promise<unknown>): void }
interface Pushed extends Later { data: { json(): News } | null }
interface Pressed extends Later { notification: { data: { address: string }; close(): void } }

const worker = self as unknown as Worker;
const consoles = () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  .then((all) => all.filter((one) => one.url.startsWith(worker.registration.scope)));

// What the console says of it, in the language that the page has told.
let words = { message: 'New message from {name}', mention: '{name} asks you to look' };

worker.addEventListener('install', (event: Later) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event: Later) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('message', (event: { data: { words?: typeof words } }) => { if (event.data?.words) words = event.data.words; });

worker.addEventListener('push', (event: Pushed) => {
  const news = event.data?.json();
  if (news) event.waitUntil(show(news));
});

async function show(news: News) {
  if ((await consoles()).some((one) => one.focused)) return; // it is being looked at
  const address = `#/open/${encodeURIComponent(news.session_id)}/${encodeURIComponent(news.message_id)}`;
  // The tag is the one that an open page uses: the two show one notification, not two.
  await worker.registration.showNotification(words[news.kind].replace('{name}', () => news.name), {
    body: news.text, tag: `pealchat ${news.session_id}`, data: { address },
  });
}

worker.addEventListener('notificationclick', (event: Pressed) => {
  const { notification } = event;
  notification.close();
  event.waitUntil((async () => {
    const [open] = await consoles();
    if (!open) return worker.clients.openWindow(new URL(notification.data.address, worker.registration.scope).href);
    open.postMessage({ open: notification.data.address });
    return open.focus();
  })());
});
