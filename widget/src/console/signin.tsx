import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, peal } from '../shared/icons';
import { signIn, start } from './account';
import { useApp } from './use';

/** The card for those whom the host's own login does not know: an API key, kept in this tab only. */
export function SignIn() {
  const trouble = useApp((s) => s.trouble);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function submit() {
    if (busy) return;
    setBusy(true);
    const wrong = await signIn(field.current?.value ?? '');
    if (!wrong) return; // the console stands here now
    setBusy(false);
    setError(wrong);
    field.current?.select();
  }

  return (
    <main class="door">
      <form class="card" onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <Icon of={peal} class="mark" />
        <h1>Sign in</h1>
        {trouble && !error && <p class="lede">{trouble}</p>}
        <label for="key">API key</label>
        <input id="key" ref={field} type="password" name="api-key" autocomplete="off" autocapitalize="none" spellcheck={false} dir="ltr"
          placeholder="peal_…" aria-invalid={!!error} aria-describedby="key-help" onInput={() => setError('')} />
        <p id="key-help" class={error ? 'wrong' : 'help'} role={error ? 'alert' : undefined}>
          {error || 'It is kept in this tab and forgotten when the tab is closed.'}
        </p>
        <button class="solid big" aria-disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
        <p class="fine">Does your own site sign you in? Do that first, then <button type="button" onClick={() => void start()}>look again</button>.</p>
      </form>
    </main>
  );
}

/** Said when not even the question who is here was answered. */
export function Unreachable() {
  const trouble = useApp((s) => s.trouble);
  useEffect(() => {
    const again = () => void start();
    const timer = setTimeout(again, 5000);
    addEventListener('online', again);
    return () => { clearTimeout(timer); removeEventListener('online', again); };
  }, []);
  return (
    <main class="door">
      <div class="card" role="status">
        <Icon of={peal} class="mark" />
        <h1>The server can’t be reached</h1>
        <p class="lede">{trouble ?? 'The console opens by itself as soon as it answers.'}</p>
        <button class="ghost" onClick={() => void start()}>Try now</button>
      </div>
    </main>
  );
}
