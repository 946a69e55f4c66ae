// The agents' console: starts it, and ties it to the page.
import { render } from 'preact';
import base from '../shared/base.css';
import chat from '../shared/chat.css';
import compose from '../shared/compose.css';
import files from '../shared/files.css';
import sent from '../shared/filesent.css';
import { adopt } from '../shared/styles';
import tokens from '../shared/tokens.css';
import { start } from './account';
import { App } from './app';
import about from './about/about.css';
import desk from './desk.css';
import { listenToKeys } from './keys';
import { leading, refresh } from './live';
import narrow from './narrow.css';
import { notifyWhenAway } from './notify';
import { countVisitors } from './online';
import { followDrafts } from './drafts';
import { followMentions } from './mentions';
import { keepOutbox } from './keeping';
import { flush, sendOnLeaving } from './outbox';
import { restorePrefs } from './prefs';
import { follow, whenOpened } from './route';
import { get, set, store } from './state';
import talk from './talk.css';
import { openThread } from './thread';
import { tellViewing } from './viewing';
import { closeNow, rememberKept, saveKept } from './work';

adopt(document, tokens, base, chat, compose, files, sent, desk, talk, about, narrow);

// The tokens' dark half is a class, so that a page can choose; the console goes with the system.
const dark = matchMedia('(prefers-color-scheme: dark)');
const shade = () => document.documentElement.classList.toggle('dark', dark.matches);
dark.addEventListener('change', shade);
shade();

// An on-screen keyboard lays itself over the page; the visible part is what there is room in.
const visible = window.visualViewport;
const fit = () => {
  if (!visible || visible.scale > 1.01) return; // zoomed in by hand: the page stays as it is
  document.documentElement.style.setProperty('--vvh', `${visible.height}px`);
  if (visible.offsetTop) scrollTo(0, 0);
};
visible?.addEventListener('resize', fit);
fit();

setInterval(() => set({ now: Date.now() }), 20_000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) set({ now: Date.now() }); });
addEventListener('pagehide', closeNow);
// A tab that the system had put to sleep may not have heard what the others were told.
document.addEventListener('resume', () => { if (get().phase === 'ready') refresh(); });

follow();
listenToKeys();
restorePrefs();
keepOutbox(() => flush(false));
followDrafts();
followMentions();
rememberKept();
let kept = get().kept;
store.subscribe((s) => { if (s.kept !== kept) saveKept(kept = s.kept); });
sendOnLeaving();
whenOpened((id) => { if (id) void openThread(id); });
tellViewing();
notifyWhenAway(leading);
countVisitors();

render(<App />, document.body);
void start();
