// What the loader and the panel know of each other. The loader is on every page and small; the panel comes when it is needed.

export interface Settings {
  /** The host's colour as CSS writes it; the server's setting or verdigris if empty. */
  color?: string;
  position: 'start' | 'end';
  /** A BCP 47 tag, or "auto": the page's language, else the first of the browser's that there are words for. */
  locale: string;
  theme?: 'auto' | 'light' | 'dark';
  launcher?: 'on' | 'off';
  /** The launcher's name where the page gives one; else it is said in the panel's language. */
  label?: string;
  /** Where the host follows visitors: "off" leaves this page out, "consent" waits for the event pealchat:consent. */
  track?: string;
}

/** What the page says that the visitor did. */
export interface TrailLine {
  name: string;
  data?: Record<string, unknown> | undefined;
}

export interface Opening {
  /** Put into the field, never sent. */
  message?: string;
  /** What it is about; said in the field's place and sent along. */
  topic?: string;
  /** The visitor followed a link that leads back no more. Of the chat's own page only. */
  lapsed?: boolean;
}

/** What a trigger has the visitor read. */
export interface Greeting {
  trigger_id: string;
  message: string;
}

/** What `Pealchat.state` answers. */
export interface State {
  open: boolean;
  unread: number;
  online: boolean;
  conversation: string | null;
  /** Whether the host's server vouches for the visitor, as far as the panel has asked. */
  identified: boolean;
}

/** The loader, as the panel sees it. */
export interface Host {
  /** Where the handler is mounted, with a slash at its end. */
  readonly base: string;
  /** The key in local storage under which everything is kept. */
  readonly key: string;
  readonly element: HTMLElement;
  readonly root: ShadowRoot;
  /** What stands in the corner: the panel goes before the launcher. */
  readonly corner: HTMLElement;
  readonly launcher: HTMLButtonElement;
  readonly settings: Settings;
  /** From `set`: goes along with the next conversation, without those that are null. */
  readonly attributes: Record<string, unknown>;
  /** From `identify`: what the host's server has signed about the visitor, or how to get it; null for nobody. */
  proof?: string | (() => Promise<string | null | undefined>) | null | undefined;
  /** From `track`: what waits until it is told. */
  trail: { push(line: TrailLine): void };
  /** Who the visitor is to the server: what the panel and what follows visitors know of it in this page. */
  token?: string | undefined;
  /** The proof that the server has heard. */
  proven?: unknown;
  /** A hello that has not been answered yet: two at once would make two visitors. */
  greeting?: Promise<unknown> | undefined;
  /** What the page is told; the panel keeps it true. */
  readonly state: State;
  /** The tag of a language that there are words for. */
  locale(): string;
  /** Tells the page: functions given to `on`, and a DOM event on document. */
  emit(event: string, detail?: unknown): void;
  /** Gets the panel again, as the server has it now: this one may be older than the server. */
  restart(): void;
}

/** The panel, as the loader sees it. */
export interface Panel {
  open(opening: Opening, opener: HTMLElement): void;
  close(): void;
  /** Settings have changed. */
  refresh(): void;
  /** The page has said who the visitor is. */
  identify(): void;
  /** Something has happened on the server: ask what. */
  look(): void;
  /** Shows a greeting beside the launcher, until it is answered or dismissed. */
  greet(greeting: Greeting): void;
  /** Everything stored was forgotten: start anew. */
  reset(): void;
  destroy(): void;
}

export interface PanelModule {
  start(host: Host): Panel;
}

/** What follows a visitor over the site. It is there only where the host has switched that on. */
export interface SiteModule {
  /** Begins, once, and ends with the signal. */
  start(host: Host, load: () => Promise<Panel>, signal: AbortSignal): void;
}
