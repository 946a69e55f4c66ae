import assert from 'node:assert/strict';
import test from 'node:test';
import { broken, load, settle } from './load.mjs';

/** As much of a document as Preact needs to draw texts. */
class Leaf {
  childNodes = [];
  constructor(data) { this.data = data; this.nodeType = data === undefined ? 1 : 3; }
  get firstChild() { return this.childNodes[0] ?? null; }
  get nextSibling() { const all = this.parentNode.childNodes; return all[all.indexOf(this) + 1] ?? null; }
  get textContent() { return this.data ?? this.childNodes.map((node) => node.textContent).join(''); }
  insertBefore(node, before) {
    node.remove();
    this.childNodes.splice(before ? this.childNodes.indexOf(before) : this.childNodes.length, 0, node);
    node.parentNode = this;
    return node;
  }
  remove() { this.parentNode?.childNodes.splice(this.parentNode.childNodes.indexOf(this), 1); }
}
globalThis.document = { createTextNode: (text) => new Leaf(String(text)) };

const paths = ['shared/store.ts', '../node_modules/preact/dist/preact.mjs'];

/** Draws what a store has for a name, and answers functions to name another and to read what is drawn. */
function drawn({ createStore, useStore, h, render }) {
  const store = createStore({ ann: 1, bea: 2 });
  const root = new Leaf();
  const Name = ({ name }) => useStore(store, (s) => s[name]);
  const name = (one) => render(h(Name, { name: one }), root);
  return { store, name, text: async () => { await settle(); await new Promise((done) => setTimeout(done, 50)); return root.textContent; } };
}

/** Problems of a component that is asked for another part of the store. */
async function problems(program) {
  const { store, name, text } = drawn(program);
  const found = [];
  const want = async (what, value) => { const got = await text(); if (got !== String(value)) found.push(`${what}: ${got}`); };
  name('ann');
  await want('first', 1);
  store.set({ ann: 3 });
  await want('changed', 3);
  name('bea');
  await want('another', 2);
  store.set({ bea: 4 });
  await want('another changed', 4);
  store.set({ ann: 4, bea: 3 });
  await want('both changed', 3);
  return found;
}

test('a component shows what it asks for now, not what it asked for first', async () => {
  assert.deepEqual(await problems(await load(...paths)), []);
  const stale = await broken([['latest.current = select;', '']], ...paths);
  assert.notDeepEqual(await problems(stale), []);
});
