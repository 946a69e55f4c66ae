// What is being written, kept per conversation in this tab.
import { tab } from './server';

export interface Draft { reply: string; note: string; mode: 'reply' | 'note' }

const none: Draft = { reply: '', note: '', mode: 'reply' };

export const draftOf = (id: string): Draft => ({ ...none, ...tab.get<Partial<Draft>>(`draft:${id}`, {}) });

export function keepDraft(id: string, draft: Draft) {
  tab.put(`draft:${id}`, draft.reply || draft.note || draft.mode === 'note' ? draft : undefined);
}
