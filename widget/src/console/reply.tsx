import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { empty, touch } from '../shared/composer';
import { firstName } from '../shared/format';
import { dropTarget } from '../shared/drop';
import { bolt, choices, Icon, note as noteIcon } from '../shared/icons';
import { Answers } from './answers';
import { draftOf, keepDraft, type Draft } from './drafts';
import { send, takeBack } from './outbox';
import { useSlash } from './slash';
import { get } from './state';
import { tellTyping } from './thread';
import { Attach } from '../shared/attach';
import { Staged } from '../shared/staged';
import { faults, sound, uploads } from './uploads';
import { locale, useApp, useFocusOnOpen } from './use';

export const mac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
const command = mac ? '⌘' : 'Ctrl';

let focusField: ((mode?: Draft['mode']) => void) | undefined;
/** Goes to the field, as r and n do. */
export const write = (mode?: Draft['mode']) => focusField?.(mode);

let putBack: ((id: string, text: string, note: boolean) => void) | undefined;
/** Takes an unsent message back into the field, before whatever stands there. */
export function takeBackInto(session: string, client: string) {
  const note = get().outbox.find((o) => o.client_id === client)?.note ?? false;
  const text = takeBack(client);
  if (text) putBack?.(session, text, note);
}

/** The field in which agents write: to the visitor, or a note among themselves. */
export function Reply({ id }: { id: string }) {
  const [draft, setDraft] = useState(() => draftOf(id));
  const session = useApp((s) => s.sessions.get(id));
  const may = useApp((s) => s.scopes.includes('write'));
  const area = useRef<HTMLTextAreaElement>(null);
  const closed = session?.status === 'closed';
  const [noting, setNoting] = useState(false);
  const [staged, setStaged] = useState<{ files: File[]; fault: string }>({ files: [], fault: '' });
  const [answers, setAnswers] = useState<string[] | null>(null);
  const takesFiles = useApp((s) => s.limits?.file !== 0);
  const mode = closed ? 'note' : draft.mode;
  const text = draft[mode];
  const name = firstName(session?.visitor_name ?? '');

  const update = (patch: Partial<Draft>) => setDraft((d) => {
    const next = { ...d, ...patch };
    keepDraft(id, next);
    return next;
  });
  const focus = () => area.current?.focus({ preventScroll: true });

  focusField = (wanted) => {
    if (closed) { if (wanted === 'note') setNoting(true); } else if (wanted) update({ mode: wanted });
    focus();
  };
  putBack = (session_id, lost, note) => {
    const kind = note ? 'note' : 'reply';
    const now = session_id === id ? draft : draftOf(session_id);
    const joined = { ...now, mode: kind, [kind]: now[kind] ? `${lost}\n${now[kind]}` : lost } as Draft;
    keepDraft(session_id, joined);
    if (session_id === id) { setDraft(joined); focus(); }
  };

  useFocusOnOpen(focus);
  useLayoutEffect(() => { if (noting) focus(); }, [noting]); // at once: the next key may be meant for it
  useEffect(() => () => tellTyping(id, false), [id]);
  useLayoutEffect(() => {
    const el = area.current;
    if (!el) return;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, [text, mode]);

  const slash = useSlash(area, text, session?.visitor_name ?? '', (value) => update({ [mode]: value }));
  const files = mode === 'reply' && takesFiles ? staged.files : [];
  const blank = empty.test(text) && !files.length;
  const attach = (list: File[]) => {
    if (mode !== 'reply' || !takesFiles || !list.length) return;
    setStaged((s) => ({ files: [...s.files, ...list.filter(sound)].slice(0, 10), fault: faults(list) }));
    focus();
  };
  const leaveOut = (file: File) => setStaged((s) => ({ files: s.files.filter((f) => f !== file), fault: '' }));

  function submit(thenClose = false) {
    if (blank) return;
    // A conversation that is to be closed stays open until its files have arrived: closing is left to the agent then.
    if (!empty.test(text)) {
      send(id, text.trim(), { note: mode === 'note', thenClose: thenClose && !files.length, ...(mode === 'reply' && answers?.length && { quick_replies: answers }) });
      if (mode === 'reply') setAnswers(null);
    }
    if (files.length) uploads.add(files, id);
    if (mode === 'reply') setStaged({ files: [], fault: '' });
    update({ [mode]: '' });
    setNoting(false);
    if (mode === 'reply') tellTyping(id, false);
  }

  function input(value: string) {
    update({ [mode]: value });
    slash.look();
    // A note is nobody's business but the team's: the visitor is not told that somebody writes.
    if (mode === 'reply') tellTyping(id, !empty.test(value));
  }

  function key(e: KeyboardEvent) {
    if (slash.key(e)) return;
    if (e.key !== 'Enter' || e.isComposing || e.keyCode === 229) return;
    const both = e.metaKey || e.ctrlKey;
    if (!both && (e.shiftKey || touch())) return;
    e.preventDefault();
    submit(both && mode === 'reply');
  }

  if (!may) return <p class="shut">You may read here, but not write.</p>;
  if (closed && !noting && !draft.note) {
    return <div class="shut"><span>This conversation is closed. If {name} writes again, a new one begins.</span><button class="ghost" onClick={() => setNoting(true)}>Add a note</button></div>;
  }
  return (
    <form class={`reply ${mode}`} {...dropTarget(attach)} data-drop="Drop files here" onSubmit={(e) => { e.preventDefault(); submit(); focus(); }}>
      {slash.pop}
      {closed
        ? <p class="closed-line">This conversation is closed. Only your team sees what you add.</p>
        : (
          <div class="tabs" role="radiogroup" aria-label="What to write">
            {(['reply', 'note'] as const).map((m) => (
              <label key={m} class={m === mode ? 'on' : ''}><input type="radio" class="sr" name="kind" checked={m === mode} onChange={() => update({ mode: m })} />{m === 'reply' ? 'Reply' : <><Icon of={noteIcon} />Note</>}</label>
            ))}
          </div>
        )}
      <textarea ref={area} class="txt" rows={1} dir="auto" value={text} autocomplete="off" enterkeyhint={touch() ? 'enter' : 'send'}
        placeholder={mode === 'note' ? 'Only your team sees this' : `Write to ${name}`} aria-label={mode === 'note' ? 'Note to the team' : `Reply to ${session?.visitor_name ?? ''}`}
        {...slash.aria} onSelect={slash.look} onFocus={slash.look}
        onInput={(e) => input(e.currentTarget.value)} onPaste={(e) => {
          const list = [...(e.clipboardData?.files ?? [])];
          if (list.length) { e.preventDefault(); attach(list); }
        }} onBlur={() => { slash.look(); if (mode === 'reply') tellTyping(id, false); }} onKeyDown={key} />
      {mode === 'reply' && answers && <Answers list={answers} onChange={setAnswers} onLeave={() => { if (!answers.length) setAnswers(null); focus(); }} />}
      {mode === 'reply' && (staged.files.length > 0 || staged.fault) && <Staged {...staged} locale={locale} label={(n) => `Leave out ${n}`} onRemove={leaveOut} />}
      <footer>
        {mode === 'reply' && takesFiles && <Attach label="Add a file" onFiles={attach} />}
        <button type="button" class="icon" aria-label="Saved replies" title="Saved replies (/)" onClick={slash.begin}><Icon of={bolt} /></button>
        {mode === 'reply' && <button type="button" class="icon" aria-label="Offer answers" title="Offer answers to choose from" aria-expanded={!!answers} onClick={() => { setAnswers(answers ? null : []); if (answers) focus(); }}><Icon of={choices} /></button>}
        {mode === 'reply' && <span class="hint" aria-hidden="true">{command}{mac ? '' : '+'}↵ send and close</span>}
        <button class="solid" aria-disabled={blank}>{mode === 'note' ? 'Add note' : 'Send'}</button>
      </footer>
    </form>
  );
}
