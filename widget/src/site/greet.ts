// Finds out when a trigger that may greet the visitor does: on which page, after how long, and what the page has said
// of them. All else the server has found out before it names the trigger.
import type { Greeting, Host, Panel } from '../shared/bridge';
import type { Visitor } from './visitor';

/** A trigger that may greet the visitor. */
export interface Offer {
  trigger_id: string;
  page?: string;
  seconds_on_page?: number;
  custom_data?: Record<string, unknown>;
}

export interface Greeter {
  /** The server has named the triggers anew. */
  offer(offers: Offer[]): void;
  /** The visitor has arrived on another page. */
  arrived(): void;
  close(): void;
}

const often = 1000; // what the page says of the visitor may change at any time

export function createGreeter(host: Host, visitor: Visitor, load: () => Promise<Panel>): Greeter {
  let offers: Offer[] = [];
  let since = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let done = false; // one greeting on a page is enough

  const holds = ({ page, seconds_on_page: seconds = 0, custom_data: data = {} }: Offer) => Date.now() - since >= seconds * 1000
    && matches(page, location) && Object.entries(data).every(([name, want]) => String(host.attributes[name]) === String(want));

  function look() {
    clearTimeout(timer);
    if (busy || done || !offers.length) return;
    // Nobody is greeted who would not see it, or is about to write.
    const free = !document.hidden && !host.state.open && host.settings.launcher !== 'off';
    const offer = free && offers.find(holds);
    if (offer) void greet(offer);
    else timer = setTimeout(look, often);
  }

  async function greet(offer: Offer) {
    busy = true;
    try {
      const panel = await load();
      const greeting = await visitor.call<Greeting | undefined>('/greetings', { trigger_id: offer.trigger_id });
      // Without one another tab was faster, or it is too late.
      offers = offers.filter((other) => other !== offer);
      done = !!greeting;
      if (greeting && !host.state.open) panel.greet(greeting);
    } catch {
      offers = []; // until the next sign of life
    } finally {
      busy = false;
    }
    look();
  }

  return {
    offer(named) { offers = named; look(); },
    arrived() { since = Date.now(); done = false; },
    close() { clearTimeout(timer); offers = []; },
  };
}

/** Whether the address is one that the pattern stands for: see Conditions in the document of the API. */
export function matches(pattern: string | undefined, { host, pathname }: { host: string; pathname: string }): boolean {
  if (!pattern) return true;
  const slash = pattern.indexOf('/');
  const wanted = slash < 0 ? pattern : pattern.slice(0, slash);
  const path = slash < 0 ? '' : readable(pattern.slice(slash)).replace(/\/$/, '');
  const ends = readable(pathname).replace(/\/$/, '');
  if (!slash) return wildcard(path, ends);
  return wildcard(bareHost(wanted) + path, bareHost(host) + (slash < 0 ? '' : ends));
}

const bareHost = (name: string) => name.toLowerCase().replace(/^www\./, '');

function readable(path: string): string {
  try { return decodeURIComponent(path); } catch { return path; }
}

function wildcard(pattern: string, text: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
