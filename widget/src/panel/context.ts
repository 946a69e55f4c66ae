import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Host } from '../shared/bridge';
import { useStore } from '../shared/store';
import type { Values } from '../shared/i18n';
import type { Chat } from './chat';
import type { State } from './state';
import type { Key } from './strings';

export interface Surroundings {
  host: Host;
  chat: Chat;
  t(key: Key, values?: Values): string;
  /** For dates and numbers. */
  locale: string;
}

export const Around = createContext<Surroundings>(null as unknown as Surroundings);
export const useAround = () => useContext(Around);

/** A part of the state. */
export function useChat<T>(select: (state: State) => T): T {
  return useStore(useAround().chat.store, select);
}
