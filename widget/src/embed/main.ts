// The chat as a page of its own, for frames and web views: the same panel, over the whole window and always open.
import { adopt } from '../shared/styles';
import css from './embed.css';

interface API {
  open(opening?: { message?: string | undefined; topic?: string | undefined; lapsed?: boolean }): void;
  on(event: string, fn: () => void): void;
  locale(tag: string): void;
  theme(theme: string): void;
}

const query = new URLSearchParams(location.search);
const asked = (name: string) => query.get(name) ?? undefined;

// The page has no language of its own: the visitor's is asked for, as on a page that names none.
document.documentElement.removeAttribute('lang');

// A link from a mail leads back into a conversation. What it says is for nobody's history, so it leaves the address at once.
const link = new URLSearchParams(location.hash.slice(1)).get('return');
if (link) history.replaceState(null, '', location.pathname + location.search);
const back = link ? comeBack(link) : Promise.resolve(false);

/** Makes this browser the visitor's; where somebody else has written in it before, this tab alone. Says whether the link has lapsed. */
async function comeBack(link: string): Promise<boolean> {
  const base = new URL('.', location.href).href, key = `pealchat:${base}`;
  const kept = (shelf: () => Storage): { token?: string } => { try { return JSON.parse(shelf().getItem(key) ?? '{}'); } catch { return {}; } };
  const before = kept(() => sessionStorage).token ?? kept(() => localStorage).token;
  try {
    const response = await fetch(`${base}visitor/v1/hello`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...(before && { Authorization: `Bearer ${before}` }) }, body: JSON.stringify({ return: link }),
    });
    if (!response.ok) return response.status === 401; // too old, or not genuine: whoever comes is who they were
    const { token } = await response.json() as { token: string };
    if (token === before) return false;
    (before ? sessionStorage : localStorage).setItem(key, JSON.stringify({ token, live: true, outbox: [] }));
    location.reload();
    await new Promise(() => { /* until it has */ });
  } catch { /* the network or the storage is away: so is the chat, which says so */ }
  return false;
}

// The address may say how it looks and what it is about, but not who the visitor is: addresses end up in logs.
addEventListener('DOMContentLoaded', () => {
  const { Pealchat } = window as unknown as { Pealchat: API };
  const element = document.querySelector('peal-chat')!;
  const corner = element.shadowRoot!.querySelector<HTMLElement>('.corner')!;
  adopt(element.shadowRoot!, css);
  const [locale, theme] = [asked('locale'), asked('theme')];
  if (locale) Pealchat.locale(locale);
  if (theme === 'light' || theme === 'dark') Pealchat.theme(theme);
  document.documentElement.lang = corner.lang;
  document.documentElement.dir = corner.dir;
  Pealchat.on('close', () => Pealchat.open()); // there is nothing behind it
  void back.then((lapsed) => Pealchat.open({ message: asked('message'), topic: asked('topic'), lapsed }));
});
