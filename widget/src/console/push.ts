// Push messages: the browser shows them also while no console is open. The host's server sends them if it has a key.
import { api, browser } from './server';
import { get } from './state';
import { en } from './words';

const scope = new URL('./', location.href.replace(/[?#].*$/, '')).pathname;

/** Whether the host sends push messages and this browser takes them. */
export const canPush = () => !!get().features?.push_key && 'serviceWorker' in navigator && 'PushManager' in window;

/** The page's policy lets one script be named, which this makes the only one. */
function script(): string {
  const address = `${scope}worker.js`;
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown } } }).trustedTypes;
  return (types ? types.createPolicy('pealchat-worker', { createScriptURL: () => address }).createScriptURL(address) : address) as string;
}

let registering: Promise<ServiceWorkerRegistration> | undefined;
const register = () => registering ??= navigator.serviceWorker.register(script(), { scope }).then(() => navigator.serviceWorker.ready);

/** The worker that shows notifications, where there is one: with it they can be shown on phones too. */
export const shower = async () => (registering ? registering.catch(() => undefined) : undefined);

const bytes = (text: string) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (of: ArrayBuffer | null) => btoa(String.fromCharCode(...new Uint8Array(of ?? []))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** Has this browser told. The server is asked each time, because it may have forgotten the browser, or have another key. */
export async function subscribe(): Promise<void> {
  const key = get().features?.push_key;
  if (!canPush() || !key) return;
  const worker = await register();
  navigator.serviceWorker.controller?.postMessage({ words: { message: en.newsFrom, mention: en.newsMention } });
  let had = await worker.pushManager.getSubscription();
  if (had && text(had.options.applicationServerKey) !== key) {
    await had.unsubscribe();
    had = null;
  }
  const subscription = had ?? await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { push_subscription_id } = await api<{ push_subscription_id: string }>('POST', '/me/push-subscriptions', {
    endpoint: subscription.endpoint, keys: { p256dh: text(subscription.getKey('p256dh')), auth: text(subscription.getKey('auth')) },
  });
  browser.put('push', push_subscription_id);
}

/** Has it told no longer, such as when somebody signs out. */
export async function unsubscribe(): Promise<void> {
  const id = browser.get<string>('push', '');
  if (!id) return;
  browser.put('push', undefined);
  const told = api('DELETE', `/me/push-subscriptions/${encodeURIComponent(id)}`); // at once: whoever signs out has no key a moment later
  const had = (async () => (await (await navigator.serviceWorker?.getRegistration(scope))?.pushManager.getSubscription())?.unsubscribe())();
  await Promise.allSettled([told, had]);
}

/** A press on a notification opens its conversation in this page. */
export function hearWorker() {
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ open?: string }>) => {
    if (event.data?.open?.startsWith('#/')) location.hash = event.data.open;
  });
}

