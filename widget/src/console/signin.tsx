import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, peal } from '../shared/icons';
import { signIn, start } from './account';
import { loginLink } from './server';
import { useApp } from './use';

/** The card for those whom the host's own login does not know: the way to it, if the host has named one, or an API key. */
export function SignIn() {
  const trouble = useApp((s) => s.trouble);
  const login = loginLink();
  return (
    <main class="door">
      <div class="card">
        <Icon of={peal} class="mark" />
        <h1>Sign in</h1>
        {trouble && <p class="lede">{trouble}</p>}
        {login
          ? <>
              <a class="solid big" href={login}>Sign in on your site</a>
              <details open><summary>Or use an API key</summary><KeyForm /></details>
            </>
          : <KeyForm alone />}
        <p class="fine">{login ? 'Signed in already?' : 'Does your own site sign you in? Do that first, then'} <button type="button" onClick={() => void start()}>{login ? 'Look again' : 'look again'}</button>.</p>
      </div>
    </main>
  );
}

/** Takes an API key, which is kept in this tab only. */
function KeyForm({ alone }: { alone?: boolean }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { if (alone) field.current?.focus(); }, []);

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
    <form onSubmit={(e) => { e.preventDefault(); void submit(); }}>
      <label for="key">API key</label>
      <input id="key" ref={field} type="password" name="api-key" autocomplete="off" autocapitalize="none" spellcheck={false} dir="ltr"
        placeholder="peal_…" aria-invalid={!!error} aria-describedby="key-help" onInput={() => setError('')} />
      <p id="key-help" class={error ? 'wrong' : 'help'} role={error ? 'alert' : undefined}>
        {error || 'It is kept in this tab and forgotten when the tab is closed.'}
      </p>
      <button class={alone ? 'solid big' : 'ghost'} aria-disabled={busy}>{busy ? 'Signing in…' : alone ? 'Sign in' : 'Sign in with the key'}</button>
    </form>
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
