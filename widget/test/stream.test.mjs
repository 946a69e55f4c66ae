import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { browser, load, settle } from './load.mjs';

mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
Math.random = () => 0; // every wait is its shortest
const fire = browser();
const { openStream } = await load('shared/stream.ts');

/** A stream against answers given one after the other; what is not answered hangs. */
function start(answers, options = {}) {
  const log = { requests: [], events: [], states: [], opened: [], refreshed: 0, polls: 0 };
  globalThis.fetch = (url, { headers, signal }) => {
    log.requests.push(headers['Last-Event-ID']);
    const answer = answers.shift();
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => { answer?.body?.stop(); reject(new DOMException('', 'AbortError')); });
      if (answer) resolve(answer.response);
    });
  };
  const stream = openStream({
    url: '/events', headers: () => ({}), ...options,
    onEvent: (e) => { log.events.push(e.event + (e.id ?? '')); },
    onState: (s) => { if (log.states.at(-1) !== s) log.states.push(s); },
    onOpen: (resumed) => { log.opened.push(resumed); },
    refresh: async () => { log.refreshed++; return true; },
  });
  return { stream, log };
}

function body() {
  let controller;
  const readable = new ReadableStream({ start(c) { controller = c; } });
  const response = new Response(readable, { headers: { 'content-type': 'text/event-stream' } });
  const answer = {
    response,
    write: (text) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
    stop() { try { controller.error(new DOMException('', 'AbortError')); } catch { /* ended already */ } },
  };
  answer.body = answer;
  return answer;
}
const refusal = (status, code, headers = {}) => ({ response: Response.json({ error: 'No.', status_code: status, code }, { status, headers }) });
const frame = (event, id, data = {}) => `event: ${event}\ndata: ${JSON.stringify({ ...(id && { id }), event, timestamp: '', data })}\n${id ? `id: ${id}\n` : ''}\n`;
const ready = (id) => frame('ready', id, { heartbeat_s: 15 });
const pass = async (ms) => { mock.timers.tick(ms); await settle(); };

test('resumes after the last durable event; one cut in the middle does not count', async () => {
  const [a, b] = [body(), body()];
  const { stream, log } = start([a, b]);
  await settle();
  a.write('retry: 1000\n' + ready('db.1') + frame('message_sent', 'db.2') + frame('typing') + 'event: message_sent\ndata: {"event":"message_sent"');
  await settle();
  a.end();
  await settle();
  assert.deepEqual(log.events, ['message_sentdb.2', 'typing']);
  assert.equal(log.requests.length, 1, 'it does not reconnect at once');
  await pass(1000);
  assert.deepEqual(log.requests, [undefined, 'db.2']);
  b.write(ready('db.2'));
  await settle();
  assert.deepEqual(log.opened, [false, true]);
  assert.equal(log.states.at(-1), 'open');
  stream.close();
});

test('waits longer with each failure, and starts anew after a success', async () => {
  const { stream, log } = start([refusal(500, 'internal'), refusal(500, 'internal'), refusal(500, 'internal')]);
  await settle();
  for (const [wait, requests] of [[1999, 1], [1, 2], [3999, 2], [1, 3], [7999, 3], [1, 4]]) {
    await pass(wait);
    assert.equal(log.requests.length, requests);
  }
  stream.close();
});

test('waits as long as the server asks', async () => {
  const { stream, log } = start([refusal(429, 'rate_limited', { 'Retry-After': '30' })]);
  await settle();
  await pass(29_999);
  assert.equal(log.requests.length, 1);
  await pass(1);
  assert.equal(log.requests.length, 2);
  stream.close();
});

test('refreshes once on a 401, then says that it is refused', async () => {
  const { stream, log } = start([refusal(401, 'invalid_token'), refusal(401, 'invalid_token')]);
  await settle();
  await pass(0);
  await pass(0);
  assert.equal(log.refreshed, 1);
  assert.equal(log.states.at(-1), 'refused');
  stream.close();
});

test('gets new credentials before it comes back from an unauthorized bye', async () => {
  const a = body();
  const { stream, log } = start([a]);
  await settle();
  a.write(ready('db.1') + frame('bye', '', { reason: 'unauthorized' }));
  await settle();
  assert.equal(log.refreshed, 1);
  assert.deepEqual(log.events, [], 'bye is the stream’s own');
  await pass(2000);
  assert.deepEqual(log.requests, [undefined, 'db.1']);
  stream.close();
});

test('drops a position that the server cannot read', async () => {
  const { stream, log } = start([refusal(400, 'invalid_event_id')], { after: 'broken' });
  await settle();
  await pass(0);
  assert.deepEqual(log.requests, ['broken', undefined]);
  stream.close();
});

test('leaves a silent connection after two and a half heartbeats', async () => {
  const a = body();
  const { stream, log } = start([a]);
  await settle();
  a.write(ready('db.1'));
  await settle();
  for (let i = 0; i < 3; i++) { // heartbeats keep it
    await pass(15_000);
    a.write(': hb\n\n');
    await settle();
  }
  assert.equal(log.requests.length, 1);
  await pass(39_000);
  await pass(2_000);
  assert.equal(log.requests.length, 2);
  stream.close();
});

test('polls when nothing comes through within five seconds', async () => {
  let polls = 0;
  const { stream, log } = start([], { poll: () => new Promise((resolve) => { polls++; setTimeout(resolve, 20_000); }) });
  await settle();
  await pass(4_999);
  assert.equal(polls, 0);
  await pass(1);
  assert.equal(polls, 1);
  await pass(20_000);
  assert.equal(polls, 2);
  assert.equal(log.states.at(-1), 'polling');
  stream.close();
});

test('tries at once when the browser is online again', async () => {
  const { stream, log } = start([refusal(503, 'unavailable', { 'Retry-After': '60' })]);
  await settle();
  assert.equal(log.requests.length, 1);
  fire('online');
  await settle();
  assert.equal(log.requests.length, 2);
  stream.close();
});

test('an event that cannot be handled does not come again for ever', async () => {
  const a = body();
  globalThis.reportError = () => { /* seen */ };
  const log = [];
  globalThis.fetch = () => Promise.resolve(a.response);
  const stream = openStream({
    url: '', headers: () => ({}), refresh: async () => false, onState() {}, onOpen() {},
    onEvent(e) { log.push(e.id); if (e.id === 'db.2') throw new Error('no'); },
  });
  await settle();
  a.write(ready('db.1') + frame('message_sent', 'db.2') + frame('message_sent', 'db.3'));
  await settle();
  assert.deepEqual(log, ['db.2', 'db.3']);
  assert.equal(stream.position, 'db.3');
  stream.close();
});
