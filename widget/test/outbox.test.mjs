import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { broken, browser, load, settle } from './load.mjs';

mock.timers.enable({ apis: ['setTimeout', 'Date'] });
Math.random = () => 0.5;
const fire = browser();
const modules = ['panel/outbox.ts', 'panel/keep.ts', 'shared/api.ts'];
const sound = await load(...modules);
const { createAPI, post } = sound;

const open = [];

/** An outbox before a server that answers what `reply(path, body)` says: a body, or an error with its status. */
function rig(reply, session, { createOutbox } = sound) {
  const state = { kept: { outbox: [] }, session, sent: [], lost: [], calls: [], stuck: false };
  globalThis.fetch = async (url, { body }) => {
    const sent = JSON.parse(body);
    state.calls.push({ path: new URL(url).pathname, ...sent });
    const answer = await reply(state.calls.at(-1), state.calls.length);
    if (!answer) throw new TypeError('no network');
    const { status = 201, retryAfter, ...rest } = answer;
    return Response.json(status < 400 ? rest : { error: 'No.', status_code: status, ...rest }, { status, headers: retryAfter ? { 'Retry-After': retryAfter } : {} });
  };
  const outbox = createOutbox({
    key: 'k',
    keep: { get: () => state.kept, change: (fn) => fn(state.kept) },
    api: { known: true, remember() {}, hello: async () => {}, call: createAPI('https://chat.example', () => ({})) },
    session: () => state.session,
    sent(pending, message, begun) { state.sent.push(pending.text); if (begun) state.session = begun.session_id; },
    lost(id, closed) { state.lost.push([id, closed]); state.session = undefined; },
    async find() { state.session = 'found'; },
    challenge(pass) { state.pass = pass; },
    changed(stuck) { state.stuck = stuck; },
  });
  open.push(outbox);
  outbox.add = (words) => { post({ change: (fn) => fn(state.kept) }, words); outbox.flush(); };
  return { outbox, state };
}
afterEach(() => { for (const outbox of open.splice(0)) outbox.close(); });
const begun = { session_id: 's1', messages: [] };
const pass = async (ms) => { mock.timers.tick(ms); await settle(); };

test('the first message begins a conversation, the others go to it, in order', async () => {
  const { outbox, state } = rig(({ path }) => (path === '/sessions' ? begun : { message_id: 'm' }));
  for (const text of ['one', 'two', 'three']) outbox.add({ text });
  await settle();
  assert.deepEqual(state.calls.map(({ path, message, session_id }) => [path, message, session_id]),
    [['/sessions', 'one', undefined], ['/messages', 'two', 's1'], ['/messages', 'three', 's1']]);
  assert.deepEqual(state.sent, ['one', 'two', 'three']);
  assert.deepEqual(state.kept.outbox, []);
});

/** Two messages while there is no network, and then there is. */
async function overTrouble(program) {
  let up = false;
  const { outbox, state } = rig(() => (up ? { message_id: 'm' } : null), 's1', program);
  outbox.add({ text: 'one' });
  outbox.add({ text: 'two' });
  await settle();
  assert.equal(state.stuck, true);
  assert.deepEqual([...new Set(state.calls.map((c) => c.message))], ['one'], 'the second does not overtake the first');
  await pass(1_000);
  up = true;
  await pass(2_000);
  assert.deepEqual(state.sent, ['one', 'two']);
  assert.deepEqual(state.kept.outbox, []);
  assert.equal(new Set(state.calls.filter((c) => c.message === 'one').map((c) => c.client_id)).size, 1);
  assert.notEqual(state.calls[0].client_id, state.calls.at(-1).client_id);
  assert.equal(state.stuck, false);
}

test('a message keeps its key and its place until it is sent', () => overTrouble(sound));

for (const [what, ...mistake] of [
  ['forgets what it begins to send', 'await send(pending);', 'change((outbox) => outbox.filter((p) => p !== pending)); await send(pending);'],
  ['takes another key for another try', 'client_id: pending.client_id,', 'client_id: uuid(),'],
  ['passes over what met trouble', "p.state !== 'refused'", "p.state !== 'refused' && p !== keep.get().outbox[0]"],
]) test(`an outbox that ${what} is noticed`, async () => {
  const program = await broken([mistake], ...modules);
  await assert.rejects(overTrouble(program), { name: 'AssertionError' });
});

test('a challenge holds everything back until it is answered', async () => {
  const { outbox, state } = rig(({ challenge_answer: answer }, n) => (answer === 'good' || n > 4 ? { message_id: 'm' } : { status: 403, code: 'challenge_required' }), 's1');
  outbox.add({ text: 'one' });
  outbox.add({ text: 'two' });
  await pass(60_000);
  assert.deepEqual(state.calls.map((c) => c.message), ['one'], 'it is asked once');
  assert.deepEqual(state.kept.outbox.map((p) => p.state), ['failed', 'waiting']);
  state.pass('bad');
  await settle();
  assert.deepEqual(state.sent, []);
  state.pass('good');
  await settle();
  assert.deepEqual(state.calls.map((c) => [c.message, c.challenge_answer]), [['one', undefined], ['one', 'bad'], ['one', 'good'], ['two', undefined]]);
  assert.equal(state.kept.outbox[0]?.text, 'two', 'the answer is good for one message');
  outbox.retry(state.kept.outbox[0].client_id);
  await settle();
  assert.deepEqual(state.sent, ['one', 'two']);
});

