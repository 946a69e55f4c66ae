import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null }, location: { href: 'https://shop.example/chat/console/' } });
const { begun, known, opening, place, remark } = await load('console/history.ts');

const at = (day, hour, minute = 0) => new Date(2026, 2, day, hour, minute).toISOString();
const ada = { by: 'agent', by_id: 'ada', by_name: 'Ada Brandt' };
const bo = { agent_id: 'bo', agent_name: 'Bo Reis' };

test('every entry is said in words, to whoever reads it', () => {
  const timestamp = at(4, 10);
  for (const [entry, me, want] of [
    [{ action: 'assigned', ...ada, agent_id: 'ada', agent_name: 'Ada Brandt' }, 'bo', 'Ada took it'],
    [{ action: 'assigned', ...ada, agent_id: 'ada', agent_name: 'Ada Brandt' }, 'ada', 'You took it'],
    [{ action: 'assigned', ...ada, ...bo }, 'bo', 'Ada assigned it to you'],
    [{ action: 'assigned', ...ada, ...bo }, 'ada', 'You assigned it to Bo'],
    [{ action: 'assigned', by: 'api_key', by_id: 'k', by_name: 'Bookings', ...bo }, 'ada', 'Bookings assigned it to Bo'],
    [{ action: 'assigned', by: 'system', ...bo }, 'ada', 'Assigned to Bo by rotation'],
    [{ action: 'assigned', ...bo }, 'ada', 'Assigned to Bo'],
    [{ action: 'released', ...ada, agent_id: 'ada', agent_name: 'Ada Brandt' }, 'bo', 'Ada gave it back'],
    [{ action: 'released', ...ada, ...bo }, 'bo', 'Ada took it from you'],
    [{ action: 'released', by: 'system', ...bo }, 'bo', 'You did not answer, so it waits for anyone again'],
    [{ action: 'transferred', ...ada, department: 'Billing' }, 'bo', 'Ada passed it on to Billing'],
    [{ action: 'transferred', by: 'host' }, 'bo', 'A program took it out of its department'],
    [{ action: 'snoozed', ...ada, until: at(4, 15) }, 'ada', 'You put it off until 15:00'],
    [{ action: 'snoozed', ...ada, until: 'reply' }, 'bo', 'Ada put it off until they reply'],
    [{ action: 'woken', ...ada }, 'bo', 'Ada took it back'],
    [{ action: 'woken', by: 'visitor' }, 'bo', 'Ines wrote, so it is back'],
    [{ action: 'woken', by: 'system' }, 'bo', 'It is back'],
    [{ action: 'closed', by: 'visitor' }, 'bo', 'Ines closed it'],
    [{ action: 'closed' }, 'bo', 'Closed'],
  ]) assert.equal(remark({ timestamp, ...entry }, 'Ines Duarte', me, undefined).text, `${want}, 10:00`);
  assert.equal(remark({ timestamp, action: 'closed', ...ada }, 'Ines', 'bo', undefined, 'solved').text, 'Ada closed it, 10:00: solved');
  assert.equal(remark({ timestamp, action: 'closed', by: 'system' }, 'Ines', 'bo', undefined, 'idle').text, 'Closed after a long silence, 10:00');
});

const said = (list) => (list ?? []).map((one) => one.text);
const message = (timestamp) => ({ message_id: timestamp, timestamp });

test('a line stands where it happened, and says its day where that is not the one it stands under', () => {
  const session = { session_id: 's', visitor_name: 'Ines', source: 'widget' };
  const entries = [
    { action: 'assigned', ...ada, ...bo, timestamp: at(3, 9, 30) },
    { action: 'snoozed', ...ada, until: 'reply', timestamp: at(3, 18) },
    { action: 'woken', by: 'visitor', timestamp: at(4, 8) },
    { action: 'released', ...ada, ...bo, timestamp: at(4, 9) },
    { action: 'closed', ...ada, timestamp: at(6, 9) },
  ];
  const messages = [message(at(3, 10)), message(at(4, 8)), message(at(4, 12))];
  const whole = place(entries, messages, true, session, 'x');
  assert.deepEqual(said(whole.under[0]), ['Ada assigned it to Bo, 09:30']);
  assert.deepEqual(said(whole.over[1]), ['Ada put it off until they reply, 18:00'], 'of the day before: over the heading of the next');
  assert.deepEqual(said(whole.under[2]), ['Ines wrote, so it is back, 08:00', 'Ada took it from Bo, 09:00'], 'what a message brought back stands behind it');
  assert.equal(whole.end.length, 1);
  assert.match(said(whole.end)[0], /^Ada closed it, .+, 09:00$/);
  const part = place(entries, messages, false, session, 'x');
  assert.equal(part.under[0], undefined, 'what came before the part that is read waits for it');
  assert.deepEqual(said(part.over[1]), said(whole.over[1]));
  assert.deepEqual(place(entries, [], false, session, 'x').end, []);
  assert.equal(place(entries, [], true, session, 'x').end.length, 5);
});

test('that it is closed is said without a history too', () => {
  assert.deepEqual(known([], { closed_at: at(4, 9) }), [{ action: 'closed', timestamp: at(4, 9) }]);
  const list = [{ action: 'closed', ...ada, timestamp: at(4, 9) }];
  assert.equal(known(list, { closed_at: at(4, 9) }), list);
});

test('who began it is said once', () => {
  const mine = { action: 'assigned', ...ada, agent_id: 'ada', timestamp: at(4, 9) };
  const session = { source: 'agent', created_at: at(4, 9), visitor_name: 'Ines Duarte' };
  assert.deepEqual(begun([mine], session), [mine, []]);
  assert.equal(opening(session, mine, 'bo'), 'Ada started a conversation with Ines, 09:00');
  assert.deepEqual(begun([mine], { ...session, source: 'widget' }), [undefined, [mine]]);
  assert.equal(opening(session, undefined, 'bo'), 'Ines started a conversation, 09:00');
});
