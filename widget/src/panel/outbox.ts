// Messages on their way. Each keeps its client_id until the server has it, so a try too many never doubles it, and they
// go one after the other, so they arrive in the order in which they were written.
import { APIError, uuid } from '../shared/api';
import type { Message, VisitorSession } from '../shared/types';
import type { Ask } from './challenge';
import type { Keep, Pending } from './keep';
import { here, type VisitorAPI } from './visitor';

export interface OutboxOptions {
  key: string;
  keep: Keep;
  api: VisitorAPI;
  /** The conversation that a message goes to now, if one is open. */
  session(): string | undefined;
  /** The server has it. */
  sent(pending: Pending, message: Message | undefined, session: VisitorSession | undefined): void;
  /** That conversation is no longer open, or no longer there. */
  lost(session: string, closed: boolean): void;
  /** The server wants to know more about who writes, takes what they said for wrong, or has them agree to another text. */
  unknown(pending: Pending, field: 'visitor_name' | 'visitor_email' | 'department' | 'consent'): void;
  /** The site wants proof that the visitor is no program. */
  challenge: Ask;
  /** Looks for the conversation that is open. */
  find(): Promise<void>;
  /** The outbox has changed; `stuck` while the last try met trouble. */
  changed(stuck: boolean): void;
}

export interface Outbox {
  /** The server lets the visitor in: what it refused for their sake only is worth another try. */
  admitted(): void;
  /** Sends what waits, now. */
  flush(): void;
  retry(clientId: string): void;
  remove(clientId: string): void;
  close(): void;
}

/** After this long in trouble a message is shown as not sent. */
const patience = 30_000;

