import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { cross, Icon, plus } from '../../shared/icons';
import type { Visitor } from '../../shared/types';
import { api, words } from '../server';
import { useApp } from '../use';
import { Text } from './fields';
import { plainly, useSettings, type Conditions, type Trigger } from './store';

interface FormProps { trigger: Trigger; path: string; change(patch: Partial<Trigger>): void; first?: (() => void) | undefined; remove(): void }

/** One greeting: what it says, and for whom. */
export function TriggerForm({ trigger, path, change, first, remove }: FormProps) {
  const { conditions: c } = trigger;
  const form = useRef<HTMLDivElement>(null);
  const brand = useApp((s) => s.brand);
  useEffect(() => { if (!trigger.message) form.current?.querySelector('textarea')?.focus(); }, []);
  /** Sets a condition; one that is empty is none. */
  function when(patch: Conditions) {
    const next = { ...c, ...patch };
    for (const key of Object.keys(next) as (keyof Conditions)[]) if (!next[key] && next[key] !== false) delete next[key];
    change({ conditions: next });
  }
  const at = `${path}.conditions`;
  return (
    <div class="trigger" ref={form}>
      <div class="pair">
        <Text label="Name, for your team" path={`${path}.name`} max={80} value={trigger.name} onInput={(name) => change({ name })} />
        <div class="bubble" aria-hidden="true"><Avatar person={{ name: brand }} size={32} /><div><small>{brand}</small><p dir="auto">{trigger.message || 'Can I help you choose?'}</p></div></div>
      </div>
      <Text label="What it says" path={`${path}.message`} max={500} rows={2} value={trigger.message} onInput={(message) => change({ message })} placeholder="Can I help you choose?" />
      <fieldset class="when">
        <legend>When all of this is so</legend>
        <div class="pair">
          <Text label="On the page" path={`${at}.page`} max={300} value={c.page ?? ''} placeholder="/prices*" onInput={(page) => when({ page: page.trim() })} help="* stands for anything. Empty: on every page." />
          <Text label="Came to the site from" path={`${at}.referrer`} max={300} value={c.referrer ?? ''} placeholder="search.example" onInput={(referrer) => when({ referrer: referrer.trim() })} help="A site, or a site and a path. Empty: from anywhere." />
          <Amount label="Seconds on the page, at least" path={`${at}.seconds_on_page`} max={3600} value={c.seconds_on_page} onChange={(seconds_on_page) => when({ seconds_on_page })} />
          <Amount label="Pages seen in this visit, at least" path={`${at}.pages_seen`} max={1000} value={c.pages_seen} onChange={(pages_seen) => when({ pages_seen })} />
          <Choice label="Visitors" value={c.returning} any="All" yes="Who have been here before" no="Who are here for the first time" onChange={(returning) => when({ returning })} />
          <Choice label="Your team" value={c.agents_available} any="Here or not" yes="Somebody is here" no="Nobody is here" onChange={(agents_available) => when({ agents_available })} />
          <Choice label="Time" value={c.within_hours} any="Always" yes="Within the opening hours" no="Outside the opening hours" onChange={(within_hours) => when({ within_hours })} />
        </div>
        <Data path={`${at}.custom_data`} data={c.custom_data ?? {}} put={(custom_data) => when({ custom_data: Object.keys(custom_data).length ? custom_data : undefined })} />
      </fieldset>
      <Try conditions={c} />
      <div class="line acts">
        {first && <button type="button" class="ghost" onClick={first}>Put first</button>}
        <button type="button" class="ghost bad" onClick={remove}>Remove</button>
      </div>
    </div>
  );
}

function Amount({ label, path, value, max, onChange }: { label: string; path: string; value: number | undefined; max: number; onChange(value: number | undefined): void }) {
  const id = useId();
  const wrong = useSettings((s) => (s.field === path ? plainly(s.error, path) : ''));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} class="in short" type="number" inputMode="numeric" min={0} max={max} step={1} value={value ?? ''} placeholder="0" aria-invalid={!!wrong}
        onInput={(e) => onChange(Math.max(0, Math.round(e.currentTarget.valueAsNumber)) || undefined)} />
      {wrong && <p class="wrong" role="alert">{wrong}</p>}
    </div>
  );
}

