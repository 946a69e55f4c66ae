// The panel's beginning: it puts itself into the loader's corner and keeps the launcher and the page informed.
import { render } from 'preact';
import type { Host, Panel as Handle } from '../shared/bridge';
import { accentSheet, onColor, parseRGB } from '../shared/color';
import base from '../shared/base.css';
import compose from '../shared/compose.css';
import { translator } from '../shared/i18n';
import { adopt } from '../shared/styles';
import tokens from '../shared/tokens.css';
import { createChat } from './chat';
import { Around, type Surroundings } from './context';
import own from './panel.css';
import { App } from './panel';
import { unread as unreadOf, type State } from './state';
import { fetchWords, wordsFor } from './strings';

const fade = 140;

export function start(host: Host): Handle {
  const { corner, launcher, root } = host;
  adopt(root, tokens, base, compose, own);
  const accent = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, accent];

  // An earlier try had failed, and the launcher said so.
  launcher.title = '';
  launcher.hidden = host.settings.launcher === 'off';
  const svg = 'http://www.w3.org/2000/svg';
  launcher.querySelector('svg')!.appendChild(document.createElementNS(svg, 'path')).setAttribute('d', 'm6 9.5 6 6 6-6');
  const badge = launcher.appendChild(document.createElement('span'));
  badge.className = 'badge';
  badge.setAttribute('aria-hidden', 'true'); // not every browser has these as properties
  badge.dataset.count = '';
  const place = document.createElement('div');
  place.className = 'place';
  corner.insertBefore(place, launcher);

  const chat = createChat(host);
  let opener: HTMLElement = launcher;
  let around: Surroundings | undefined;
  let wanted = ''; // the page's colour, where its style sheet gives one
  let painted = '';
  let over = false;

  /** Takes the language and the colour as they are now, and draws. */
  async function draw() {
    corner.classList.toggle('bare', !!launcher.hidden);
    const tag = host.locale();
    wanted = getComputedStyle(host.element).getPropertyValue('--peal-accent');
    await fetchWords(tag);
    if (over || tag !== host.locale()) return; // a later call draws, or none
    const { strings, dates } = wordsFor(tag);
    around = { host, chat, t: translator(strings, dates), locale: dates };
    paint();
    tell(chat.store.get());
    render(<Around.Provider value={around}><App close={close} /></Around.Provider>, place);
  }

  /** The host's colour wins over the server's. */
  function paint() {
    const color = host.settings.color || wanted || chat.store.get().config?.color || '';
    if (!color || color === painted) return;
    painted = color;
    corner.style.setProperty('--fill', color);
    // Asked of an element of its own: the launcher may still be on its way from another colour.
    const probe = corner.appendChild(document.createElement('i'));
    probe.style.color = color;
    const rgb = parseRGB(getComputedStyle(probe).color);
    probe.remove();
    if (!rgb) return;
    corner.style.setProperty('--on-fill', onColor(rgb));
    accent.replaceSync(accentSheet(rgb));
  }

  /** Keeps every launcher and the page's view of the state true. */
  function tell(state: State) {
    if (!around) return; // without its words nothing is said yet
    const { state: told, settings } = host;
    const unread = unreadOf(state);
    const count = unread !== told.unread;
    const session = state.sessions.at(-1);
    Object.assign(told, { open: state.open, unread, online: state.online, identified: state.verified, conversation: session?.status === 'active' ? session.session_id : null });
    const expanded = String(state.open);
    launcher.setAttribute('aria-expanded', expanded);
    launcher.setAttribute('aria-label', state.open ? around.t('close') : unread ? around.t('unread', { n: unread }) : settings.label ?? around.t('open'));
    const figure = new Intl.NumberFormat(around.locale).format(Math.min(unread, 99));
    badge.dataset.count = !unread || state.open ? '' : unread > 99 ? `${figure}+` : figure;
    for (const other of document.querySelectorAll<HTMLElement>('[data-pealchat-open]')) {
      other.setAttribute('aria-expanded', expanded);
      other.dataset.pealchatUnread = String(unread);
    }
    if (count) host.emit('unread', { count: unread });
  }

  const unsubscribe = chat.store.subscribe((state) => { paint(); tell(state); });

  // Pages add launchers at any time: they are told what the others were.
  let late: ReturnType<typeof setTimeout> | undefined;
  const watch = new MutationObserver(() => { late ??= setTimeout(() => { late = undefined; if (!over) tell(chat.store.get()); }, 200); });
  watch.observe(document.documentElement, { childList: true, subtree: true });

  function close() {
    if (!chat.store.get().open) return;
    chat.store.set({ open: false, closing: true });
    setTimeout(() => { if (!chat.store.get().open) chat.close(); }, fade);
    (opener.isConnected ? opener : launcher).focus({ preventScroll: true });
    host.emit('close');
  }

  void draw();
  chat.greet();
  return {
    open(opening, from) {
      opener = from;
      const already = chat.store.get().open;
      chat.open(opening);
      if (!already) host.emit('open');
    },
    close,
    refresh() { void draw(); },
    identify: chat.identify,
    look: chat.look,
    greet: chat.welcome,
    reset: chat.reset,
    destroy() {
      over = true;
      watch.disconnect();
      unsubscribe();
      chat.destroy();
      render(null, place);
    },
  };
}
