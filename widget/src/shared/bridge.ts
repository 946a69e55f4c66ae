// What the loader and the panel know of each other. The loader is on every page and small; the panel comes when it is needed.

export interface Settings {
  /** The host's colour as CSS writes it; the server's setting or verdigris if empty. */
  color: string;
  position: 'start' | 'end';
  /** A BCP 47 tag, or "auto": the page's language, else the browser's. */
  locale: string;
  theme: 'auto' | 'light' | 'dark';
  launcher: 'on' | 'off';
}

export interface Opening {
  /** Put into the field, never sent. */
  message?: string;
  /** What it is about; said in the field's place and sent along. */
  topic?: string;
}

/** What `Pealchat.state` answers. */
export interface State {
  open: boolean;
  unread: number;
  online: boolean;
  conversation: string | null;
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
  /** What the page is told; the panel keeps it true. */
  readonly state: State;
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
  /** Everything stored was forgotten: start anew. */
  reset(): void;
  destroy(): void;
}

export interface PanelModule {
  start(host: Host): Panel;
}
