// The one script that every page of the host carries: the launcher, the page's API, and the way to the panel.
import type { Host, Opening, Panel, PanelModule, Settings, State } from '../shared/bridge';
import { localeOf, words } from './words';
import { adopt } from '../shared/styles';
import css from './loader.css';

type Listener = (detail: unknown) => void;
type Queue = { q?: [verb: string, ...args: unknown[]][] };

/** The mark: a bubble and its echo. The panel adds what an open or unread launcher shows. */
const mark = 'M10.6 5.2a7.4 7.4 0 1 1-3.5 13.9L3.4 20.2l1.1-3.6A7.4 7.4 0 0 1 10.6 5.2ZM15.4 2.6a9.6 9.6 0 0 1 5.9 5.9';

function start(script: HTMLScriptElement) {
  const page = document.documentElement;
  if (page.querySelector(':scope > peal-chat')) return console.warn('Pealchat is here twice.');

  const settings: Settings = { color: '', position: 'end', locale: 'auto', theme: 'auto', launcher: 'on', ...script.dataset };
  const base = new URL(script.dataset.base?.replace(/\/*$/, '/') ?? '.', script.src).href;
  const listeners = new Map<string, Set<Listener>>();
  const over = new AbortController();
  const { signal } = over;

  const dusk = matchMedia('(prefers-color-scheme: dark)');

  const element = document.createElement('peal-chat');
  const root = element.attachShadow({ mode: 'open' });
  adopt(root, css);
  const corner = root.appendChild(document.createElement('div'));
  const launcher = corner.appendChild(document.createElement('button'));
  launcher.className = 'launcher';
  launcher.part = 'launcher';
  launcher.ariaHasPopup = 'dialog';
  launcher.ariaExpanded = 'false';
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  launcher.append(svg);
  svg.appendChild(document.createElementNS(svg.namespaceURI, 'path')).setAttribute('d', mark);

  const state: State = { open: false, unread: 0, online: false, conversation: null };
  const host: Host = {
    base, key: `pealchat:${base}`, element, root, corner, launcher, settings, attributes: {}, state,
    locale: () => localeOf(settings.locale, page.lang, ...navigator.languages),
    restart() {
      panel?.destroy();
      loading = undefined;
      load(fresh);
      open();
    },
    emit(event, detail) {
      listeners.get(event)?.forEach((fn) => { try { fn(detail); } catch (err) { reportError(err); } });
      document.dispatchEvent(new CustomEvent(`pealchat:${event}`, { detail }));
    },
  };

  let ready = false;
  let panel: Panel | undefined;
  let loading: Promise<Panel> | undefined;
  // This script may be older than the server. A fresh one knows where the panel is now.
  const fresh = async () => import(base + /assets\/panel-\w+\.js/.exec(await (await fetch(script.src, { cache: 'reload' })).text())![0]);
  function load(first = () => Promise.all(PANEL.map((path) => import(base + path))).then(([entry]) => entry).catch(fresh)): Promise<Panel> {
    return loading ??= first().then((module: PanelModule) => {
      if (signal.aborted) throw signal.reason;
      return panel = module.start(host);
    }).catch((err: unknown) => { loading = undefined; throw err; });
  }

  function open(opening: Opening = {}, opener: HTMLElement = launcher) {
    launcher.ariaBusy = 'true';
    launcher.title = '';
    load().then((loaded) => loaded.open(opening, opener), () => {
      if (signal.aborted) return;
      const message = launcher.ariaLabel = launcher.title = `${name()}: ${words(corner.lang)![1]}`;
      host.emit('error', { code: 'load', message });
      if (opener instanceof HTMLAnchorElement) location.href = opener.href; // the page that it leads to without us
    }).finally(() => { launcher.ariaBusy = null; });
  }
  const name = () => settings.label ?? words(corner.lang)![2] ?? 'Chat';
  const toggle = (opening?: Opening, opener?: HTMLElement) => (state.open ? panel?.close() : open(opening, opener));

  function apply() {
    corner.className = `corner ${settings.position}`;
    corner.lang = host.locale();
    corner.dir = /^ar/i.test(corner.lang) ? 'rtl' : 'ltr';
    if (!panel) launcher.ariaLabel = name();
    const said = [...page.classList, page.dataset.theme];
    corner.classList.toggle('dark', settings.theme === 'auto'
      ? said.includes('dark') || (dusk.matches && !said.includes('light'))
      : settings.theme === 'dark');
    const fill = settings.color || getComputedStyle(element).getPropertyValue('--peal-accent');
    if (fill) {
      corner.style.setProperty('--fill', fill);
      // Black on what is light, white on what is not. The panel reckons it for browsers that cannot.
      const ink = `lch(from ${fill} calc((50 - l)*1e4) 0 0)`;
      if (CSS.supports('color', ink)) corner.style.setProperty('--on-fill', ink);
    }
    launcher.hidden = settings.launcher === 'off';
    panel?.refresh();
  }
  const change = (patch: Partial<Settings>) => { Object.assign(settings, patch); apply(); };

  const api = {
    open: (opening?: Opening) => open(opening),
    close: () => panel?.close(),
    toggle: () => toggle(),
    show: () => change({ launcher: 'on' }),
    hide: () => change({ launcher: 'off' }),
    set: (attributes: Record<string, unknown>) => void Object.assign(host.attributes, attributes),
    identify(proof: Host['proof']) {
      host.proof = proof;
      panel?.identify();
    },
    theme: (value: Settings['theme']) => change({ theme: value }),
    locale: (value: string) => change({ locale: value }),
    on(event: string, fn: Listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(fn));
      if (event === 'ready' && ready) fn(undefined);
      return () => api.off(event, fn);
    },
    off: (event: string, fn: Listener) => void listeners.get(event)?.delete(fn),
    reset() {
      host.proof = undefined;
      try { localStorage.removeItem(host.key); } catch { /* refused: nothing was kept either */ }
      panel?.reset();
    },
    destroy() {
      over.abort();
      watch.disconnect();
      panel?.destroy();
      element.remove();
      delete (window as { Pealchat?: unknown }).Pealchat;
    },
    get state() { return { ...state }; },
    q: { push: (...calls: [string, ...unknown[]][]) => calls.forEach(call) },
  };
  function call([verb, ...args]: [string, ...unknown[]]) {
    const fn = (api as unknown as Record<string, unknown>)[verb];
    if (typeof fn === 'function') fn(...args);
    else console.warn(`Pealchat has no "${verb}".`);
  }

  launcher.addEventListener('click', () => toggle());
  for (const type of ['keydown', 'keyup', 'keypress']) root.addEventListener(type, (e) => e.stopPropagation()); // the page's shortcuts are not for us
  document.addEventListener('click', (e) => {
    const opener = (e.target as Element).closest?.<HTMLElement>('[data-pealchat-open]');
    if (!opener || e.defaultPrevented || e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
    e.preventDefault();
    toggle({ topic: opener.dataset.pealchatTopic, message: opener.dataset.pealchatMessage } as Opening, opener);
  }, { signal });
  dusk.addEventListener('change', apply, { signal });
  // The page may change its theme or language, and a framework may replace its children.
  const watch = new MutationObserver(() => {
    if (!element.isConnected) page.append(element);
    apply();
  });
  watch.observe(page, { childList: true, attributeFilter: ['class', 'lang', 'data-theme'] });

  page.append(element);
  apply();
  const early = (window as { Pealchat?: Queue }).Pealchat?.q;
  (window as { Pealchat?: unknown }).Pealchat = api;
  early?.forEach(call);
  ready = true;
  host.emit('ready');

  // Only somebody who is in a conversation needs more than this before a click.
  try {
    if (/"live":true/.test(localStorage.getItem(host.key)!)) {
      (window.requestIdleCallback ?? setTimeout)(() => load().catch(() => { /* the click will say it */ }));
    }
  } catch { /* storage refused */ }
}

start(document.currentScript as HTMLScriptElement);
