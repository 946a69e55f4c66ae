import { useEffect } from 'preact/hooks';
import { Page } from './page';
import { firstName } from '../shared/format';
import { Icon, inbox, warn } from '../shared/icons';
import { lazy } from './lazy';
import { List } from './list';
import { unreadCount } from './lists';
import { Nav, pageTitles, viewNames } from './nav';
import { SignIn, Unreachable } from './signin';
import { go } from './route';
import { get, set } from './state';
import { useApp } from './use';
import { keepOpen } from './work';

// Conversations come with the first one that is opened, or when there is nothing better to do.
const loadTalk = () => import('./conversation').then((m) => m.Talk);
const Talk = lazy(loadTalk, () => go(get().view), <section class="pane conv" aria-busy="true" aria-label="Conversation" />);
// What lies over the desk comes when it is first asked for.
const Palette = lazy(() => import('./palette').then((m) => m.Palette), () => set({ paletteOpen: false }));
const Help = lazy(() => import('./dialogs').then((m) => m.Help), () => set({ helpOpen: false }));
const Later = lazy(() => import('./inbox/parts').then((m) => m.Later), () => set({ later: undefined }));
const Preferences = lazy(() => import('./dialogs').then((m) => m.Preferences), () => set({ prefsOpen: false }));

export function App() {
  const phase = useApp((s) => s.phase);
  const unread = useApp((s) => (s.phase === 'ready' ? unreadCount(s) : 0));
  const view = useApp((s) => s.view);
  const brand = useApp((s) => s.brand);
  const page = useApp((s) => s.page);
  useEffect(() => {
    document.title = phase === 'ready' ? `${unread ? `(${unread}) ` : ''}${page ? pageTitles[page] : viewNames[view]} · ${brand}` : 'Pealchat';
  }, [phase, unread, view, brand, page]);

  switch (phase) {
    case 'starting': return <main class="door" aria-busy="true" aria-label="Pealchat" />;
    case 'signin': return <SignIn />;
    case 'unreachable': return <Unreachable />;
    case 'ready': return <Desk />;
  }
}

/** What stands in the pane while no conversation is open. */
export function NoConversation() {
  return (
    <section class="pane conv vacant" aria-label="Conversation">
      <div class="still">
        <Icon of={inbox} /><b>No conversation is open</b>
        <p><kbd>J</kbd> <kbd>K</kbd> move through the list, <kbd>Enter</kbd> opens, <kbd>?</kbd> shows every key.</p>
      </div>
    </section>
  );
}

function Desk() {
  useEffect(() => { const soon = setTimeout(() => void loadTalk().catch(() => { /* asked for again when it is needed */ }), 1500); return () => clearTimeout(soon); }, []);
  const open = useApp((s) => s.open);
  const known = useApp((s) => !!s.open && s.sessions.has(s.open) && !s.missing.has(s.open));
  const view = useApp((s) => s.view);
  const help = useApp((s) => s.helpOpen);
  const prefs = useApp((s) => s.prefsOpen);
  const palette = useApp((s) => s.paletteOpen);
  const page = useApp((s) => s.page);
  const later = useApp((s) => !!s.later);
  return (
    <div class={`app ${open ? 'talking' : ''} ${open && known ? 'with-about' : ''} ${page ? 'paged' : ''}`}>
      <Nav />
      <main class="desk">
        <h1 class="sr">{page ? pageTitles[page] : 'Conversations'}</h1>
        <Trouble />
        {page
          ? <Page key={page} name={page} />
          : (
            <div class="panes">
              <List key={view} view={view} />
              {open ? <Talk id={open} /> : <NoConversation />}
            </div>
          )}
      </main>
      <Foot />
      {help && <Help />}
      {prefs && <Preferences />}
      {palette && <Palette />}
      {later && <Later />}
    </div>
  );
}

/** Said after three seconds without events or network: most interruptions are shorter. */
function Trouble() {
  const late = useApp((s) => s.late);
  const offline = useApp((s) => s.offline);
  const unsent = useApp((s) => s.outbox.some((o) => o.state === 'waiting'));
  if (!late) return <div class="trouble" role="status" />;
  const what = offline ? 'You’re offline.' : 'The connection to the server is lost. Trying again.';
  return <div class="trouble" role="status"><div class="banner"><Icon of={warn} /><span>{what}{unsent ? ` What you wrote is sent when ${offline ? 'you’re' : 'it is'} back.` : ''}</span></div></div>;
}

/** What was just done or did not work, with a way back where there is one. */
function Foot() {
  const toast = useApp((s) => s.toast);
  const closing = useApp((s) => s.closing);
  return (
    <div class="foot" role="status">
      {closing && (
        <div class="toast closing" key={closing.id}>
          <span>Closing the conversation with <bdi>{firstName(closing.name)}</bdi></span><button onClick={() => keepOpen()}>Keep open</button>
        </div>
      )}
      {toast && (
        <div class={`toast ${toast.bad ? 'bad' : ''}`}>
          <span dir="auto">{toast.text}</span>{toast.act && <button onClick={toast.act.run}>{toast.act.label}</button>}
        </div>
      )}
    </div>
  );
}
