import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load, settle } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null } });
const { fill, offers, readSaved, removeReply, saveReply, slashed, store } = await load('console/saved.ts', 'console/state.ts');

test('a slash at the beginning of a word asks for saved replies', () => {
  for (const [text, at, want] of [
    ['/', 1, { from: 0, word: '' }], ['/Ship', 5, { from: 0, word: 'ship' }], ['Hello /sh', 9, { from: 6, word: 'sh' }], ['a\n/kä-1', 7, { from: 2, word: 'kä-1' }],
    ['/ship', 3, { from: 0, word: 'sh' }], ['', 0], ['a/b', 3], ['https://x', 9], ['/ship eu', 8], ['//', 2], ['/a.b', 4],
  ]) assert.deepEqual(slashed(text, at), want, JSON.stringify([text, at]));
});

test('names are put in, and nothing else is touched', () => {
  assert.equal(fill('Hello {{name}}, {{ agent }} here. {{other}} {name} {{name}}', 'Ines Carvalho', 'Mara'), 'Hello Ines, Mara here. {{other}} {name} Ines');
  assert.equal(fill('{{name}} $& {{agent}}', '$& $1', '$$'), '$& $& $$');
});

test('the beginning of a shortcut comes before its middle, and that before the text', () => {
  const reply = (shortcut, message = '') => ({ canned_reply_id: shortcut, shortcut, message });
  const list = [reply('air-ship'), reply('hours', 'We ship until six'), reply('Shipping'), reply('thanks')];
  const names = (word, most = 8) => offers(list, word, most).map((r) => r.shortcut);
  assert.deepEqual(names('ship'), ['Shipping', 'air-ship', 'hours']);
  assert.deepEqual(names('sh'), ['Shipping', 'air-ship']);
  assert.deepEqual(names(''), ['air-ship', 'hours', 'Shipping', 'thanks']);
  assert.deepEqual(names('', 2), ['air-ship', 'hours']);
  assert.deepEqual(names('nothing'), []);
});

test('a list that was asked for before a change and came after it does not undo the change', async () => {
  const reply = (id) => ({ canned_reply_id: id, shortcut: id, message: id });
  const server = [reply('a'), reply('b')];
  const held = []; // lists that are on their way
  globalThis.fetch = async (url, { method, body }) => {
    if (method === 'GET') {
      const list = Response.json({ canned_replies: [...server] });
      await new Promise((resolve) => held.push(resolve));
      return list;
    }
    if (method === 'DELETE') { server.splice(server.findIndex((r) => url.endsWith(r.canned_reply_id)), 1); return new Response(null, { status: 204 }); }
    server.push(reply(JSON.parse(body).shortcut));
    return Response.json(server.at(-1), { status: 201 });
  };
  const ids = () => store.get().saved.map((r) => r.canned_reply_id).join();
  const first = readSaved(true);
  await settle();
  held.shift()();
  await first;
  for (const [change, want] of [[() => removeReply('b'), 'a'], [() => saveReply(undefined, { shortcut: 'c', message: '' }), 'a,c']]) {
    const reading = readSaved(true);
    await settle();
    await change();
    assert.equal(ids(), want);
    while (held.length) { held.shift()(); await settle(); }
    await reading;
    assert.equal(ids(), want);
  }
});
