import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import { browser, load, settle } from './load.mjs';

browser();
const { createGreeter, matches } = await load('site/greet.ts');

// The server compares addresses by the same table.
test('patterns stand for addresses', () => {
  const table = JSON.parse(readFileSync(new URL('patterns.json', import.meta.url), 'utf8'));
  assert.ok(table.length > 20);
  for (const [pattern, url, want] of table) assert.equal(matches(pattern, new URL(url)), want, `${pattern} on ${url}`);
});

/** A page with its clock in the test's hands, and what it has shown. */
function page(answer = ({ trigger_id }) => ({ trigger_id, message: 'Hello' })) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const shown = [], asked = [];
  const host = { attributes: {}, settings: {}, state: { open: false } };
  const visitor = { call: async (path, body) => { asked.push(`${path} ${body.trigger_id}`); return answer(body); } };
  const greeter = createGreeter(host, visitor, async () => ({ greet: ({ trigger_id }) => shown.push(trigger_id) }));
  return { greeter, host, shown, asked, async wait(ms) { mock.timers.tick(ms); await settle(); }, end() { greeter.close(); mock.timers.reset(); } };
}

test('a trigger greets when its time on the page is over, once on a page', async () => {
  const { greeter, shown, wait, end } = page();
  greeter.offer([{ trigger_id: 'late', seconds_on_page: 20 }, { trigger_id: 'soon', seconds_on_page: 5 }]);
  await wait(4000);
  assert.deepEqual(shown, []);
  await wait(1000);
  assert.deepEqual(shown, ['soon']);
  greeter.offer([{ trigger_id: 'late', seconds_on_page: 20 }]);
  await wait(60_000);
  assert.deepEqual(shown, ['soon']);
  greeter.arrived();
  greeter.offer([{ trigger_id: 'late', seconds_on_page: 20 }]);
  for (let i = 0; i < 19; i++) await wait(1000);
  assert.deepEqual(shown, ['soon']);
  await wait(1000);
  assert.deepEqual(shown, ['soon', 'late']);
  end();
});

test('what the page says of the visitor may come late', async () => {
  const { greeter, host, shown, wait, end } = page();
  greeter.offer([{ trigger_id: 'pro', custom_data: { plan: 'pro', seats: '5', trial: true } }]);
  await wait(1000);
  Object.assign(host.attributes, { plan: 'pro', seats: 5 });
  await wait(1000);
  assert.deepEqual(shown, []);
  host.attributes.trial = true;
  await wait(1000);
  assert.deepEqual(shown, ['pro']);
  end();
});

test('nobody is greeted who would not see it', async () => {
  const { greeter, host, asked, shown, wait, end } = page();
  host.state.open = true;
  greeter.offer([{ trigger_id: 'a' }]);
  await wait(3000);
  host.state.open = false;
  host.settings.launcher = 'off';
  await wait(3000);
  host.settings.launcher = 'on';
  document.hidden = true;
  await wait(3000);
  assert.deepEqual(asked, []);
  document.hidden = false;
  await wait(1000);
  assert.deepEqual(shown, ['a']);
  end();
});

test('where another tab was faster the next trigger may greet, later', async () => {
  const { greeter, asked, shown, wait, end } = page(({ trigger_id }) => { return trigger_id === 'a' ? undefined : { trigger_id, message: 'Hello' }; });
  greeter.offer([{ trigger_id: 'a' }, { trigger_id: 'b' }]);
  await wait(0);
  await wait(1000);
  assert.deepEqual(asked, ['/greetings a', '/greetings b']);
  assert.deepEqual(shown, ['b']);
  end();
});

test('without a connection it waits for the next sign of life', async () => {
  let online = false;
  const { greeter, asked, shown, wait, end } = page((body) => { if (!online) throw new TypeError('no'); return { ...body, message: 'Hello' }; });
  greeter.offer([{ trigger_id: 'a' }]);
  await wait(10_000);
  assert.equal(asked.length, 1);
  online = true;
  greeter.offer([{ trigger_id: 'a' }]);
  await wait(0);
  assert.deepEqual(shown, ['a']);
  end();
});
