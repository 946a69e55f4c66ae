// The hello with which everything begins, tried until it is answered.
import { isAbort, type APIError } from '../shared/api';
import type { Hello, VisitorSession } from '../shared/types';
import type { Core } from './chat';

export interface Greeting {
  /** Says hello, or does nothing if that was done; keeps trying until it succeeds. */
  greet(): void;
  /** It was answered. */
  done(hello: Hello): void;
  /** The conversation that the last answer told of. */
  readonly session: VisitorSession | null;
  close(): void;
}

export function createGreeting({ host, store: { get, set }, api }: Pick<Core, 'host' | 'store' | 'api'>): Greeting {
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let session: VisitorSession | null = null;
  let over = false;

  function greet() {
    if (over || get().hello === 'done' || get().hello === 'asking') return;
    clearTimeout(timer);
    set(({ hello }) => ({ hello: hello === 'failed' ? hello : 'asking' }));
    api.hello().catch((err: Partial<APIError>) => {
      if (over) return;
      set({ hello: 'failed' });
      clearTimeout(timer);
      timer = setTimeout(greet, err.code === 'banned' ? 600_000 : err.retryAfter !== undefined ? err.retryAfter * 1000 : Math.min(30_000, 1000 * 2 ** tries++) * (1 + Math.random() / 2));
      if (!isAbort(err)) host.emit('error', { code: err.code ?? 'hello', message: err.message });
    });
  }

  return {
    greet,
    done(hello) { tries = 0; session = hello.session; },
    get session() { return session; },
    close() { over = true; clearTimeout(timer); },
  };
}
