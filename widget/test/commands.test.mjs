import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, load } from './load.mjs';

browser({ sessionStorage: { getItem: () => null }, localStorage: { getItem: () => null }, matchMedia: () => ({ matches: false }) });
const { fits } = await load('console/fuzzy.ts');
const { commands, keysOf } = await load('console/commands.ts');

test('the better a name fits, the earlier it stands', () => {
  for (const [typed, best, worse] of [
    ['clo', 'Close it', 'Enclosed'], ['zoe', 'Zoë Ünal', 'Zero order entry'], ['setting', 'Settings', 'Go to the settings'],
    ['arep', 'Write a reply', 'Nothing here'], ['ines c', 'Ines Carvalho', 'Business card'],
  ]) assert.ok(fits(best, typed) > fits(worse, typed), `${typed}: ${best} ${fits(best, typed)}, ${worse} ${fits(worse, typed)}`);
  assert.equal(fits('Mara Reyes', 'xyz'), 0);
  assert.equal(fits('anything', ''), 1);
});

test('no key does two things, and none begins like one that acts at once', () => {
  const keys = commands.map((c) => c.key).filter(Boolean);
  assert.equal(new Set(keys).size, keys.length, keys.join(' '));
  for (const key of keys) for (const other of keys) if (key !== other) assert.ok(!other.startsWith(`${key} `), `${other} can never be reached: ${key} acts first`);
});

test('every key that acts is shown, and every command has a name', () => {
  for (const c of commands) assert.ok(c.key || !c.keyOnly, c.name);
  const shown = commands.flatMap(keysOf);
  for (const key of ['J', 'K', 'O', 'R', 'N', 'A', 'M', 'E', 'T', 'U', '/', '?', 'G', 'I', 'V', 'S']) assert.ok(shown.includes(key), `${key} is in the list of keys`);
});
