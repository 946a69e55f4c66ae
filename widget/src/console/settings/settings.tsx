// The settings: a page of its own that is loaded when somebody opens it.
import '../main'; // see visitorspage.tsx
import type { FunctionComponent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { adopt } from '../../shared/styles';
import { lazy } from '../lazy';
import { pageLink } from '../route';
import { useApp } from '../use';
import { Bans } from './bans';
import { General } from './general';
import { HookPage } from './hook';
import { Hooks } from './hooks';
import { Hours } from './hours';
import { Keys } from './keys';
import { Look } from './look';
import { Privacy } from './privacy';
import own from './settings.css';
import { Team } from './team';
import { changed, discard, load, save, useSettings, type Settings } from './store';

adopt(document, own);

/** A part of its own, for the settings are long enough without it. */
function Greetings({ draft }: { draft: Settings }) {
  const [Shown, setShown] = useState<{ it(props: { draft: Settings }): preact.JSX.Element }>();
  const [failed, setFailed] = useState(false);
  const fetch = () => import('./triggers').then((m) => { setShown({ it: m.default }); setFailed(false); }, () => setFailed(true));
  useEffect(() => void fetch(), []);
  if (Shown) return <Shown.it draft={draft} />;
  return failed ? <p class="wrong" role="alert">This page could not be loaded. <button type="button" class="text" onClick={() => void fetch()}>Try again</button></p> : <div aria-busy="true" />;
}

const rules = () => import('./rules');
const Departments = lazy(() => rules().then((m) => m.Departments), () => {});
const Routing = lazy<{ draft: Settings }>(() => rules().then((m) => m.Routing), () => {});

const sections = { general: 'General', widget: 'Widget', team: 'Team', hours: 'Hours', routing: 'Routing', triggers: 'Greetings', privacy: 'Data and privacy', developers: 'Developers' };
type Name = keyof typeof sections;
const forms: Partial<Record<Name, FunctionComponent<{ draft: Settings }>>> = { general: General, widget: Look, hours: Hours, routing: Routing, triggers: Greetings, privacy: Privacy };

export default function SettingsPage() {
  const admin = useApp((s) => s.scopes.includes('admin'));
  return admin ? <Sections /> : <div class="pane settings"><p>Only an admin can change the settings.</p></div>;
}

function Sections() {
  const asked = useApp((s) => s.section);
  const item = useApp((s) => s.item);
  const name = (asked && asked in sections ? asked : 'general') as Name;
  useEffect(() => void load(), []);
  // Each begins at its beginning. On a phone the names are a line that is longer than the screen.
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current!.scrollTop = 0;
    box.current!.querySelector('.subnav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [name, item]);
  const Form = forms[name];
  return (
    <div class="pane settings" ref={box}>
      <header><h2 class="title">Settings</h2></header>
      <div class="subnav">
        <nav aria-label="Settings"><ul>{Object.entries(sections).map(([key, label]) => (
          <li key={key}><a href={pageLink('settings', key)} aria-current={key === name ? 'page' : undefined}>{label}</a></li>
        ))}</ul></nav>
        <div class="body">{Form ? <><Editor key={name} of={Form} />{name === 'privacy' && <Bans />}</> : name === 'team' ? <><Departments /><Team /></> : item ? <HookPage key={item} id={item} /> : <><Keys /><Hooks /></>}</div>
      </div>
    </div>
  );
}

function Editor({ of: Form }: { of: FunctionComponent<{ draft: Settings }> }) {
  const { draft, state, error, field, overtaken } = useSettings((s) => s);
  const dirty = useSettings(changed);
  if (state === 'failed') return <p class="wrong" role="alert">{error} <button type="button" class="text" onClick={() => void load(true)}>Try again</button></p>;
  if (!draft) return <div aria-busy="true" />;
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Form draft={draft} />
      <div class="savebar" hidden={!dirty && !error}>
        <span role={error ? 'alert' : 'status'} class={error ? 'wrong' : ''}>
          {overtaken ? 'Somebody else has saved meanwhile.' : error ? (field ? 'Something is not right yet: see above.' : error) : dirty ? 'Not saved yet.' : ''}
        </span>
        {overtaken ? <button type="button" class="ghost" onClick={() => void load(true)}>Load theirs</button> : <button type="button" class="ghost" onClick={discard}>Discard</button>}
        <button class="solid" aria-disabled={state === 'saving'}>{state === 'saving' ? 'Saving…' : 'Save'}</button>
      </div>
    </form>
  );
}
