import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null }, location: { href: 'https://shop.example/chat/console/', hash: '' } });
const { Known, rows, unreadCount, fresh, inView, activity, byActivity } = await load('console/known.ts', 'console/lists.ts', 'console/state.ts', 'console/model.ts');

test('a state tells what has changed since an earlier one', () => {
  const first = new Known([['a', 1], ['b', 2]]);
  const second = first.with(['a', 3]), third = second.with(['c', 4], ['b', undefined]);
  assert.notEqual(first, second);
  assert.deepEqual([...third.since(first)], ['a', 'c', 'b']);
  assert.deepEqual([...third.since(second)], ['c', 'b']);
  assert.deepEqual([...third.since(third)], []);
  assert.equal(new Known([['a', 1]]).since(first), undefined); // nothing in common
  assert.deepEqual([...third], [['a', 3], ['c', 4]]);
  assert.deepEqual([third.get('a'), third.has('b'), third.size], [3, false, 2]);
});

test('what has changed is not remembered without end', () => {
  let state = new Known();
  const first = state;
  for (let i = 0; i < 30_000; i++) state = state.with(['a', i]);
  assert.equal(state.since(first), undefined);
  assert.equal(state.get('a'), 29_999);
  assert.deepEqual([...state.with(['b', 1]).since(state)], ['b']);
});

/** Numbers that look random and are the same every time. */
function dice(seed) {
  return (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; };
}

test('rows and the count of what is unread are the same as if all were sorted and counted anew', () => {
  const roll = dice(7);
  const one = (id) => ({
    session_id: `s${id}`, status: ['active', 'active', 'active', 'closed'][roll(4)], tags: [], assignee_id: [undefined, 'me', 'bo'][roll(3)], unread: roll(2),
    snoozed_until: roll(5) ? undefined : 'reply', created_at: '2026-01-01', last_message: { timestamp: String(1000 + roll(400)) }, closed_at: String(1000 + roll(400)),
  });
  let state = { ...fresh(), kept: new Set(), me: { agent_id: 'me' }, view: 'open', sessions: new Known(Array.from({ length: 300 }, (_, i) => [`s${i}`, one(i)])) };
  let moved = 0;
  for (let i = 0; i < 2000; i++) {
    const was = rows(state);
    const changes = Array.from({ length: [1, 1, 2, 150][roll(4)] }, () => { const id = roll(320); return [`s${id}`, roll(8) ? one(id) : undefined]; });
    state = { ...state, sessions: state.sessions.with(...changes) };
    if (!roll(40)) state = { ...state, view: ['mine', 'open', 'closed', 'unassigned'][roll(4)] };
    if (!roll(60)) state = { ...state, pages: { ...state.pages, [state.view]: { ...state.pages[state.view], frontier: roll(2) ? String(1000 + roll(300)) : '' } } };
    if (!roll(60)) state = { ...state, kept: new Set([`s${roll(320)}`]) };
    const { frontier } = state.pages[state.view];
    const want = [...state.sessions.values()].filter((s) => inView(s, state.view, 'me', {}) && activity(s) >= frontier).sort(byActivity);
    assert.deepEqual(rows(state), want, `after ${i} changes`);
    if (rows(state) !== was) moved++;
    assert.equal(unreadCount(state), [...state.sessions.values()].filter((s) => (s.unread || state.kept.has(s.session_id)) && s.status === 'active' && !s.snoozed_until && s.assignee_id !== 'bo').length);
  }
  assert.ok(moved > 500 && moved < 2000, `${moved} times another list`); // what changes nothing in the list draws nothing
});
