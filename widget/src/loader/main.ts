// The one script that every page of the host carries: the launcher, the page's API, and the way to the panel.
import type { Host, Opening, Panel, PanelModule, Settings, SiteModule, State } from '../shared/bridge';
import { localeOf, words } from './words';
import css from './loader.css';

type Queue = { q?: [verb: string, ...args: unknown[]][] };

/** The mark: a bubble and its echo. The panel adds what an open or unread launcher shows. */
const mark = 'M10.6 5.2a7.4 7.4 0 1 1-3.5 13.9L3.4 20.2l1.1-3.6A7.4 7.4 0 0 1 10.6 5.2ZM15.4 2.6a9.6 9.6 0 0 1 5.9 5.9';

function start(script: HTMLScriptElement) {
  const page = document.documentElement;
  if (page.querySelector('peal-chat')) return console.warn('Two Pealchats.');

  const settings: Settings = { position: 'end', locale: 'auto', ...script.dataset };
  const base = new URL(script.dataset.base?.replace(/\/*$/, '/') ?? '.', script.src).href;
  const over = new AbortController();
  const { signal } = over;

  const dusk = matchMedia('(prefers-color-scheme:dark)');

  const element = document.createElement('peal-chat');
  const root = element.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const corner = root.appendChild(document.createElement('div'));
  const launcher = corner.appendChild(document.createElement('button'));
  launcher.className = launcher.part = 'launcher';
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  launcher.append(svg);
  // Of aria not every browser knows the properties.
  const put = (name: string, value: string, on: Element = launcher) => on.setAttribute(name, value);
  put('viewBox', '0 0 24 24', svg);
  put('d', mark, svg.appendChild(document.createElementNS(svg.namespaceURI, 'path')));
  put('aria-haspopup', 'dialog');

  const state: State = { open: false, unread: 0, online: false, identified: false, conversation: null };
  const host: Host = {
    base, key: `pealchat:${base}`, element, root, corner, launcher, settings, attributes: {}, trail: [], state,
    locale: () => localeOf(settings.locale, page.lang, ...navigator.languages),
    restart() {
      panel?.destroy();
      loading = undefined;
      load(fresh);
      open();
    },
    // Functions given to `on` listen to the same events. What they throw, the browser reports.
    emit: (event, detail) => void document.dispatchEvent(new CustomEvent(`pealchat:${event}`, { detail })),
  };

  let panel: Panel | undefined;
  let loading: Promise<Panel> | undefined;
  const text = (...from: Parameters<typeof fetch>) => fetch(...from).then((answer) => {
    if (!answer.ok) throw answer;
    return answer.text();
  });
  // A browser may remember that a module did not come and never ask again: none is imported before it is in the cache.
  const get = (paths: string[]) => Promise.all(paths.map((path) => text(base + path))).then(() => import(base + paths[0]));
  // This script may be older than the server. A fresh one names the panel and its chunks, in this order, as they are now.
  const fresh = async () => get((await text(script.src, { cache: 'reload' })).match(/assets\/[cp][\w-]+\.js/g)!);
  const preload = () => load().catch(() => { /* the click will say it */ });
  function load(first = () => get(PANEL).catch(fresh)): Promise<Panel> {
    return loading ??= first().then((module: PanelModule) => {
      signal.throwIfAborted();
      return panel = module.start(host);
    }).catch((err: unknown) => {
      loading = undefined;
      addEventListener('online', preload, { signal });
      throw err;
    });
  }

  function open(opening: Opening = {}, opener: HTMLElement = launcher) {
    launcher.ariaBusy = 'true';
    launcher.title = '';
    load().then((loaded) => loaded.open(opening, opener), () => {
      if (signal.aborted) return;
      const message = launcher.title = `${name()}: ${words(corner.lang)![1]}`;
      put('aria-label', message);
      launcher.hidden = false; // whatever of the page was pressed, here it is said
      host.emit('error', { code: 'load', message });
      if (opener.tagName === 'A') location.href = (opener as HTMLAnchorElement).href; // where it leads without us
    }).finally(() => { launcher.ariaBusy = null; });
  }
  const name = () => settings.label ?? words(corner.lang)![2] ?? 'Chat';
  const toggle = (opening?: Opening, opener?: HTMLElement) => (state.open ? panel?.close() : open(opening, opener));

  function apply() {
    corner.className = `corner ${settings.position}`;
    corner.lang = host.locale();
    corner.dir = /^ar/i.test(corner.lang) ? 'rtl' : 'ltr';
    // Whoever says something first: the tag, the page, the browser.
    corner.classList.toggle('dark', [settings.theme, ...page.classList, page.dataset.theme, dusk.matches && 'dark']
      .find((it) => it === 'dark' || it === 'light') === 'dark');
    if (settings.color) corner.style.setProperty('--fill', settings.color);
    launcher.hidden = settings.launcher === 'off';
    if (panel) return panel.refresh();
    put('aria-label', name());
    for (const other of [launcher, ...document.querySelectorAll('[data-pealchat-open]')]) put('aria-expanded', 'false', other);
  }
  const change = (patch: Partial<Settings>) => { Object.assign(settings, patch); apply(); };

  const api = {
    open,
    close: () => panel?.close(),
    toggle,
    show: () => change({ launcher: 'on' }),
    hide: () => change({ launcher: 'off' }),
    set(attributes: Record<string, unknown>) { Object.assign(host.attributes, attributes); },
    identify(proof: Host['proof']) {
      host.proof = proof;
      panel?.identify();
    },
    track: (name: string, data?: Record<string, unknown>) => void (TRACKING && host.trail.push({ name, data })),
    theme: (value: Settings['theme']) => change({ theme: value }),
    locale: (value: string) => change({ locale: value }),
    on(event: string, fn: (detail: unknown) => void) {
      const hear = (e: Event) => fn((e as CustomEvent).detail);
      document.addEventListener(`pealchat:${event}`, hear, { signal });
      if (event === 'ready') fn(null); // nobody can call this before
      return () => document.removeEventListener(`pealchat:${event}`, hear);
    },
    reset() {
      host.proof = host.token = undefined;
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

  launcher.onclick = () => toggle();
  for (const type of ['keydown', 'keyup', 'keypress']) root.addEventListener(type, (e) => e.stopPropagation()); // the page's shortcuts are not for us
  document.addEventListener('click', (e) => {
    const opener = (e.target as Element).closest?.<HTMLElement>('[data-pealchat-open]');
    if (!opener || e.defaultPrevented || e.metaKey || e.ctrlKey || e.shiftKey) return;
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
  host.emit('ready');
  early?.forEach(call);

  const idle = window.requestIdleCallback ?? setTimeout;
  // Nobody is followed who has asked the browser for that, nor before they agree where the page says that it asks them.
  if (TRACKING && settings.track !== 'off' && !navigator.globalPrivacyControl && navigator.doNotTrack !== '1') {
    const begin = () => idle(() => import(base + SITE).then((module: SiteModule) => module.start(host, load, signal),
      () => { /* the next page tries again */ }));
    if (settings.track === 'consent') api.on('consent', begin);
    else begin();
  }

  // Only somebody who is in a conversation needs more than this before a click.
  try {
    if (/"live":true/.test(localStorage.getItem(host.key)!)) idle(preload);
  } catch { /* storage refused */ }
}

start(document.currentScript as HTMLScriptElement);
