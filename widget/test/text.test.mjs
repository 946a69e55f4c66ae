import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { linkify, markdown, plain, safeURL } = await load('shared/text.ts');

/** One line for a tree of parts: kind(inside) or kind<address>(inside). */
const show = (part) => typeof part === 'string' ? part : `${part.kind}${part.url ? `<${part.url}>` : ''}(${part.parts.map(show).join('')})`;
const line = (parts) => parts.map(show).join('');

test('addresses become links, and the sentence around them does not', () => {
  for (const [text, want] of [
    ['see https://a.example/x_(y)_z, ok?', 'see link<https://a.example/x_(y)_z>(a.example/x_(y)_z), ok?'],
    ['(https://a.example)', '(link<https://a.example/>(a.example))'],
    ['www.a.example.', 'link<https://www.a.example/>(www.a.example).'],
    ['write to ines@a.example!', 'write to link<mailto:ines@a.example>(ines@a.example)!'],
    ['https://a.example/)))', 'link<https://a.example/>(a.example))))'],
    ['no address here', 'no address here'],
    ['', ''],
  ]) assert.equal(line(linkify(text)), want);
});

test('only web and mail addresses can be followed', () => {
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:x', ' javascript:x', '/path', '']) {
    assert.equal(safeURL(bad), undefined, bad);
    assert.doesNotMatch(line(markdown(`[go](${bad}) ${bad}`)), /link</, bad);
  }
  // An override that turns the text around ends an address, so that it cannot be shown as another.
  assert.doesNotMatch(line(linkify('https://a.example/\u202egnp.exe')), /\u202e.*\)/u);
});

test('marks of agents', () => {
  for (const [text, want] of [
    ['*a* **b** `c*d*` _e_', 'block(italic(a) bold(b) code(c*d*) italic(e))'],
    ['snake_case_word 2*3*4 5 * 3 * 2', 'block(snake_case_word 2*3*4 5 * 3 * 2)'],
    ['**bold *both* x**', 'block(bold(bold italic(both) x))'],
    ['[site](https://x.example/a(b)c)', 'block(link<https://x.example/a(b)c>(site))'],
    ['https://x.example/a_b_c and *it*', 'block(link<https://x.example/a_b_c>(x.example/a_b_c) and italic(it))'],
    ['- one\n- two\n\n> q\n> r\nafter', 'bullets(item(one)item(two))quote(q\nr)block(after)'],
    ['```js\nconst a = **1**;\n```\nend', 'pre(const a = **1**;)block(end)'],
    ['```\nnever closed', 'block(```\nnever closed)'],
    ['<b>hi</b> & "q"', 'block(<b>hi</b> & "q")'],
    ['a\n\n\nb', 'block(a\n\n\nb)'],
  ]) assert.equal(line(markdown(text)), want);
  assert.equal(markdown('7) yes')[0].start, 7);
});

test('no text makes the reader fail, and no letter of it is lost', () => {
  const pieces = ['*', '**', '_', '`', '```', '[', '](', ')', 'http://', 'a.example', '@', '- ', '1. ', '> ', '\n', ' ', 'x', 'é', '😀', '\u202e'];
  let seed = 7;
  const pick = () => pieces[(seed = (seed * 48271) % 2147483647) % pieces.length];
  const letters = (text) => text.replace(/[^xé😀]/gu, '');
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: 1 + i % 40 }, pick).join('');
    const flat = (part) => typeof part === 'string' ? part : part.parts.map(flat).join('');
    assert.equal(letters(linkify(text).map(flat).join('')), letters(text), JSON.stringify(text));
    const shown = markdown(text).map(show).join('');
    for (const letter of ['é', '😀']) {
      if (!text.includes('```') && text.includes(letter)) assert.ok(shown.includes(letter), JSON.stringify(text));
    }
    plain(text);
  }
});

test('previews are one line without marks', () => {
  assert.equal(plain('**Two** things:\n- wash by *hand*\n- `dry`\n\n> soon'), 'Two things: wash by hand dry soon');
});
