import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, load } from './load.mjs';

browser();
const { clock, day, daysBetween, duration, firstName, initials, shortWhen } = await load('shared/format.ts');
const { translator } = await load('shared/i18n.ts');
const { wordsFor } = await load('panel/strings.ts');
const { contrast, onColor } = await load('shared/color.ts');

const at = (y, m, d, h = 12, min = 0) => new Date(y, m - 1, d, h, min);
const now = at(2025, 3, 26, 9, 5); // a Wednesday

test('days are the reader’s own, from midnight to midnight', () => {
  assert.equal(day(at(2025, 3, 26, 0, 1), 'en', now), 'Today');
  assert.equal(day(at(2025, 3, 25, 23, 59), 'en', now), 'Yesterday');
  assert.equal(day(at(2025, 3, 21), 'en', now), 'Friday');
  assert.equal(day(at(2025, 3, 19), 'en-GB', now), '19 March');
  assert.equal(day(at(2024, 12, 31), 'en-GB', now), '31 December 2024');
  assert.equal(day(at(2025, 3, 26), 'de', now), 'Heute');
  assert.equal(daysBetween(at(2025, 3, 29, 23), at(2025, 3, 30, 22)), 1); // also over a change of the clocks
});

test('times in a list', () => {
  assert.equal(shortWhen(at(2025, 3, 26, 8, 4), 'en-GB', now), '08:04');
  assert.equal(shortWhen(at(2025, 3, 24), 'en-GB', now), 'Mon');
  assert.equal(shortWhen(at(2024, 3, 24), 'en-GB', now), '24 Mar 2024');
  assert.match(clock(at(2025, 3, 26, 15, 30), 'en-US'), /^3:30\sPM$/);
});

test('a duration is rounded up, never down to less than it is', () => {
  assert.equal(duration(5, 'en'), '1 minute');
  assert.equal(duration(181, 'en'), '4 minutes');
  assert.equal(duration(7_300, 'en'), '3 hours');
  assert.equal(duration(130_000, 'en'), '2 days');
});

test('names', () => {
  assert.equal(initials('Mara Reyes'), 'MR');
  assert.equal(initials('Ana María de la Cruz'), 'AC');
  assert.equal(initials('  cher '), 'C');
  assert.equal(initials('مارا رييس'), 'مر');
  assert.equal(initials('😀 ***'), '');
  assert.equal(firstName(' Mara Reyes'), 'Mara');
  assert.equal(firstName('Dr. Ada Ng '), 'Dr. Ada Ng');
  assert.equal(firstName('Alder & Clay'), 'Alder & Clay');
  assert.equal(firstName('Cher'), 'Cher');
});

test('texts fill their holes and count', () => {
  const t = translator({ plain: 'Hello {name}', n: { one: '{n} message', other: '{n} messages' } }, 'en');
  assert.equal(t('plain', { name: '{n} $& Ines' }), 'Hello {n} $& Ines');
  assert.equal(t('plain'), 'Hello {name}');
  assert.equal(t('n', { n: 1 }), '1 message');
  assert.equal(t('n', { n: 1200 }), '1,200 messages');
});

test('dates are in the language of the words, with the reader’s habits', () => {
  assert.equal(wordsFor('en', ['en-GB']).dates, 'en-GB'); // the page says English, the reader is British
  assert.equal(wordsFor('en-US', ['en-GB']).dates, 'en-US');
  assert.equal(wordsFor('de', ['de-AT']).dates, 'en-AT'); // no German words yet: English ones, and a clock of 24 hours
  assert.equal(wordsFor('not a locale!', ['en']).dates, 'en');
});

test('text can be read on any colour of a host', () => {
  for (let i = 0; i < 4096; i++) {
    const color = [i >> 8, (i >> 4) & 15, i & 15].map((v) => v * 17);
    const ink = onColor(color) === '#fff' ? [255, 255, 255] : [0, 0, 0];
    assert.ok(contrast(color, ink) >= 4.5, color.join());
  }
});
