import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

process.env.TZ = 'Europe/Lisbon';
const { choices } = await load('console/inbox/times.ts');
const { inView } = await load('console/model.ts');

const labels = (when) => choices(new Date(when)).map((c) => c.label);

test('what is offered lies ahead', () => {
  assert.deepEqual(labels('2026-06-10T09:30'), ['In an hour', 'This afternoon', 'Tomorrow', 'Monday', 'When they reply']); // a Wednesday
  assert.deepEqual(labels('2026-06-10T15:30'), ['In an hour', 'This evening', 'Tomorrow', 'Monday', 'When they reply']);
  assert.deepEqual(labels('2026-06-14T23:59'), ['In an hour', 'Tomorrow', 'When they reply']); // a Sunday: tomorrow is Monday
  for (let hour = 0; hour < 24 * 7; hour++) {
    const now = new Date(2026, 5, 8, hour, 45);
    for (const { at } of choices(now)) if (at) assert.ok(at > now, `${at} after ${now}`);
  }
});

test('nine stays nine when the clocks change', () => {
  const before = new Date('2026-03-28T20:00'); // they go forward in the night
  assert.equal(choices(before).find((c) => c.label === 'Tomorrow').until, '2026-03-29T08:00:00.000Z');
  assert.equal(choices(new Date('2026-03-27T20:00')).find((c) => c.label === 'Tomorrow').until, '2026-03-28T09:00:00.000Z');
  assert.equal(choices(before).find((c) => c.label === 'In an hour').until, '2026-03-28T21:00:00.000Z');
  assert.equal(choices(new Date('2026-10-23T10:00')).find((c) => c.label === 'Monday').until, '2026-10-26T09:00:00.000Z');
});

const session = (patch) => ({ status: 'active', tags: [], ...patch });

test('what is put off stands under Later only', () => {
  const put = session({ assignee_id: 'ada', snoozed_until: 'reply' });
  assert.deepEqual(['mine', 'unassigned', 'open', 'later', 'closed'].filter((v) => inView(put, v, 'ada')), ['later']);
  assert.equal(inView(put, 'later', 'bo'), false);
  assert.equal(inView(put, 'later', 'bo', { agent: 'any' }), true);
  assert.equal(inView(put, 'later', 'bo', { agent: 'ada' }), true);
});

test('a filter narrows each list', () => {
  const s = session({ assignee_id: 'ada', department: 'Orders', tags: ['late'], source: 'shop' });
  for (const [filter, want] of [
    [{}, true], [{ department: 'Orders' }, true], [{ department: 'Care' }, false], [{ tag: 'late' }, true], [{ tag: 'early' }, false],
    [{ source: 'shop', tag: 'late' }, true], [{ source: 'api' }, false], [{ agent: 'ada' }, true], [{ agent: 'bo' }, false], [{ agent: 'none' }, false],
  ]) assert.equal(inView(s, 'open', 'ada', filter), want, JSON.stringify(filter));
  assert.equal(inView(s, 'mine', 'ada', { agent: 'bo' }), true, 'whose it is goes without saying there');
  assert.equal(inView(session({}), 'open', 'ada', { agent: 'none' }), true);
});
