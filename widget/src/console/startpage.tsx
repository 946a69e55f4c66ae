import './main'; // the bundler then makes one file of the first load, not one of each part that pages share
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { check, copy, Icon } from '../shared/icons';
import { adopt } from '../shared/styles';
import type { Agent, Session, Visitor } from '../shared/types';
import { setPrefs } from './prefs';
import { link, pageLink } from './route';
import { api } from './server';
import { set } from './state';
import sheet from './sheet.css';
import css from './start.css';
import { useApp } from './use';

adopt(document, sheet, css);

interface Check { name: string; state: 'ok' | 'warning' | 'error'; message: string }

const base = new URL('..', location.href.split('#')[0]!);
const tag = `<script defer src="${base.pathname}chat.js"></script>`;
const pause = 4000;

/** What a new installation needs, on one page that notices by itself what is done. */
export default function Start() {
  const agents = useApp((s) => s.agents);
  const keyed = useApp((s) => s.auth === 'api_key');
  const counts = useApp((s) => s.counts);
  const [opened, setOpened] = useState(false);
  const [first, setFirst] = useState<Session>();
  const [checks, setChecks] = useState<Check[]>();

  useEffect(() => {
    setPrefs({ started: true });
    api<{ checks: Check[] }>('GET', '/doctor').then((got) => setChecks(got.checks), () => { /* the page does without */ });
    api<{ agents: Agent[] }>('GET', '/agents').then((page) => set({ agents: page.agents }), () => { /* as they are known */ });
  }, []);
  // Whoever opens the chat shows in no event before they write.
  useEffect(() => {
    if (opened) return;
    const look = () => {
      if (!document.hidden) api<{ visitors: Visitor[] }>('GET', '/visitors', undefined, { query: { limit: 1 } }).then((page) => { if (page.visitors.length) setOpened(true); }, () => { /* next time */ });
    };
    look();
    const timer = setInterval(look, pause);
    return () => clearInterval(timer);
  }, [opened]);
  const some = !!counts && counts.open + counts.closed > 0;
  useEffect(() => {
    if (some) api<{ sessions: Session[] }>('GET', '/sessions', undefined, { query: { status: 'all', limit: 1 } }).then((page) => setFirst(page.sessions[0]), () => { /* the tick is enough */ });
  }, [some]);
  const wrong = checks?.filter((c) => c.state !== 'ok') ?? [];

  return (
    <section class="pane page" aria-labelledby="page-title">
      <div class="scroll"><div class="sheet start">
        <header><h2 id="page-title">First steps</h2></header>
        <p class="lead">Three things, in a few minutes. Each is ticked here by itself.</p>
        <ol class="steps">
          <Step done={opened || some} title="Put the chat on your pages" said={opened || some ? 'Somebody has opened the chat.' : 'Nobody has opened the chat yet.'}>
            <p>Paste this line into every page, in its head or before the end of its body. It asks for nothing else, also under a strict Content-Security-Policy.</p>
            <Copied text={tag} label="The line for your pages" />
            <p class="fine">In Go templates, <code>httpapi.Tag</code> makes it, with a nonce and who is signed in. On pages of another origin write <code>{`src="${base.href}chat.js" data-base="${base.href}"`}</code> and name the origin in <code>Options.AllowedOrigins</code>.</p>
            {checks && (wrong.length
              ? <ul class="findings" aria-label="What to look at">{wrong.map((c) => <li key={c.name} class={c.state}><b>{c.state === 'error' ? 'Does not work:' : 'Worth a look:'}</b> {c.message}</li>)}</ul>
              : <p class="fine">The installation was examined: streams, database, proxy and transport are in order.</p>)}
          </Step>
          <Step done={some} title="Say hello to yourself" said={some ? 'The first message is here.' : 'No message has come yet.'}>
            <p>Open the chat as a visitor would, in a tab of its own, and write something. It appears in this console at once; answer it, and look at the other tab.</p>
            <p class="ways"><a class="ghost" href={`${base.pathname}embed`} target="_blank" rel="noopener">Open the chat as a visitor</a>
              {first && <a class="ghost" href={link(first.status === 'closed' ? 'closed' : 'open', first.session_id)}>Answer it</a>}</p>
          </Step>
          <Step done={agents.length > 1} title="Invite a colleague" said={agents.length > 1 ? `${agents.length} people have been here.` : 'Nobody else has been here.'}>
            <p>{keyed
              ? <>You signed in with an API key. Give each colleague one of their own, under <a href={pageLink('settings', 'developers')}>Developers</a>, or have your site’s own login decide with <code>Options.Agent</code>.</>
              : <>Your site’s own login decides who may come in, in <code>Options.Agent</code>: there are no accounts to make here. Send them this address.</>}</p>
            <Copied text={`${base.href}console/`} label="The address of this console" />
          </Step>
        </ol>
        <p class="ways"><a class="solid" href={link('mine')}>{some ? 'Done' : 'Later'}</a><a class="ghost" href={pageLink('settings', 'general')}>Name, greeting and colour</a></p>
      </div></div>
    </section>
  );
}

function Step({ done, title, said, children }: { done: boolean; title: string; said: string; children: ComponentChildren }) {
  return (
    <li class={done ? 'done' : ''}>
      <span class="mark" aria-hidden="true">{done && <Icon of={check} />}</span>
      <div><h3>{title}</h3>{children}<p class="said" role="status">{said}</p></div>
    </li>
  );
}

/** A text to be taken along. */
function Copied({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<boolean>();
  return (
    <div class="line-to-copy">
      <code dir="ltr" tabIndex={0} aria-label={label} role="textbox" aria-readonly="true">{text}</code>
      <button type="button" class="icon" aria-label={`Copy: ${label}`} title="Copy" onClick={() => {
        // Pages that are not served securely have no clipboard.
        (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(() => setCopied(true), () => setCopied(false));
      }}><Icon of={copied ? check : copy} /></button>
      <span class="sr" role="status">{copied ? 'Copied.' : copied === false ? 'Could not copy. Select it by hand.' : ''}</span>
    </div>
  );
}
