import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null } });
const { join } = await load('console/drafts.ts');
const { after, mentioned, people } = await load('console/sources.tsx');
const { find } = await load('console/faces.ts');
const { en, speak, t } = await load('console/words.ts');

test('of two drafts nothing is dropped', () => {
  for (const [here, there, changed, want] of [
    ['', 'x', false, 'x'], ['old', 'new', false, 'new'], ['old', '', false, ''], ['mine', '', true, 'mine'], ['mine', 'theirs', true, 'theirs\nmine'],
    ['longer text', 'text', true, 'longer text'], ['text', 'longer text', true, 'longer text'], [' ', 'theirs', true, 'theirs'],
  ]) assert.equal(join(here, there, changed), want, JSON.stringify([here, there, changed]));
});

test('a sign at the beginning of a word asks for what it stands for', () => {
  for (const [sign, text, at, want] of [
    ['@', '@', 1, { from: 0, word: '' }], ['@', 'Ask @Mara Re', 12, { from: 4, word: 'mara re' }], ['@', 'a@b', 3], ['@', '@ ', 2], ['@', '@a  b', 5], ['@', '@a\nb', 4],
    [':', 'Well :ta', 8, { from: 5, word: 'ta' }], [':', '12:30', 5], [':', '(:x', 3, { from: 1, word: 'x' }], [':', ':tada:', 6],
  ]) assert.deepEqual(after(sign, text, at), want, JSON.stringify([text, at]));
});

const agents = ['Mara Reyes', 'Mara', 'Jonas Weber', 'Zoë Ünal'].map((name) => ({ agent_id: name, name, online: name === 'Mara' }));

test('colleagues are found by any part of their name, those who are here first, and not oneself', () => {
  const names = (word) => people(agents, word, 'Jonas Weber').map((a) => a.name);
  assert.deepEqual(names('ma'), ['Mara', 'Mara Reyes']);
  assert.deepEqual(names('ü'), ['Zoë Ünal']);
  assert.deepEqual(names('reyes'), ['Mara Reyes']);
  assert.deepEqual(names('jon'), []);
});

test('mentions are read from the text, and the longer of two names counts', () => {
  assert.deepEqual(mentioned('@Mara Reyes and @jonas weber, please', agents), ['Jonas Weber', 'Mara Reyes']);
  assert.deepEqual(mentioned('@Mara look', agents), ['Mara']);
  assert.deepEqual(mentioned('Mara, nobody is meant', agents), []);
});

test('emoji are found by name', () => {
  assert.deepEqual(find('tada', 8)[0], ['🎉', 'tada']);
  assert.ok(find('heart', 8).some(([face]) => face === '❤️'));
  assert.equal(find('', 8).length, 8);
  assert.deepEqual(find('nothing_like_it', 8), []);
  for (const [face, name] of find('', 1000)) assert.match(`${face} ${name}`, /^[^\x00-\x7f]\S* [a-z_]+$/u);
});

test('another language takes its own texts and leaves the rest in English', () => {
  speak({ send: 'Senden', tooLong: { one: '{n} Zeichen zu viel', other: '{n} Zeichen zu viel' } }, 'de');
  assert.equal(t('send'), 'Senden');
  assert.equal(t('tooLong', { n: 1200 }), '1.200 Zeichen zu viel');
  assert.equal(t('undo'), en.undo);
  speak({}, 'en');
  assert.equal(t('tooLong', { n: 1 }), '1 character too long');
});
