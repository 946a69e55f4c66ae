// The settings as they are on the server, and as they are being changed here. A change survives a look at another page.
import { APIError } from '../../shared/api';
import { createStore, useStore } from '../../shared/store';
import type { Ask } from '../../shared/types';
import { api, words } from '../server';
import { get as getApp, say, set as setApp } from '../state';

export interface Interval { from: string; to: string }
export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = typeof weekdays[number];

/** What has an age after which it goes, in days; 0 keeps it. */
export type Kept = 'closed_sessions_days' | 'page_views_days' | 'visitors_days' | 'files_days' | 'deliveries_days';

/** When a greeting is shown: see Conditions in the document of the API. */
export interface Conditions {
  page?: string | undefined;
  referrer?: string | undefined;
  seconds_on_page?: number | undefined;
  pages_seen?: number | undefined;
  returning?: boolean | undefined;
  custom_data?: Record<string, unknown> | undefined;
  agents_available?: boolean | undefined;
  within_hours?: boolean | undefined;
}

export interface Trigger {
  trigger_id: string;
  name: string;
  enabled: boolean;
  message: string;
  conditions: Conditions;
}

export interface OpeningHours { enabled: boolean; time_zone: string; weekly: Record<Weekday, Interval[]>; holidays: string[] }

export interface Routing {
  mode: 'manual' | 'round_robin';
  capacity: number; // 0: no limit
  sticky: boolean;
  nobody: 'wait' | 'anyone';
  /** Minutes; 0 is never. */
  return_after_minutes: number;
  auto_close_minutes: number;
  missed_after_minutes: number;
}

export interface Settings {
  name: string;
  greeting: string;
  topics: string[];
  color: string;
  reply_promise: string;
  pre_chat: { visitor_name: Ask; visitor_email: Ask; department: Ask; consent: string };
  away: { message: string; visitor_email: Ask };
  hours: OpeningHours;
  routing: Routing;
  typing_preview: boolean;
  retention: Record<Kept, number>;
  triggers: Trigger[];
  version: number;
}

interface State {
  saved?: Settings;
  draft?: Settings;
  state: 'loading' | 'ready' | 'saving' | 'failed';
  /** What the server said is wrong, and with which field. */
  error: string;
  field: string;
  /** Somebody else has saved since these were read. */
  overtaken: boolean;
}

const initial: State = { state: 'loading', error: '', field: '', overtaken: false };
const store = createStore<State>(initial);
const { get, set } = store;
export const useSettings = <T>(select: (state: State) => T): T => useStore(store, select);

export const changed = (s: State) => !!s.draft && JSON.stringify(s.draft) !== JSON.stringify(s.saved);

/** Reads the settings, unless some that were changed here stand unsaved. */
export async function load(afresh = false) {
  if (!afresh && changed(get())) return;
  set({ ...initial, ...(afresh || !get().saved ? {} : { saved: get().saved!, draft: get().saved!, state: 'ready' as const }) });
  try {
    const saved = await api<Settings>('GET', '/settings');
    if (!changed(get()) || afresh) set({ saved, draft: saved, state: 'ready' });
  } catch (err) {
    if (!get().draft) set({ state: 'failed', error: words(err) });
  }
}

export const edit = (patch: Partial<Settings>) => set(({ draft }) => (draft ? { draft: { ...draft, ...patch }, error: '', field: '' } : {}));
export const discard = () => set(({ saved }) => (saved ? { draft: saved, error: '', field: '', overtaken: false } : {}));

/** Topics that were left empty are none. */
const tidy = (draft: Settings): Settings => ({ ...draft, topics: draft.topics.map((t) => t.trim()).filter(Boolean) });

export async function save(): Promise<void> {
  const { draft, state } = get();
  if (!draft || state === 'saving') return;
  set({ state: 'saving', error: '', field: '', overtaken: false });
  try {
    const saved = await api<Settings>('PUT', '/settings', tidy(draft));
    set({ saved, draft: saved, state: 'ready' });
    setApp({ brand: saved.name || getApp().brand });
    say({ text: 'Saved. New visitors see it at once.' });
  } catch (err) {
    const known = err instanceof APIError ? err : undefined;
    set({ state: 'ready', error: words(err), field: known?.field ?? '', overtaken: known?.status === 412 });
  }
}

/** The server's sentence without the field's name in it, which says nothing to a person. */
export const plainly = (error: string, field: string) => {
  const rest = field && error.startsWith(`${field} `) ? error.slice(field.length + 1) : error;
  return rest === error ? error : `This ${rest}`;
};