export function createOutbox({ key, keep, api, session, sent, lost, unknown, challenge, find, changed }: OutboxOptions): Outbox {
  let busy = false;
  let again = false;
  let closed = false;
  let tries = 0;
  let held = false; // until a challenge is answered
  let proof: string | undefined; // the answer
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let notBefore = 0;

  function change(fn: (outbox: Pending[]) => Pending[] | void) {
    keep.change((kept) => { kept.outbox = fn(kept.outbox) ?? kept.outbox; });
    changed(tries > 0);
  }
  const mark = (id: string, patch: Partial<Pending>) => change((outbox) => outbox.map((p) => (p.client_id === id ? { ...p, ...patch } : p)));

  async function flush(): Promise<void> {
    if (closed || held) return;
    if (busy) { again = true; return; }
    const wait = notBefore - Date.now();
    if (wait > 0) return later(wait);
    busy = true;
    clearTimeout(timer);
    try {
      await oneTabAtATime(async () => {
        for (let next; !closed && !held && (next = keep.get().outbox.find((p) => p.state !== 'refused'));) await deliver(next);
      });
      tries = since = 0;
      changed(false);
    } catch (err) {
      trouble(err);
    } finally {
      busy = false;
    }
    if (again) { again = false; void flush(); }
  }

  async function oneTabAtATime(fn: () => Promise<void>): Promise<void> {
    let begun = false;
    try {
      await navigator.locks.request(`${key}outbox`, () => (begun = true, fn()));
    } catch (err) {
      if (begun) throw err;
      await fn(); // no locks, or refused together with storage: then no other tab has this outbox
    }
  }

  async function deliver(pending: Pending): Promise<void> {
    try {
      await send(pending);
    } catch (err) {
      if (!(err instanceof APIError) || err.temporary || err.status === 401) throw err;
      const { code, field, message } = err;
      proof = undefined; // good for one try
      if (code === 'challenge_required') {
        held = true; // what was written later stays behind it
        mark(pending.client_id, { state: 'failed', why: code });
        return challenge(pass);
      }
      if (field === 'visitor_name' || field === 'visitor_email' || field === 'department' || field === 'consent') return unknown(pending, field);
      // "refused" is the host's own doing, with a sentence that it has written for the visitor.
      mark(pending.client_id, { state: 'refused', ...(code === 'refused' ? { why: code, said: message } : { why: field === 'message' ? field : code }) });
    }
  }

  /** Sends one, to the open conversation or as the beginning of a new one. */
  async function send(pending: Pending, extras = true, left = 4): Promise<void> {
    if (!api.known) await api.hello();
    api.remember();
    const to = pending.session ?? session();
    const body = { message: pending.text, client_id: pending.client_id, ...(proof && { challenge_answer: proof }) };
    try {
      if (to) {
        done(pending, await api.call<Message>('POST', '/messages', { session_id: to, ...body }));
      } else {
        const data = { ...pending.data, ...(pending.topic && { topic: pending.topic }) };
        const begun = await api.call<VisitorSession>('POST', '/sessions', {
          ...body, ...pending.who, ...(extras && { page: here() }), ...(extras && Object.keys(data).length && { custom_data: data }),
        });
        done(pending, begun.messages?.find((m) => m.client_id === pending.client_id), begun);
      }
    } catch (err) {
      if (!(err instanceof APIError) || !left) throw err;
      if (to && (err.code === 'session_closed' || err.code === 'not_found')) {
        lost(to, err.code === 'session_closed');
        pending = { ...pending, session: undefined };
      }
      else if (err.code === 'too_many_sessions') await find();
      else if (extras && /^(custom_data|page)\b/.test(err.field ?? '')) extras = false; // what the page adds must not silence the visitor
      else if (err.code === 'client_id_reused') {
        // Another message has this key, which only a damaged outbox can bring about.
        const client_id = uuid();
        mark(pending.client_id, { client_id });
        pending = { ...pending, client_id };
      } else throw err;
      return send(pending, extras, left - 1);
    }
  }

  /** The visitor has answered the page's challenge. */
  function pass(answer: string) {
    proof = answer;
    held = false;
    change((outbox) => outbox.map((p) => (p.why === 'challenge_required' ? { ...p, state: 'waiting', why: undefined } : p)));
    void flush();
  }

  function done(pending: Pending, message?: Message, begun?: VisitorSession) {
    tries = since = 0;
    proof = undefined;
    sent(pending, message, begun);
    change((outbox) => outbox.filter((p) => p.client_id !== pending.client_id));
  }

  function trouble(err: unknown) {
    tries++;
    since ||= Date.now();
    const asked = err instanceof APIError ? err.retryAfter : undefined;
    const wait = asked !== undefined ? asked * 1000 + Math.random() * 500 : Math.min(30_000, 1000 * 2 ** (tries - 1)) * (0.75 + Math.random() / 2);
    if (asked !== undefined) notBefore = Date.now() + wait;
    // Offline is no failure: it is said in the banner, and everything goes out when the browser is back.
    const given = navigator.onLine && asked === undefined && Date.now() - since > patience;
    if (given) change((outbox) => outbox.map((p) => (p.state === 'waiting' ? { ...p, state: 'failed' } : p)));
    else changed(true);
    later(wait);
  }

  function later(wait: number) {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void flush(), wait);
  }

  const now = () => { if (!document.hidden && keep.get().outbox.length) void flush(); };
  addEventListener('online', now);
  document.addEventListener('visibilitychange', now);

  return {
    admitted() {
      if (keep.get().outbox.some((p) => p.why === 'banned')) change((outbox) => outbox.map((p) => (p.why === 'banned' ? { ...p, state: 'waiting', why: undefined } : p)));
    },
    flush: () => void flush(),
    retry(clientId) {
      since = 0;
      held = false;
      mark(clientId, { state: 'waiting', why: undefined });
      void flush();
    },
    remove(clientId) {
      change((outbox) => outbox.filter((p) => p.client_id !== clientId));
      held = false;
      void flush();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      removeEventListener('online', now);
      document.removeEventListener('visibilitychange', now);
    },
  };
}