type Either = boolean | undefined;

function Choice({ label, value, any, yes, no, onChange }: { label: string; value: Either; any: string; yes: string; no: string; onChange(value: Either): void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="in short" value={String(value ?? '')} onChange={(e) => onChange(({ true: true, false: false } as Record<string, Either>)[e.currentTarget.value])}>
        <option value="">{any}</option><option value="true">{yes}</option><option value="false">{no}</option>
      </select>
    </div>
  );
}

/** What the site says of the visitor: names and values, of which half a pair counts for nothing yet. */
function Data({ path, data, put }: { path: string; data: Record<string, unknown>; put(data: Record<string, unknown>): void }) {
  const [pairs, setPairs] = useState<[name: string, value: string][]>(() => Object.entries(data).map(([name, value]) => [name, String(value)]));
  const wrong = useSettings((s) => (s.field === path ? plainly(s.error, path) : ''));
  function change(list: [string, string][]) {
    setPairs(list);
    put(Object.fromEntries(list.filter(([name, value]) => name.trim() && value.trim()).map(([name, value]) => [name.trim(), value.trim()])));
  }
  const type = (i: number, at: 0 | 1, text: string) => change(pairs.map((pair, n) => (n !== i ? pair : at ? [pair[0], text] : [text, pair[1]])));
  return (
    <fieldset class="field data">
      <legend>Details from the site</legend>
      {pairs.map(([name, value], i) => (
        <div class="line" key={i}>
          <input class="in" type="text" dir="auto" autocomplete="off" spellcheck={false} maxLength={100} aria-label={`Detail ${i + 1}`} placeholder="plan" value={name} onInput={(e) => type(i, 0, e.currentTarget.value)} />
          <span>is</span>
          <input class="in" type="text" dir="auto" autocomplete="off" maxLength={100} aria-label={`Value of detail ${i + 1}`} placeholder="pro" value={value} onInput={(e) => type(i, 1, e.currentTarget.value)} />
          <button type="button" class="icon" aria-label={`Remove detail ${i + 1}`} onClick={() => change(pairs.filter((_, n) => n !== i))}><Icon of={cross} /></button>
        </div>
      ))}
      {pairs.length < 10 && <button type="button" class="ghost" onClick={() => setPairs([...pairs, ['', '']])}><Icon of={plus} />Add a detail</button>}
      <p class="help">What your server vouches for counts, else what the page has told the chat with <code>Pealchat.set()</code>.</p>
      {wrong && <p class="wrong" role="alert">{wrong}</p>}
    </fieldset>
  );
}

/** The part of an address that patterns are mostly about. */
function pathOf(url = '') {
  try { return decodeURI(new URL(url).pathname); } catch { return url; }
}

interface DryRun { online: number; matching: number; visitors: Visitor[] }

/** For whom the conditions hold now. Nobody is greeted by it. */
function Try({ conditions }: { conditions: Conditions }) {
  const [run, setRun] = useState<DryRun>();
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => { setRun(undefined); setError(''); }, [conditions]);
  useEffect(() => { if (run) told.current?.scrollIntoView({ block: 'nearest' }); }, [run]);
  async function go() {
    if (busy) return;
    setBusy(true);
    try {
      setRun(await api<DryRun>('POST', '/triggers/dry-run', { conditions }));
      setError('');
    } catch (err) { setError(words(err).replace(/\bconditions\./g, '')); }
    setBusy(false);
  }
  const rest = run && run.matching - run.visitors.length;
  return (
    <div class="try">
      <button type="button" class="ghost" aria-disabled={busy} onClick={() => void go()}>Try it on who is here</button>
      <div role="status" ref={told}>
        {error && <p class="wrong">{error}</p>}
        {run && <p>{!run.online ? 'Nobody is on the site right now.' : `It fits ${run.matching} of ${run.online} on the site now. Nobody was greeted.`}</p>}
        {!!run?.matching && <ul>{run.visitors.map((v) => <li key={v.visitor_id}><b dir="auto">{v.name || 'Visitor'}</b> <span dir="ltr">{pathOf(v.page?.url)}</span></li>)}{!!rest && <li>and {rest} more</li>}</ul>}
      </div>
    </div>
  );
}
