import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { characters, empty } from '../shared/composer';
import { cross, Icon } from '../shared/icons';
import { Parts } from '../shared/message';
import { useStore } from '../shared/store';
import { markdown } from '../shared/text';
import type { Ask } from '../shared/types';
import { agreement, asked } from './asks';
import { useAround, useChat } from './context';
import css from './form.css';
import { words } from './formwords';
import { dresser } from './part';
import { addWords, type Key } from './strings';

addWords(words);
export const dress = dresser(css);

/** Which department it is for. */
function Choice({ wrong, ask, names, field }: { wrong?: string | undefined; ask: Ask; names: string[]; field: { current: HTMLSelectElement | null } }) {
  const { t } = useAround();
  return (
    <div class="field">
      <label for="peal-department">{t('department')}{ask === 'optional' && <small> {t('optional')}</small>}</label>
      <select id="peal-department" class="in" name="department" ref={field} required={ask === 'required'} aria-invalid={!!wrong} aria-describedby={wrong && 'peal-department-wrong'}>
        <option value="">{ask === 'required' ? t('choose') : '–'}</option>
        {names.map((name) => <option value={name}>{name}</option>)}
      </select>
      {wrong && <p class="wrong" id="peal-department-wrong" role="alert">{wrong}</p>}
    </div>
  );
}

interface FieldProps { id: string; label: string; wrong?: string | undefined; ask: Ask; type: 'text' | 'email'; name: string; max: number; field: { current: HTMLInputElement | null } }

/** What a visitor is asked before their first message, and the message itself: in place of the composer. */
export function Form() {
  const { chat, t } = useAround();
  const state = useChat((s) => s);
  const { text, topic } = useStore(chat.draft, (s) => s);
  const [wrong, setWrong] = useState<Partial<Record<'name' | 'email' | 'department' | 'message', Key>>>({});
  const name = useRef<HTMLInputElement>(null);
  const email = useRef<HTMLInputElement>(null);
  const choice = useRef<HTMLSelectElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const ask = asked(state);
  const { config, online, refusedField } = state;
  if (!ask || !config) return null;

  function submit() {
    const found: typeof wrong = {};
    const over = characters(text) > config!.limits.message;
    if (ask!.name === 'required' && !name.current?.value.trim()) found.name = 'nameMissing';
    if (ask!.email === 'required' && !email.current?.value.trim()) found.email = 'emailMissing';
    else if (email.current?.validity.typeMismatch) found.email = 'emailWrong';
    if (ask!.department === 'required' && !choice.current?.value) found.department = 'departmentMissing';
    if (over) found.message = 'tooLong';
    else if (!topic && empty.test(text)) found.message = 'messageMissing';
    setWrong(found);
    const first = found.name ? name : found.email ? email : found.department ? choice : found.message ? area : undefined;
    if (first) return first.current?.focus();
    chat.send({ visitor_name: name.current?.value.trim() || undefined, visitor_email: email.current?.value.trim() || undefined, department: choice.current?.value || undefined });
  }

  const said = (key?: Key) => key && t(key);
  return (
    <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); submit(); }}>
      {ask.name !== 'off' && <Field id="peal-name" field={name} ask={ask.name} label={t('yourName')} type="text" name="name" max={200}
        wrong={said(wrong.name ?? (refusedField === 'visitor_name' ? 'nameMissing' : undefined))} />}
      {ask.email !== 'off' && <Field id="peal-email" field={email} ask={ask.email} label={t('email')} type="email" name="email" max={254}
        wrong={said(wrong.email ?? (refusedField === 'visitor_email' ? 'emailWrong' : undefined))} />}
      {ask.department !== 'off' && <Choice field={choice} ask={ask.department} names={config.departments}
        wrong={said(wrong.department ?? (refusedField === 'department' ? 'departmentMissing' : undefined))} />}
      <div class="field">
        <label for="peal-text">{t('message')}</label>
        {topic && (
          <div class="topic"><span dir="auto">{t('about', { topic })}</span>
            <button type="button" class="icon" aria-label={t('removeTopic')} onClick={() => { chat.setTopic(''); area.current?.focus(); }}><Icon of={cross} /></button></div>
        )}
        <textarea id="peal-text" class="in tall" ref={area} rows={3} value={text} dir={text ? 'auto' : undefined} placeholder={t('write')} autocomplete="off"
          aria-invalid={!!wrong.message} aria-describedby={wrong.message && 'peal-text-wrong'} onInput={(e) => chat.write(e.currentTarget.value)} />
        {wrong.message && <p class="wrong" id="peal-text-wrong" role="alert">{t(wrong.message)}</p>}
      </div>
      <button class="btn">{t(online ? 'startChat' : 'leave')}</button>
      {config.pre_chat.consent ? <Agreement field="button" /> : ask.email !== 'off' && <p class="fine" dir="auto">{t('onlyReply')}</p>}
    </form>
  );
}

/** What the visitor agrees to by sending: under what they send with, and said along with it. */
export function Agreement({ field }: { field: string }) {
  const { host } = useAround();
  const text = useChat(agreement);
  const changed = useChat((s) => s.refusedField === 'consent');
  const line = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const described = (field === 'button' ? line.current?.previousElementSibling : host.root.querySelector(field));
    described?.setAttribute('aria-describedby', 'peal-consent');
    return () => described?.removeAttribute('aria-describedby');
  }, [!text]);
  return text ? <div class="fine" id="peal-consent" dir="auto" ref={line} role={changed ? 'alert' : undefined}><Parts of={markdown(text)} /></div> : null;
}

function Field({ id, label, wrong, ask, type, name, max, field }: FieldProps) {
  const { t } = useAround();
  const rest = { id, ref: field, class: 'in', name, maxLength: max, dir: 'auto' as const, required: ask === 'required', 'aria-invalid': !!wrong, 'aria-describedby': wrong && `${id}-wrong` };
  return (
    <div class="field">
      <label for={id}>{label}{ask === 'optional' && <small> {t('optional')}</small>}</label>
      {type === 'email' ? <input type="email" autocomplete="email" {...rest} /> : <input type="text" autocomplete="name" {...rest} />}
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{wrong}</p>}
    </div>
  );
}
