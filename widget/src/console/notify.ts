// Tells whoever is not looking that somebody wrote: a sound that repeats, and the system's own notifications.
//
// Every tab of the console hears every event, so they agree on who speaks. The tab that the locks name rings, and the
// one that holds the event stream shows notifications. Whether anybody looks is asked of the locks too: a tab that is
// being looked at holds one, and loses it when it crashes.
import { APIError } from '../shared/api';
import { plain } from '../shared/text';
import type { Message, Session } from '../shared/types';
import { createBadge } from './badge';
import { chime } from '../shared/sound';
import { unreadCount } from './lists';
import { link } from './route';
import { base, browser } from './server';
import { get, say, store } from './state';
import { setPrefs } from './prefs';
import { canPush, hearWorker, shower, subscribe, unsubscribe } from './push';
import { t } from './words';

export { chime };

interface News { session: string; title: string; text: string; message?: string | undefined }

const soon = 10_000, often = 6, later = 30_000; // ms between two sounds: the first few, then the rest
const waiting = new Map<string, News>(); // what nobody has looked at, by conversation
const shown = new Map<string, { close(): void }>();

const name = (what: string) => `pealchat-${what}:${base}`;
const inFront = () => document.visibilityState === 'visible' && document.hasFocus();

/** Whether this tab or another one of this browser is being looked at. */
async function looked(): Promise<boolean> {
  if (inFront()) return true;
  const held = (await navigator.locks?.query().catch(() => undefined))?.held;
  return held?.some((lock) => lock.name === name('looked-at')) ?? false;
}

// ---- What is worth a sound

/** A message has come. */
export function messageCame(m: Message, session: Session) {
  const { me } = get();
  if (m.sender === 'agent') settled(m.session_id);
  if (m.sender !== 'visitor') return;
  // What is with somebody else is theirs to answer; whoever is away is not called to what is with nobody.
  if (session.assignee_id ? session.assignee_id !== me?.agent_id : me?.availability !== 'available') return;
  tell({ session: m.session_id, title: t('newsFrom', { name: session.visitor_name }), text: m.message || m.attachments[0]?.name || '', message: m.message_id });
}

/** A note has come: it concerns whom it mentions. */
export function noteCame(m: Message) {
  const { me } = get();
  if (!me || m.sender_id === me.agent_id || !m.mentions?.includes(me.agent_id)) return;
  tell({ session: m.session_id, title: t('newsMention', { name: m.sender_name ?? '' }), text: plain(m.message), message: m.message_id }, true);
}

/** A conversation has changed. One that is given to somebody who is not looking is news to them: their own press it cannot have been. */
export function sessionChanged(was: Session | undefined, now: Session) {
  const me = get().me?.agent_id;
  if (now.status === 'closed' || (now.assignee_id && now.assignee_id !== me)) return settled(now.session_id);
  if (was && was.assignee_id !== me && now.assignee_id === me && me) {
    void looked().then((yes) => { if (!yes) tell({ session: now.session_id, title: t('newsAssigned', { name: now.visitor_name }), text: now.last_message?.message ?? '' }); });
  }
}

/** Somebody of the team has looked at it, or answered. */
export function settled(session: string) {
  waiting.delete(session);
  shown.get(session)?.close();
  shown.delete(session);
}

// ---- The sound

let rings = false; // this tab is the one that makes it
let timer: ReturnType<typeof setTimeout> | undefined;
let times = 0;

/** `always`: said in front of the console too, because it asks for this person. */
function tell(news: News, always = false) {
  waiting.set(news.session, news);
  void looked().then((yes) => {
    const { prefs } = get();
    if (yes) {
      waiting.delete(news.session);
      const reading = inFront() && get().open === news.session;
      if (prefs.sound && (prefs.soundInFront || always) && !reading && mayRing(news)) chime();
      return;
    }
    if (!waiting.has(news.session)) return; // somebody was faster
    if (prefs.notify) void show(news);
    if (!prefs.sound || !mayRing(news)) return;
    times = 0;
    ring();
  });
}

function mayRing(news: News): boolean {
  if (navigator.locks) return rings;
  const id = news.message ?? news.session; // plain http has no locks: the first one to write it down rings
  if (browser.get('rang', '') === id) return false;
  browser.put('rang', id);
  return true;
}

function ring() {
  clearTimeout(timer);
  chime();
  times++;
  timer = setTimeout(async () => {
    if (!waiting.size || !get().prefs.sound) return;
    if (await looked()) return waiting.clear();
    ring();
  }, times < often ? soon : later);
}

// ---- The system's notifications

export type Allowed = NotificationPermission | 'missing';
export const canNotify = (): Allowed => (typeof Notification === 'undefined' || !isSecureContext ? 'missing' : Notification.permission);

/** Asks the browser, on a press, and turns them on if it agrees. */
export async function askToNotify() {
  if (canNotify() === 'missing') return;
  const answer = await Notification.requestPermission();
  setPrefs({ notify: answer === 'granted' });
  if (answer === 'granted' && canPush()) await subscribe().catch((err: unknown) => say({ text: t('pushFailed', { why: err instanceof APIError ? err.message : '' }), bad: true }));
}

/** Turns them off in this browser. */
export function stopNotifying() {
  setPrefs({ notify: false });
  void unsubscribe();
}

let leads = () => true;

async function show({ session, title, text, message }: News) {
  if (!leads() || canNotify() !== 'granted') return;
  const options = { body: [...text].slice(0, 200).join(''), tag: `pealchat ${session}`, renotify: true, data: { address: link('open', session, message) } };
  const worker = await shower();
  try {
    if (worker) {
      await worker.showNotification(title, options);
      shown.set(session, { close: () => void worker.getNotifications({ tag: options.tag }).then((all) => all.forEach((one) => one.close())) });
      return;
    }
    const note = new Notification(title, options);
    shown.set(session, note);
    note.onclick = () => {
      window.focus();
      location.hash = options.data.address;
      note.close();
    };
  } catch { /* some systems take them from a service worker only */ }
}

// ---- Looking

/** Starts it. `leading` says whether this tab is the one that speaks for the others. */
export function notifyWhenAway(leading: () => boolean) {
  leads = leading;
  const others = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name('looking'));
  const settleAll = () => { for (const session of [...waiting.keys(), ...shown.keys()]) settled(session); };
  if (others) others.onmessage = settleAll;

  let letGo: (() => void) | undefined;
  const look = () => {
    if (!inFront()) {
      letGo?.();
      letGo = undefined;
      return;
    }
    settleAll();
    others?.postMessage(1);
    if (letGo) return;
    const held = new Promise<void>((done) => { letGo = done; });
    navigator.locks?.request(name('looked-at'), { mode: 'shared' }, () => held).catch(() => { /* not allowed here */ });
  };
  for (const event of ['focus', 'blur', 'pageshow']) addEventListener(event, look);
  document.addEventListener('visibilitychange', look);
  look();
  hearWorker();

  // Browsers let a page be heard only after a press or a key in it: a tab that had none must not be the one that rings.
  const heard = () => {
    navigator.locks?.request(name('ringing'), () => { rings = true; return new Promise(() => { /* as long as the page lives */ }); }).catch(() => { /* not allowed here */ });
  };
  if (navigator.userActivation?.hasBeenActive) heard();
  else for (const event of ['pointerdown', 'keydown']) addEventListener(event, function first() { removeEventListener(event, first); if (!rings) heard(); });

  const badge = createBadge();
  store.subscribe((s) => badge(s.phase === 'ready' ? unreadCount(s) : 0));
}
