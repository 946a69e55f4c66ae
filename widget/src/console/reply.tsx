import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Attach } from '../shared/attach';
import { characters, empty, touch } from '../shared/composer';
import { firstName } from '../shared/format';
import { dropTarget } from '../shared/drop';
import { bolt, choices, Icon, note as noteIcon, smile } from '../shared/icons';
import { Staged } from '../shared/staged';
import { Answers } from './answers';
import { Ask } from './ask';
import { lastOwn } from './changing';
import { copyText } from './copying';
import { knownOf, wouldCross } from './crossing';
import { draftOf, keepDraft, openDraft, pushDrafts, syncDraft, whenPutBack, type Draft } from './drafts';
import { dropField, mac, setField, type Field } from './field';
import { useGrowing } from './growing';
import { send, undoable } from './outbox';
import { mentioned, useSources } from './sources';
import { get, set } from './state';
import { useSuggest } from './suggest';
import { tellTyping } from './thread';
import { faults, sound, uploads } from './uploads';
import { locale, useApp, useFocusOnOpen } from './use';
import { t } from './words';


/** The field in which agents write: to the visitor, or a note among themselves. */
export function Reply({ id }: { id: string }) {
  const [draft, setDraft] = useState<Draft>(() => openDraft(id));
  const session = useApp((s) => s.sessions.get(id));
  const may = useApp((s) => s.scopes.includes('write'));
  const prefs = useApp((s) => s.prefs);
  const crossing = useApp((s) => (s.crossing?.session_id === id ? s.crossing : undefined));
  const most = useApp((s) => s.limits?.message ?? 4000);
  const area = useRef<HTMLTextAreaElement>(null);
  const mine = useRef<Field | undefined>(undefined);
  const caret = useRef<number | undefined>(undefined); // where it goes when the text that was put in is there
  const closed = session?.status === 'closed';
  const [noting, setNoting] = useState(false);
  const [staged, setStaged] = useState<{ files: File[]; fault: string }>({ files: [], fault: '' });
  const [answers, setAnswers] = useState<string[] | null>(null);
  const takesFiles = useApp((s) => s.limits?.file !== 0);
  // A reply that was being written when the conversation was closed stays in sight: nothing that was written just goes.
  const stranded = closed && !noting && !draft.note && !empty.test(draft.reply);
  const mode = stranded ? 'reply' : closed ? 'note' : draft.mode;
  const text = draft[mode];
  const name = firstName(session?.visitor_name ?? '');
  // What there was when the reply was begun: what a colleague does after it, its writer may not have noticed.
  const began = useRef(knownOf(id));
  const asked = useRef(0); // when it was last asked whether to send all the same

  const update = (patch: Partial<Draft>) => setDraft((d) => {
    const next = { ...d, ...patch };
    if (!d.reply && next.reply) began.current = knownOf(id);
    keepDraft(id, next);
    return next;
  });
  const focus = () => area.current?.focus({ preventScroll: true });

  mine.current = {
    focus(wanted) {
      if (closed) { if (wanted === 'note') setNoting(true); } else if (wanted) update({ mode: wanted });
      focus();
    },
    insert(more) {
      if (closed) setNoting(true);
      update({ [mode]: `${more}${text}` });
      focus();
      caret.current = more.length;
    },
  };
  setField(mine.current);
  whenPutBack((changed, go, offered) => {
    if (changed !== id) return;
    if (offered?.length) setAnswers(offered);
    setDraft((d) => ({ ...draftOf(id), ...(!go && { mode: d.mode }) }));
    if (go) focus();
  });
  useLayoutEffect(() => { if (crossing) asked.current = Date.now(); }, [crossing]);

  useFocusOnOpen(focus);
  useLayoutEffect(() => { if (noting) focus(); }, [noting]); // at once: the next key may be meant for it
  useEffect(() => {
    void syncDraft(id).then((fresh) => { if (fresh) setDraft((d) => ({ ...draftOf(id), mode: d.mode })); }); // what is being written never becomes something else
    return () => {
      dropField(mine.current);
      tellTyping(id, false);
      pushDrafts();
      if (get().crossing?.session_id === id) set({ crossing: undefined });
    };
  }, [id]);
  useLayoutEffect(() => {
    if (caret.current !== undefined) area.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text]);
  useGrowing(area, text, mode);

  const offered = useSuggest(area, text, useSources(session?.visitor_name ?? '', mode === 'note'), (value) => update({ [mode]: value }));
  const files = mode === 'reply' && takesFiles ? staged.files : [];
  const over = characters(text.trim()) - most;
  const blank = (empty.test(text) && !files.length) || over > 0;
  const attach = (list: File[]) => {
    if (mode !== 'reply' || !takesFiles || !list.length) return;
    setStaged((s) => ({ files: [...s.files, ...list.filter(sound)].slice(0, 10), fault: faults(list) }));
    focus();
  };
  const leaveOut = (file: File) => setStaged((s) => ({ files: s.files.filter((f) => f !== file), fault: '' }));

  /** `anyway`: the question whether to cross a colleague's reply has been answered. */
  function submit(thenClose = false, anyway = false) {
    if (blank || stranded) return;
    const note = mode === 'note';
    const again = crossing && Date.now() - asked.current > 600; // not the second half of a double press
    if (!note && !anyway && !again && !empty.test(text)) {
      const question = crossing ?? wouldCross(id, began.current);
      if (question) {
        set({ crossing: { ...question, ...(thenClose && { thenClose }) } });
        return;
      }
    }
    if (!note) set({ crossing: undefined });
    // A conversation that is to be closed stays open until its files have arrived: closing is left to the agent then.
    if (!empty.test(text)) {
      const { seq } = anyway || again ? knownOf(id) : began.current;
      send(id, text.trim(), { note, thenClose: thenClose && !files.length, ...(note ? { mentions: mentioned(text, get().agents) } : { after_seq: seq, ...(answers?.length && { quick_replies: answers }) }) });
      if (!note) setAnswers(null);
    }
    if (files.length) uploads.add(files, id);
    if (!note) setStaged({ files: [], fault: '' });
    update({ [mode]: '' });
    setNoting(false);
    if (!note && !undoable(id)) tellTyping(id, false); // while it is held, the visitor still sees that somebody writes
  }

  function input(value: string) {
    update({ [mode]: value });
    offered.look();
    // A note is nobody's business but the team's: the visitor is not told that somebody writes.
    if (mode === 'reply') tellTyping(id, !empty.test(value));
  }

  function key(e: KeyboardEvent) {
    if (offered.key(e)) return;
    if (e.key === 'ArrowUp' && !text && !e.shiftKey && !e.altKey && !e.metaKey && !e.ctrlKey) {
      const last = lastOwn(id, mode === 'note');
      if (last) { e.preventDefault(); set({ editing: last.message_id }); return; }
    }
    if (e.key !== 'Enter' || e.isComposing || e.keyCode === 229) return;
    const command = e.metaKey || e.ctrlKey;
    if (!command && (e.shiftKey || touch() || !prefs.enterSends)) return;
    e.preventDefault();
    submit(command && e.shiftKey && mode === 'reply');
  }

  if (!may) return <p class="shut">{t('readOnly')}</p>;
  if (closed && !stranded && !noting && !draft.note) {
    return <div class="shut"><span>{t('closedShut', { name })}</span><button class="ghost" onClick={() => setNoting(true)}>{t('addANote')}</button></div>;
  }
  return (
    <form class={`reply ${mode}`} {...dropTarget(attach)} data-drop={t('dropFiles')} onSubmit={(e) => { e.preventDefault(); submit(); focus(); }}>
      {offered.pop}
      {crossing && mode === 'reply' && (
        <Ask crossing={crossing} onSend={() => { submit(crossing.thenClose, true); focus(); }}
          onKeep={() => { began.current = knownOf(id); set({ crossing: undefined }); focus(); }} />
      )}
      {closed
        ? <p class="closed-line" role="status">{t(stranded ? 'stranded' : 'closedLine')}</p>
        : (
          <div class="tabs" role="radiogroup" aria-label={t('whatToWrite')}>
            {(['reply', 'note'] as const).map((m) => (
              <label key={m} class={m === mode ? 'on' : ''}><input type="radio" class="sr" name="kind" checked={m === mode} onChange={() => update({ mode: m })} />{m === 'reply' ? t('reply') : <><Icon of={noteIcon} />{t('note')}</>}{m !== mode && draft[m].trim() && <i class="unsent" title={t('notSentYet')}><span class="sr">, {t('notSentYet')}</span></i>}</label>
            ))}
          </div>
        )}
      <textarea ref={area} class="txt" rows={1} dir="auto" value={text} readOnly={stranded} autocomplete="off" enterkeyhint={touch() ? 'enter' : 'send'}
        placeholder={mode === 'note' ? t('noteHint') : t('replyHint', { name })} aria-label={mode === 'note' ? t('noteLabel') : t('replyLabel', { name: session?.visitor_name ?? '' })}
        aria-invalid={over > 0} {...offered.aria} onSelect={offered.look} onFocus={offered.look}
        onInput={(e) => input(e.currentTarget.value)} onPaste={(e) => {
          const list = [...(e.clipboardData?.files ?? [])];
          if (list.length) { e.preventDefault(); attach(list); }
        }} onBlur={() => { offered.look(); if (mode === 'reply' && !undoable(id)) tellTyping(id, false); }} onKeyDown={key} />
      {over > 0 && <p class="over" role="status">{t('tooLong', { n: over })}</p>}
      {mode === 'reply' && answers && <Answers list={answers} onChange={setAnswers} onLeave={() => { if (!answers.length) setAnswers(null); focus(); }} />}
      {mode === 'reply' && (staged.files.length > 0 || staged.fault) && <Staged {...staged} locale={locale} label={(n) => t('leaveOut', { name: n })} onRemove={leaveOut} />}
      {stranded ? (
        <footer>
          <button type="button" class="ghost push" onClick={() => copyText(text)}>{t('copyText')}</button>
          <button type="button" class="solid" onClick={() => { setNoting(true); update({ mode: 'note', reply: '', note: text }); }}>{t('asNote')}</button>
        </footer>
      ) : <footer>
        {mode === 'reply' && takesFiles && <Attach label={t('addFile')} onFiles={attach} />}
        <button type="button" class="icon" aria-label={t('emoji')} title={`${t('emoji')} (:)`} onClick={() => offered.begin(':')}><Icon of={smile} /></button>
        <button type="button" class="icon" aria-label={t('savedReplies')} title={`${t('savedReplies')} (/)`} onClick={() => offered.begin('/')}><Icon of={bolt} /></button>
        {mode === 'reply' && <button type="button" class="icon" aria-label={t('offerAnswers')} title={t('offerAnswers')} aria-expanded={!!answers} onClick={() => { setAnswers(answers ? null : []); if (answers) focus(); }}><Icon of={choices} /></button>}
        {mode === 'reply' ? <span class="hint" aria-hidden="true">{t('sendAndClose', { keys: mac ? '⌘⇧↵' : 'Ctrl ⇧ ↵' })}</span> : !closed && <span class="hint seen">{t('noteSeen')}</span>}
        <button class="solid" aria-disabled={blank}>{mode === 'note' ? t('addNote') : t('send')}</button>
      </footer>}
    </form>
  );
}
