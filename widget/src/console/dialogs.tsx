import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { cross, Icon } from '../shared/icons';
import { adopt } from '../shared/styles';
import { commands, keysOf } from './commands';
import css from './dialogs.css';
import { mac } from './field';
import { setKeys } from './keys';
import { askToNotify, canNotify, chime, stopNotifying } from './notify';
import { setPrefs } from './prefs';
import { canPush } from './push';
import { set } from './state';
import { useApp } from './use';
import { t, type Word } from './words';

adopt(document, css);

function Dialog({ title, onClose, children }: { title: Word; onClose(): void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => from?.focus();
  }, []);
  return (
    <dialog ref={box} class="help-box" aria-labelledby="dialog-title" onClose={onClose} onClick={(e) => { if (e.target === box.current) onClose(); }}>
      <div class="inside">
        <header><h2 id="dialog-title">{t(title)}</h2><button class="icon" aria-label={t('close')} onClick={onClose}><Icon of={cross} /></button></header>
        {children}
      </div>
    </dialog>
  );
}

/** Every key. Single keys can be turned off for those whom they get in the way of. */
export function Help() {
  const on = useApp((s) => s.keysOn);
  const enterSends = useApp((s) => s.prefs.enterSends);
  const command = mac ? '⌘' : 'Ctrl';
  const rows = commands.map((c) => [t(c.name), keysOf(c)] as const).filter(([, keys]) => keys.length > 0);
  const writing: [Word, string[]][] = [
    ['send', enterSends ? ['Enter'] : [command, 'Enter']], ['newLine', enterSends ? ['Shift', 'Enter'] : ['Enter']],
    ['keySendClose', [command, 'Shift', 'Enter']], ['offerSaved', ['/']], ['offerEmoji', [':']], ['keyMention', ['@']], ['keyEditLast', ['↑']], ['keyBack', ['Esc']],
  ];
  return (
    <Dialog title="keysTitle" onClose={() => set({ helpOpen: false })}>
      <dl class={on ? '' : 'off'}>{rows.map(([name, keys]) => <Line key={name} name={name} keys={keys} />)}</dl>
      <h3>{t('anywhere')}</h3>
      <dl><Line name={t('findOrDo')} keys={[command, 'K']} /></dl>
      <h3>{t('whileWriting')}</h3>
      <dl>{writing.map(([name, keys]) => <Line key={name} name={t(name)} keys={keys} />)}</dl>
      <label class="switch"><input type="checkbox" checked={on} onChange={(e) => setKeys(e.currentTarget.checked)} />{t('singleKeys')}</label>
    </Dialog>
  );
}

const Line = ({ name, keys }: { name: string; keys: string[] }) => <div><dt>{name}</dt><dd>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</dd></div>;

/** How whoever is here likes to work. */
export function Preferences() {
  const prefs = useApp((s) => s.prefs);
  const keys = useApp((s) => s.keysOn);
  const allowed = canNotify();
  const box = (name: 'undo' | 'enterSends' | 'sound' | 'soundInFront', label: Word, help?: Word, disabled = false) => (
    <label class="pref"><input type="checkbox" checked={prefs[name]} disabled={disabled} onChange={(e) => { setPrefs({ [name]: e.currentTarget.checked }); if (name === 'sound' && e.currentTarget.checked) chime(); }} />
      <span>{t(label)}{help && <small>{t(help)}</small>}</span></label>
  );
  return (
    <Dialog title="prefsTitle" onClose={() => set({ prefsOpen: false })}>
      <p class="said">{t('prefsLead')}</p>
      <h3>{t('whileWriting')}</h3>
      {box('undo', 'prefUndo', 'prefUndoHelp')}
      {box('enterSends', 'prefEnter', 'prefEnterHelp')}
      <label class="pref"><input type="checkbox" checked={keys} onChange={(e) => setKeys(e.currentTarget.checked)} /><span>{t('singleKeys')}</span></label>
      <h3>{t('prefNews')}</h3>
      {box('sound', 'prefSound', 'prefSoundHelp')}
      {box('soundInFront', 'prefSoundInFront', undefined, !prefs.sound)}
      <div class="pref">
        {prefs.notify && allowed === 'granted'
          ? <button class="ghost" onClick={stopNotifying}>{t('notifyOff')}</button>
          : <button class="ghost" disabled={allowed === 'denied' || allowed === 'missing'} onClick={() => void askToNotify()}>{t('notifyOn')}</button>}
        <span><small>{t(allowed === 'denied' ? 'notifyDenied' : allowed === 'missing' ? 'notifyMissing' : canPush() ? 'pushHelp' : 'notifyHelp')}</small></span>
      </div>
    </Dialog>
  );
}
