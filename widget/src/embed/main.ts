// The chat as a page of its own, for frames and web views: the same panel, over the whole window and always open.
import { adopt } from '../shared/styles';
import css from './embed.css';

interface API {
  open(opening?: { message?: string | undefined; topic?: string | undefined }): void;
  on(event: string, fn: () => void): void;
  locale(tag: string): void;
  theme(theme: string): void;
}

const query = new URLSearchParams(location.search);
const asked = (name: string) => query.get(name) ?? undefined;

// The page has no language of its own: the visitor's is asked for, as on a page that names none.
document.documentElement.removeAttribute('lang');

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
  Pealchat.open({ message: asked('message'), topic: asked('topic') });
});
