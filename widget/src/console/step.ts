import type { Step } from '../shared/types';

/** What a line in a visitor's trail says, and what goes with it. */
export function lineOf({ name, data = {}, title, url }: Step): { text: string; more: string } {
  if (name === 'greeting_shown') return { text: `Was greeted: “${String(data.greeting)}”`, more: '' };
  if (!name) return { text: title || url, more: '' };
  return { text: name, more: Object.entries(data).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ') };
}
