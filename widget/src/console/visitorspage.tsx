import './main'; // the bundler then makes one file of the first load, not one of each part that pages share
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { firstName } from '../shared/format';
import { useStore } from '../shared/store';
import { adopt } from '../shared/styles';
import type { Visit } from '../shared/types';
import { languageOf } from './device';
import { go, link } from './route';
import { words } from './server';
import sheet from './sheet.css';
import { Trail } from './trail';
import { locale, span, useApp, visitorFace } from './use';
import { read, readLatest, readMore, set, speak, visitorsStore, watchVisitors, type Here } from './visitors';
import css from './visitors.css';

adopt(document, sheet, css);

/** Everybody who is on the site now: where, since when, and from where they came. */
export default function Visitors() {
  const { people, online, tracking, more, error } = useStore(visitorsStore, (s) => s);
  useEffect(watchVisitors, []);
  const followed = people?.length ? tracking : true;
  return (
    <section class="pane page visitors" aria-labelledby="page-title">
      <div class="scroll"><div class="sheet">
        <header><h2 id="page-title">Visitors</h2>{!!people?.length && <p role="status" class="count">{new Intl.NumberFormat(locale).format(Math.max(online, people.filter((p) => !p.left).length))} on the site</p>}</header>
        {error && <div class="still" role="status"><p>The visitors could not be read. {error}</p><button class="ghost" onClick={() => void read()}>Try again</button></div>}
        {!people && !error && <p class="lead" role="status">Looking who is here…</p>}
        {people && !tracking && <Off others={people.length > 0} />}
        {people && !people.length && tracking && !error && (
          <div class="nobody" role="status"><b>Nobody is on the site right now</b><p>Whoever opens a page stands here at once, with where they are and where they came from.</p></div>
        )}
        {!!people?.length && (
          <div class="table" role="table" aria-label="Visitors on the site">
            <div class="head" role="row">
              {['Who', 'Where', 'Came from', 'On the site', 'Pages'].map((name) => <span role="columnheader">{name}</span>)}
              <span role="columnheader"><span class="sr">Conversation</span></span>
            </div>
            {people.map((one) => <Row key={one.visitor_id} one={one} followed={followed} />)}
          </div>
        )}
        {more && (
          <div class="rest">
            <button class="ghost" onClick={() => void readMore()}>Show more</button>
            <button class="ghost" onClick={() => void readLatest()}>Show who moved last</button>
          </div>
        )}
      </div></div>
    </section>
  );
}

/** How to switch on what this page lives on. */
function Off({ others }: { others: boolean }) {
  return (
    <div class="switched-off">
      <b>Pages are not followed on this site</b>
      <p>{others ? 'Below stand only those who have opened the chat.' : 'Only those who open the chat would stand here.'} To see who is on the site, where they came from and which pages they look at, switch tracking on where the chat is made:</p>
      <pre tabIndex={0} aria-label="Go code"><code>{'chat.New(store, &chat.Options{\n\tTracking: chat.Tracking{On: true},\n})'}</code></pre>
      <p>Nobody is followed who has Do Not Track or Global Privacy Control on. What stands in addresses after a question mark is cut off. Where visitors must agree first, give the script <code>data-track="consent"</code>.</p>
    </div>
  );
}

const nameOf = (one: Here) => one.name || 'Visitor';

function Row({ one, followed }: { one: Here; followed: boolean }) {
  const now = useApp((s) => s.now);
  const open = useStore(visitorsStore, (s) => s.chosen === one.visitor_id);
  const { visit } = one;
  const since = (iso: string, fresh: string) => {
    const minutes = Math.floor((now - Date.parse(iso)) / 60_000);
    return minutes < 1 ? fresh : span(minutes);
  };
  const where = one.page && addressOf(one.page.url);
  return (
    <div class={`one ${open ? 'open' : ''} ${one.left ? 'gone' : ''}`} role="rowgroup">
      <div class="line" role="row">
        <div class="who" role="cell">
          <Avatar person={visitorFace(nameOf(one), one.visitor_id)} online={!one.left} size={36} />
          <div>
            <button class="name" aria-expanded={open} onClick={() => set({ chosen: open ? undefined : one.visitor_id })}><bdi>{nameOf(one)}</bdi></button>
            <small>{one.left ? 'Has left' : [one.verified && 'Verified', visit?.returning ? 'Returning' : visit && 'First visit'].filter(Boolean).join(', ') || 'Opened the chat'}</small>
          </div>
        </div>
        <div class="where" role="cell">
          {where ? <><span class="title" dir="auto" title={one.page!.url}>{one.page!.title || where}</span><small><bdi dir="ltr">{where}</bdi></small></> : <span class="faint">{followed ? 'No page yet' : '–'}</span>}
        </div>
        <div role="cell" class="from">{visit ? <><span dir="auto">{sourceOf(visit)}</span><small dir="auto">{placeOf(visit)}</small></> : <span class="faint">–</span>}</div>
        <div role="cell" class="since">{visit ? <><span>{since(visit.started_at, 'Just came')}</span><small>This page: {since(visit.last_at, 'just now')}</small></> : <span class="faint">–</span>}</div>
        <div role="cell" class="pages">{visit ? <>{visit.pages}<span class="unit">{visit.pages === 1 ? ' page' : ' pages'}</span></> : <span class="faint">–</span>}</div>
        <div role="cell" class="act"><Start one={one} /></div>
      </div>
      {open && <Details one={one} />}
    </div>
  );
}

