// Who answers somebody whom nobody has, has them from then on: else two would think that the other one does.
import { APIError } from '../shared/api';
import type { Session } from '../shared/types';
import { absorb, loadCounts, readSession } from './lists';
import { api } from './server';
import { get } from './state';

/** Takes a conversation that nobody has for whoever answers in it. Answers who has it instead, if somebody was faster. */
export async function takeToAnswer(id: string, keepalive = false): Promise<string | undefined> {
  const session = get().sessions.get(id) ?? await readSession(id);
  if (session.assignee_id || session.status === 'closed') return undefined;
  try {
    absorb([await api<Session>('POST', `/sessions/${encodeURIComponent(id)}/claim`, undefined, { keepalive })]);
    void loadCounts();
    return undefined;
  } catch (err) {
    if (!(err instanceof APIError) || err.code !== 'already_claimed') throw err;
    return (await readSession(id)).assignee_name;
  }
}
