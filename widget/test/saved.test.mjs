import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null } });
const { fill, offers, slashed } = await load('console/saved.ts');

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
