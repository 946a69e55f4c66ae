import { say } from './state';
import { t } from './words';

/** Puts a text where it can be pasted from. Pages that are not served securely have no clipboard. */
export function copyText(text: string) {
  const refused = () => say({ text: t('notCopied'), bad: true });
  if (!navigator.clipboard) return refused();
  navigator.clipboard.writeText(text).then(() => say({ text: t('copied') }, 2000), refused);
}
