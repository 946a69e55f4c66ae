import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { browser, load } from './load.mjs';

browser();
const { en, fetchWords, wordsFor, addWords } = await load('panel/strings.ts');
for (const file of ['panel/formwords.ts', 'panel/talkwords.ts']) addWords((await load(file)).words);
const { translator } = await load('shared/i18n.ts');
const { localeOf, words } = await load('loader/words.ts');

const dir = new URL('../src/panel/words/', import.meta.url);
const languages = Object.fromEntries(readdirSync(dir).map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(new URL(name, dir), 'utf8'))]));
const forms = (text) => (typeof text === 'string' ? [text] : Object.values(text));
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('there are twelve languages, and the launcher knows them all', () => {
  assert.deepEqual(Object.keys(languages).sort(), ['ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'tr', 'zh']);
  for (const tag of [...Object.keys(languages), 'en']) {
    const [language, again, chat] = words(tag);
    assert.equal(language, tag);
    assert.ok(again && !again.includes('…'), tag);
    assert.equal(/^(ar|ja|pl|tr|zh)$/.test(tag), !!chat, tag);
    if (tag !== 'en') assert.equal(again, languages[tag].again, tag); // the same word before and after
  }
});

test('no text is missing, none is superfluous', () => {
  for (const [tag, texts] of Object.entries(languages)) {
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(en).sort(), tag);
    for (const [key, text] of Object.entries(texts)) for (const form of forms(text)) assert.ok(form.trim() === form && form !== '', `${tag} ${key}`);
  }
});

test('a text that counts has every form that its language knows, and no other', () => {
  for (const [tag, texts] of Object.entries({ ...languages, en })) {
    const wanted = [...new Intl.PluralRules(tag).resolvedOptions().pluralCategories].sort();
    for (const [key, text] of Object.entries(texts)) {
      assert.equal(typeof text, typeof en[key], `${tag} ${key}`);
      if (typeof text !== 'string') assert.deepEqual(Object.keys(text).sort(), wanted, `${tag} ${key}`);
    }
  }
});

test('every form has the holes that English has', () => {
  for (const [tag, texts] of Object.entries(languages)) for (const [key, text] of Object.entries(texts)) {
    const wanted = holes(forms(en[key]).at(-1));
    const categories = typeof text === 'string' ? [['other', text]] : Object.entries(text);
    for (const [category, form] of categories) {
      // A number may stand in words where the form is for that number alone.
      const alone = tag === 'ar' && ['zero', 'one', 'two'].includes(category);
      const found = holes(form);
      assert.deepEqual(found, alone && !found.includes('n') ? wanted.filter((name) => name !== 'n') : wanted, `${tag} ${key} ${category}`);
    }
  }
});

test('nothing was left in English', () => {
  // Words that are the same in both.
  const same = {
    de: ['yourName', 'chat', 'emoji'], fr: ['email', 'message', 'messages', 'options'], es: ['chat', 'emoji'], pt: ['email', 'chat', 'emoji'],
    it: ['email', 'chat', 'emoji'], nl: ['email', 'chat', 'emoji'], pl: ['email', 'emoji'], tr: ['emoji'],
  };
  for (const [tag, texts] of Object.entries(languages)) {
    const equal = Object.keys(texts).filter((key) => JSON.stringify(texts[key]) === JSON.stringify(en[key]));
    assert.deepEqual(equal, same[tag] ?? [], tag);
  }
});

test('nobody is shouted at', () => {
  for (const [tag, texts] of Object.entries({ ...languages, en })) for (const [key, text] of Object.entries(texts)) {
    for (const form of forms(text)) assert.doesNotMatch(form, /[!！¡]/, `${tag} ${key}`);
  }
});

test('words come when they are wanted, and counts are right', async () => {
  assert.equal(wordsFor('pl').strings.close, en.close);
  await Promise.all(['pl', 'ar-EG', 'de-AT'].map(fetchWords));
  const pl = wordsFor('pl', ['pl-PL']);
  assert.equal(pl.dates, 'pl-PL');
  const t = translator(pl.strings, pl.dates);
  assert.deepEqual([1, 2, 5, 22].map((n) => t('newMessages', { n })), ['1 nowa wiadomość', '2 nowe wiadomości', '5 nowych wiadomości', '22 nowe wiadomości']);
  const ar = wordsFor('ar-EG');
  assert.equal(ar.dates, 'ar-EG');
  assert.equal(translator(ar.strings, ar.dates)('newMessages', { n: 2 }), 'رسالتان جديدتان');
  assert.equal(translator(ar.strings, ar.dates)('newMessages', { n: 3 }), '٣ رسائل جديدة');
  assert.equal(wordsFor('de', ['en-US', 'de-CH']).dates, 'de-CH');
});

test('the first tag with words wins', () => {
  assert.equal(localeOf('auto', 'sv', 'nn', 'de-AT', 'fr'), 'de-AT');
  assert.equal(localeOf('auto', '', 'sv-SE'), 'en');
  assert.equal(localeOf('ar', 'de'), 'ar');
  assert.equal(localeOf('auto', 'ZH-Hans-CN'), 'ZH-Hans-CN');
});
