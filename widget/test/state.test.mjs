import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, load } from './load.mjs';

browser();
const { initial, unseen, current, merged } = await load('panel/state.ts', 'panel/merge.ts');
const { arrange, createStore } = await load('shared/message.tsx', 'shared/store.ts');

const session = (id, more = {}) => ({ session_id: id, status: 'active', created_at: `2025-03-0${id.slice(1)}T00:00:00.000Z`, agent_seen_seq: 0, visitor_seen_seq: 0, ...more });
const message = (s, seq, more = {}) => ({ message_id: `${s}.${seq}`, session_id: s, seq, sender: 'agent', message: `${seq}`, attachments: [], ...more });
const ids = (messages) => messages.map((m) => m.message_id);

test('messages stand in the order of their conversation and seq, however often and late they come', () => {
  let state = { ...initial, ...merged(initial, [session('s2'), session('s1')], [message('s2', 2), message('s1', 1), message('s2', 1)]) };
  state = { ...state, ...merged(state, [], [message('s2', 1), message('s1', 2)]) };
  assert.deepEqual(ids(state.messages), ['s1.1', 's1.2', 's2.1', 's2.2']);
});

test('an edited message replaces the first one', () => {
  let state = { ...initial, ...merged(initial, [session('s1')], [message('s1', 1)]) };
  state = { ...state, ...merged(state, [], [message('s1', 1, { message: 'edited' })]) };
  assert.deepEqual(state.messages.map((m) => m.message), ['edited']);
});

test('a message of a conversation that is not known is left out', () => {
  assert.deepEqual(merged(initial, [], [message('s9', 1)]).messages, []);
});

test('an older form of a conversation takes nothing back', () => {
  let state = { ...initial, ...merged(initial, [session('s1', { status: 'closed', agent_seen_seq: 4, visitor_seen_seq: 3 })], []) };
  state = { ...state, ...merged(state, [session('s1', { agent_seen_seq: 1, visitor_seen_seq: 1 })], []) };
  assert.deepEqual(state.sessions.map((s) => [s.status, s.agent_seen_seq, s.visitor_seen_seq]), [['closed', 4, 3]]);
  assert.equal(current(state), undefined);
});

test('unread are the replies after the last one seen', () => {
  const state = { ...initial, ...merged(initial, [session('s1', { visitor_seen_seq: 1 })],
    [message('s1', 1), message('s1', 2, { sender: 'visitor' }), message('s1', 3), message('s1', 4, { deleted_at: 'x' }), message('s1', 5, { sender: 'bot' })]) };
  assert.deepEqual(ids(unseen(state)), ['s1.3', 's1.5']);
});

test('groups are neighbours of one writer, close in time, on one day', () => {
  const at = (minute) => new Date(2025, 2, 24, 23, 50 + minute);
  const shape = (items) => arrange(items.map(([who, minute]) => ({ who, at: at(minute) })))
    .map((p) => (p.newDay ? 'D' : '') + (p.first ? 'f' : '') + (p.last ? 'l' : '')).join(' ');
  assert.equal(shape([['a', 0], ['a', 1], ['a', 2], ['b', 3], ['a', 4]]), 'Df  l fl fl');
  assert.equal(shape([['a', 0], ['a', 5]]), 'Dfl fl');
  assert.equal(shape([['a', 9], ['a', 11]]), 'Dfl Dfl'); // midnight is between them
});

test('a store tells of changes only', () => {
  const store = createStore({ a: 1, b: 2 });
  let told = 0;
  const stop = store.subscribe(() => told++);
  store.set({ a: 1 });
  store.set(({ b }) => ({ b }));
  assert.equal(told, 0);
  store.set({ a: 3 });
  assert.equal(told, 1);
  stop();
  store.set({ a: 4 });
  assert.equal(told, 1);
  assert.deepEqual(store.get(), { a: 4, b: 2 });
});
