// The way in for files: the button in the composer, and the place over the field.
import { Attach } from '../shared/attach';
import { useAround, useChat } from './context';
import { part } from './part';

export const Along = part(() => import('./filespart'), (m) => m.Staging);

export function Add() {
  const { chat, t } = useAround();
  const may = useChat((s) => s.config?.features.files);
  return may ? <Attach label={t('attach')} onFiles={chat.attach} /> : null;
}
