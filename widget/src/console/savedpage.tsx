import './main'; // the bundler then makes one file of the first load, not one of each part that pages share
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { APIError } from '../shared/api';
import { adopt } from '../shared/styles';
import css from './saved.css';
import sheet from './sheet.css';
import { readSaved, removeReply, saveReply, type CannedReply } from './saved';
import { words } from './server';
import { say } from './state';
import { useApp } from './use';

adopt(document, sheet, css);

/** The replies that the team keeps: to look through, add to, change and remove. */
export default function SavedReplies() {
  const saved = useApp((s) => s.saved);
  const may = useApp((s) => s.scopes.includes('write'));
  const [failed, setFailed] = useState('');
  const [editing, setEditing] = useState<string>(); // an id, or 'new'
  const add = useRef<HTMLButtonElement>(null);

  const read = () => { setFailed(''); readSaved(true).catch((err) => setFailed(words(err))); };
  useEffect(read, []);
  const done = () => { setEditing(undefined); add.current?.focus(); };

  return (
    <section class="pane page" aria-labelledby="page-title">
      <div class="scroll"><div class="sheet">
        <header><h2 id="page-title">Saved replies</h2>{may && <button ref={add} class="solid" onClick={() => setEditing('new')}>Add a reply</button>}</header>
        <p class="lead">While writing, type <code>/</code> and the beginning of a shortcut. <code>{'{{name}}'}</code> becomes the visitor’s first name, <code>{'{{agent}}'}</code> yours.</p>
        {editing === 'new' && <Fields onDone={done} />}
        {failed && <div class="still" role="status"><p>The saved replies could not be read. {failed}</p><button class="ghost" onClick={read}>Try again</button></div>}
        {!saved && !failed && <p class="lead" role="status">Reading saved replies…</p>}
        {saved && !saved.length && editing !== 'new' && <p class="lead" role="status">There are none yet.</p>}
        <ul class="saved" aria-label="Saved replies">
          {saved?.map((r) => (
            <li key={r.canned_reply_id}>
              {editing === r.canned_reply_id
                ? <Fields reply={r} onDone={done} />
                : <One reply={r} may={may} onEdit={() => setEditing(r.canned_reply_id)} />}
            </li>
          ))}
        </ul>
      </div></div>
    </section>
  );
}

function One({ reply: r, may, onEdit }: { reply: CannedReply; may: boolean; onEdit(): void }) {
  const [asking, setAsking] = useState(false);
  const sure = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => { if (asking) sure.current?.focus(); }, [asking]);
  const remove = () => removeReply(r.canned_reply_id).catch((err) => { setAsking(false); say({ text: `It could not be removed. ${words(err)}`, bad: true }); });
  return (
    <>
      <b dir="auto">/{r.shortcut}</b>
      <p dir="auto">{r.message}</p>
      {may && (
        <div class="ways">
          {asking
            ? <><button ref={sure} class="ghost" onClick={() => void remove()}>Remove for everyone</button><button class="ghost" onClick={() => setAsking(false)}>Keep</button></>
            : <><button class="ghost" aria-label={`Edit ${r.shortcut}`} onClick={onEdit}>Edit</button><button class="ghost" aria-label={`Remove ${r.shortcut}`} onClick={() => setAsking(true)}>Remove</button></>}
        </div>
      )}
    </>
  );
}

function Fields({ reply, onDone }: { reply?: CannedReply; onDone(): void }) {
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? '');
  const [message, setMessage] = useState(reply?.message ?? '');
  const [wrong, setWrong] = useState<{ field?: string; text: string }>();
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);

  async function save() {
    if (busy) return;
    setBusy(true);
    try {
      await saveReply(reply?.canned_reply_id, { shortcut: shortcut.trim().replace(/^\//, ''), message });
      onDone();
    } catch (err) {
      setBusy(false);
      setWrong({ field: err instanceof APIError ? err.field : undefined, text: explain(err) });
    }
  }
  const bad = (field: string) => wrong?.field === field;
  return (
    <form class="fields" aria-label={reply ? `Edit ${reply.shortcut}` : 'New saved reply'} onSubmit={(e) => { e.preventDefault(); void save(); }}
      onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); e.preventDefault(); onDone(); } }}>
      <label>Shortcut<input ref={first} value={shortcut} autocomplete="off" spellcheck={false} dir="auto" placeholder="shipping-eu" aria-invalid={bad('shortcut')} onInput={(e) => setShortcut(e.currentTarget.value)} /></label>
      <label>Message<textarea value={message} dir="auto" aria-invalid={bad('message')} onInput={(e) => setMessage(e.currentTarget.value)} /></label>
      <div role="alert">{wrong && <p class="wrong">{wrong.text}</p>}</div>
      <div class="ways"><button class="solid" aria-disabled={busy}>Save</button><button type="button" class="ghost" onClick={onDone}>Cancel</button></div>
    </form>
  );
}

/** The server's sentences name its fields; these name what stands on the page. */
function explain(err: unknown): string {
  if (!(err instanceof APIError)) return words(err);
  if (err.status === 409) return 'Another saved reply has this shortcut. Choose a different one.';
  if (err.field === 'shortcut') return 'A shortcut has 1 to 50 letters, digits, hyphens and underscores, and no spaces.';
  return words(err);
}