/** The way to a visitor's conversation, or to a first one. */
function Start({ one }: { one: Here }) {
  const may = useApp((s) => s.scopes.includes('write'));
  const open = useStore(visitorsStore, (s) => s.chosen === one.visitor_id);
  if (one.session_id) return <a class="ghost" href={link('open', one.session_id)}>Open conversation</a>;
  if (!may || open || one.left || one.banned) return null;
  return <button class="ghost" onClick={() => set({ chosen: one.visitor_id })}>Start a conversation</button>;
}

function Details({ one }: { one: Here }) {
  const may = useApp((s) => s.scopes.includes('write'));
  const { visit } = one;
  const facts: [string, string | undefined][] = [
    ['E-mail', one.email], ['Customer', one.external_id], ['Landed on', visit && addressOf(visit.landing.url)],
    ['Campaign', visit?.utm && [visit.utm.campaign, visit.utm.medium, visit.utm.term, visit.utm.content].filter(Boolean).join(', ')],
    ['Language', languageOf(visit?.locale ?? one.locale)], ['Device', visit && [visit.device.system, visit.device.browser].filter(Boolean).join(', ')],
    ['Company', visit?.place?.company], ['Address', visit?.address],
  ];
  return (
    <div class="details" role="row"><div role="cell">
      {may && !one.session_id && !one.left && !one.banned && <FirstWords one={one} />}
      <div class="facts">
        <dl>{facts.filter(([, value]) => value).map(([name, value]) => <><dt>{name}</dt><dd dir="auto">{value}</dd></>)}</dl>
        <Trail visitor={one.visitor_id} pages={visit?.pages ?? 0} />
      </div>
    </div></div>
  );
}

/** What to say first. The visitor sees it beside the launcher. */
function FirstWords({ one }: { one: Here }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  async function say() {
    if (busy || !text.trim()) return;
    setBusy(true);
    try {
      go('open', (await speak(one.visitor_id, text)).session_id);
    } catch (err) {
      setBusy(false);
      setWrong(words(err));
    }
  }
  const label = one.name ? `Write to ${firstName(one.name)}` : 'Write to this visitor';
  return (
    <form onSubmit={(e) => { e.preventDefault(); void say(); }}>
      <textarea ref={field} class="in" dir="auto" rows={2} aria-label={label} placeholder={label} value={text} onInput={(e) => { setText(e.currentTarget.value); setWrong(''); }}
        onKeyDown={(e) => {
          if (e.isComposing) return;
          if (e.key === 'Enter' && (e.metaKey || e.ctrlKey)) { e.preventDefault(); void say(); }
          if (e.key === 'Escape') { e.stopPropagation(); set({ chosen: undefined }); }
        }} />
      <div class="ways"><span role={wrong ? 'alert' : 'status'} class={wrong ? 'wrong' : 'faint'}>{wrong || 'It appears beside the chat’s button on their page.'}</span>
        <button class="solid" aria-disabled={busy || !text.trim()}>Send</button></div>
    </form>
  );
}

function addressOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return pathname === '/' ? host : decodeURI(pathname);
  } catch {
    return url;
  }
}

/** Where a visit came from, in a word. */
function sourceOf({ utm, landing }: Visit): string {
  if (utm?.source) return utm.source;
  try {
    const from = new URL(landing.referrer ?? '');
    if (from.host !== new URL(landing.url).host) return from.host.replace(/^www\./, '');
  } catch { /* came without any */ }
  return 'Directly';
}

const placeOf = ({ place }: Visit) => [place?.city, place?.country].filter(Boolean).join(', ');

