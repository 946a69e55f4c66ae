import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { day, exact } from '../../shared/format';
import { Icon, plus } from '../../shared/icons';
import type { APIKey, Scope } from '../../shared/types';
import { api, every, words } from '../server';
import { say } from '../state';
import { ago, locale, useApp } from '../use';
import { Section } from './fields';
import { Secret } from './secret';

const may: Record<Scope, string> = { read: 'Read', write: 'Read and write', admin: 'Everything' };
const widest = (scopes: Scope[]) => (['admin', 'write', 'read'] as const).find((scope) => scopes.includes(scope)) ?? 'read';

export function Keys() {
  const now = useApp((s) => s.now);
  const [list, setList] = useState<APIKey[]>();
  const [error, setError] = useState('');
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<APIKey>();
  const [leaving, setLeaving] = useState('');

  const load = () => every<APIKey>('/api-keys', 'api_keys').then((all) => setList(all.filter((k) => !k.revoked_at).reverse()), (err) => setError(words(err)));
  useEffect(() => void load(), []);

  async function revoke(key: APIKey) {
    try {
      await api('DELETE', `/api-keys/${key.api_key_id}`);
      say({ text: `${key.name} no longer works.` });
      if (made?.api_key_id === key.api_key_id) setMade(undefined);
    } catch (err) { say({ text: words(err), bad: true }); }
    setLeaving('');
    void load();
  }

  return (
    <Section title="API keys" busy={!list && !error} lede="A key acts for the whole workspace within its scopes. It is shown once, when it is made."
      action={!making && <button type="button" class="ghost" onClick={() => { setMaking(true); setMade(undefined); }}><Icon of={plus} />New key</button>}>
      {making && <NewKey done={(key) => { setMaking(false); if (key) { setMade(key); void load(); } }} />}
      {made?.key && <Secret key={made.api_key_id} label={`The key “${made.name}”`} value={made.key} />}
      {error && <p class="wrong" role="alert">{error}</p>}
      {list && (list.length ? (
        <div class="wide"><table>
          <thead><tr><th>Name</th><th>Key</th><th>Scopes</th><th class="spare">Made</th><th>Last used</th><th><span class="sr">Do</span></th></tr></thead>
          <tbody>
            {list.map((key) => (
              <tr key={key.api_key_id}>
                <td dir="auto">{key.name}</td><td><code dir="ltr">{key.prefix}…</code></td><td>{may[widest(key.scopes)]}</td>
                <td class="spare" title={exact(new Date(key.created_at), locale)}>{day(new Date(key.created_at), locale)}</td>
                <td>{key.last_used_at ? ago(key.last_used_at, now) : 'Never'}</td>
                <td>{leaving === key.api_key_id
                  ? <><button type="button" class="text bad" onClick={() => void revoke(key)}>Revoke now</button> <button type="button" class="text" onClick={() => setLeaving('')}>Keep</button></>
                  : <button type="button" class="text" aria-label={`Revoke ${key.name}`} onClick={() => setLeaving(key.api_key_id)}>Revoke</button>}</td>
              </tr>
            ))}
          </tbody>
        </table></div>
      ) : <p class="faint">There are no keys.</p>)}
    </Section>
  );
}

function NewKey({ done }: { done(key?: APIKey): void }) {
  const id = useId();
  const name = useRef<HTMLInputElement>(null);
  const scope = useRef<HTMLSelectElement>(null);
  const [error, setError] = useState('');
  useEffect(() => name.current?.focus(), []);

  async function make() {
    const given = name.current!.value.trim();
    if (!given) { setError('Give it a name to know it by.'); return name.current?.focus(); }
    try { done(await api<APIKey>('POST', '/api-keys', { name: given, scopes: [scope.current!.value] })); } catch (err) { setError(words(err)); }
  }

  return (
    <form class="new" noValidate onSubmit={(e) => { e.preventDefault(); void make(); }}>
      <div class="field"><label for={`${id}n`}>Name</label>
        <input id={`${id}n`} ref={name} class="in" type="text" autocomplete="off" maxLength={200} placeholder="Order bot" aria-invalid={!!error} aria-describedby={error ? `${id}e` : undefined} /></div>
      <div class="field"><label for={`${id}s`}>May</label>
        <select id={`${id}s`} ref={scope} class="in">{(['read', 'write', 'admin'] as const).map((one) => <option key={one} value={one} selected={one === 'write'}>{may[one]}</option>)}</select></div>
      <div class="line"><button class="solid">Make key</button><button type="button" class="ghost" onClick={() => done()}>Cancel</button></div>
      {error && <p class="wrong" id={`${id}e`} role="alert">{error}</p>}
    </form>
  );
}