test('waits as long as the server asks, whatever happens meanwhile', async () => {
  const { outbox, state } = rig((_, n) => (n === 1 ? { status: 429, code: 'rate_limited', retryAfter: 10 } : { message_id: 'm' }), 's1');
  outbox.add({ text: 'one' });
  await settle();
  outbox.flush();
  fire('online');
  await pass(9_999);
  assert.equal(state.calls.length, 1);
  await pass(1_000);
  assert.deepEqual(state.sent, ['one']);
});

test('a closed conversation is followed by a new one with the same words', async () => {
  const { outbox, state } = rig(({ path }) => (path === '/messages' ? { status: 409, code: 'session_closed' } : begun), 'old');
  outbox.add({ text: 'again' });
  await settle();
  assert.deepEqual(state.lost, [['old', true]]);
  assert.deepEqual(state.calls.map((c) => [c.path, c.message]), [['/messages', 'again'], ['/sessions', 'again']]);
  assert.deepEqual(state.sent, ['again']);
});

test('a message goes to the conversation that it was written in', async () => {
  const { outbox, state } = rig(({ path }) => (path === '/messages' ? { message_id: 'm' } : begun), 'now');
  outbox.add({ text: 'to another', session: 'then' });
  outbox.add({ text: 'to this one' });
  await settle();
  assert.deepEqual(state.calls.map((c) => [c.session_id, c.message]), [['then', 'to another'], ['now', 'to this one']]);
});

test('written in one that was closed meanwhile, it begins another', async () => {
  const { outbox, state } = rig(({ session_id }) => (session_id === 'then' ? { status: 409, code: 'session_closed' } : begun));
  outbox.add({ text: 'late', session: 'then' });
  await settle();
  assert.deepEqual(state.lost, [['then', true]]);
  assert.deepEqual(state.calls.map((c) => c.path), ['/messages', '/sessions']);
  assert.deepEqual(state.sent, ['late']);
});

test('too many conversations: it goes to the one that is open', async () => {
  const { outbox, state } = rig(({ path }) => (path === '/sessions' ? { status: 409, code: 'too_many_sessions' } : { message_id: 'm' }));
  outbox.add({ text: 'hello' });
  await settle();
  assert.equal(state.calls.at(-1).session_id, 'found');
  assert.deepEqual(state.sent, ['hello']);
});

test('what the host refuses carries its own sentence', async () => {
  const { outbox, state } = rig(() => ({ status: 400, code: 'refused', field: 'message', error: 'No card numbers, please.' }), 's1');
  outbox.add({ text: '4111 1111' });
  await settle();
  assert.deepEqual(state.kept.outbox.map(({ state, why, said }) => [state, why, said]), [['refused', 'refused', 'No card numbers, please.']]);
});

test('what is refused says why and lets the others pass', async () => {
  const { outbox, state } = rig(({ message }) => (message === 'bad' ? { status: 400, code: 'invalid_request', field: 'message' } : { message_id: 'm' }), 's1');
  outbox.add({ text: 'bad' });
  outbox.add({ text: 'good' });
  await settle();
  assert.deepEqual(state.sent, ['good']);
  assert.deepEqual(state.kept.outbox.map(({ text, state, why }) => [text, state, why]), [['bad', 'refused', 'message']]);
  outbox.remove(state.kept.outbox[0].client_id);
  assert.deepEqual(state.kept.outbox, []);
});

test('what the page adds does not silence the visitor', async () => {
  const { outbox, state } = rig((body) => (body.custom_data ? { status: 400, code: 'invalid_request', field: 'custom_data.deep' } : begun));
  outbox.add({ text: 'hello', data: { deep: {} } });
  await settle();
  assert.deepEqual(state.sent, ['hello']);
  assert.equal(state.calls[0].page.url, 'https://shop.example/bowls?token=', 'the values of a query stay here');
});

test('after half a minute of trouble it is shown as not sent, and goes out when the connection is back', async () => {
  let up = false;
  const { outbox, state } = rig(() => (up ? { message_id: 'm' } : { status: 503, code: 'unavailable' }), 's1');
  outbox.add({ text: 'one' });
  await settle();
  for (let i = 0; i < 40; i++) await pass(1_000);
  assert.deepEqual(state.kept.outbox.map((p) => p.state), ['failed']);
  const { client_id } = state.kept.outbox[0];
  up = true;
  outbox.retry(client_id);
  await settle();
  assert.deepEqual(state.sent, ['one']);
  assert.equal(state.calls.at(-1).client_id, client_id);
});

test('offline is no failure', async () => {
  const { outbox, state } = rig(() => null, 's1');
  navigator.onLine = false;
  outbox.add({ text: 'one' });
  for (let i = 0; i < 60; i++) await pass(1_000);
  assert.deepEqual(state.kept.outbox.map((p) => p.state), ['waiting']);
  navigator.onLine = true;
});

test('what was refused because of a ban goes out when it is lifted', async () => {
  let banned = true;
  const { outbox, state } = rig(() => (banned ? { status: 403, code: 'banned' } : { message_id: 'm' }), 's1');
  outbox.add({ text: 'one' });
  await settle();
  assert.deepEqual(state.kept.outbox.map((p) => [p.state, p.why]), [['refused', 'banned']]);
  banned = false;
  outbox.admitted();
  outbox.flush();
  await settle();
  assert.deepEqual(state.sent, ['one']);
});
