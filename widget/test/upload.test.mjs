// Files on their way: in order, once, and said in words when they cannot go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, load, settle } from './load.mjs';

const { createUploads, faultOf, sizeOf } = await load('shared/upload', 'shared/files');

/** Requests that wait for an answer. */
const asked = [];

class Request {
  upload = {};
  headers = {};
  open(method, url) { this.method = method; this.url = url; }
  setRequestHeader(name, value) { this.headers[name] = value; }
  getResponseHeader() { return this.retry ?? null; }
  send(form) { this.form = form; asked.push(this); }
  abort() { this.aborted = true; this.onabort(); }
  answer(status, response) { this.status = status; this.response = response; this.onload(); }
}

function start(options = {}) {
  asked.length = 0;
  const fire = browser({ XMLHttpRequest: Request });
  const seen = { list: [], sent: [] };
  const uploads = createUploads({
    url: (session) => `/sessions/${session}/files`,
    headers: () => ({ Authorization: 'Bearer t' }),
    target: async (upload) => upload.session ?? 's1',
    changed: (list) => { seen.list = list; },
    sent: (message) => seen.sent.push(message),
    ...options,
  });
  return { uploads, seen, fire };
}

const message = (id) => ({ message_id: id, attachments: [{ file_id: `f-${id}` }] });
const file = (name, size = 3, type = '') => new File([new Uint8Array(size)], name, { type });

test('files go one after the other, each under a key of its own', async () => {
  const { uploads, seen } = start();
  uploads.add([file('a.txt'), file('b.txt')]);
  await settle();
  assert.equal(asked.length, 1);
  const [first] = asked;
  assert.equal(first.url, '/sessions/s1/files');
  assert.equal(first.headers.Authorization, 'Bearer t');
  assert.equal(first.form.get('file').name, 'a.txt');
  first.upload.onprogress({ lengthComputable: true, loaded: 1, total: 4 });
  assert.equal(seen.list[0].progress, 0.25);
  first.answer(201, message('m1'));
  await settle();
  assert.equal(asked.length, 2);
  assert.notEqual(asked[1].form.get('client_id'), first.form.get('client_id'));
  asked[1].answer(201, message('m2'));
  await settle();
  assert.deepEqual(seen.sent.map((m) => m.message_id), ['m1', 'm2']);
  assert.deepEqual(seen.list, []);
});

test('another try has the same key', async () => {
  const { uploads, seen, fire } = start();
  uploads.add([file('a.txt')]);
  await settle();
  asked[0].onerror();
  await settle();
  assert.equal(seen.list[0].state, 'failed');
  assert.equal(seen.list[0].error.temporary, true);
  uploads.retry(seen.list[0].client_id);
  await settle();
  asked[1].answer(503, null);
  await settle();
  fire('online');
  await settle();
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked.map((r) => r.form.get('client_id'))).size, 1);
});

test('what is refused stays until it is taken away, and holds up nothing', async () => {
  const { uploads, seen, fire } = start();
  uploads.add([file('a.txt'), file('b.txt')]);
  await settle();
  asked[0].answer(415, { error: 'No.', code: 'unsupported_media_type', field: 'file' });
  await settle();
  asked[1].answer(201, message('m2'));
  await settle();
  assert.equal(seen.list.length, 1);
  assert.equal(seen.list[0].error.code, 'unsupported_media_type');
  fire('online');
  await settle();
  assert.equal(asked.length, 2, 'it is not tried again by itself');
  uploads.cancel(seen.list[0].client_id);
  assert.deepEqual(seen.list, []);
});

test('cancelling ends what is on its way, and the next one follows', async () => {
  const { uploads, seen } = start();
  uploads.add([file('a.txt'), file('b.txt'), file('c.txt')]);
  await settle();
  uploads.cancel(seen.list[1].client_id);
  uploads.cancel(seen.list[0].client_id);
  await settle();
  assert.equal(asked[0].aborted, true);
  assert.equal(asked.length, 2);
  assert.equal(asked[1].form.get('file').name, 'c.txt');
});

test('an error that can be mended is, and then it goes again', async () => {
  let mended = 0;
  const { seen, uploads } = start({ mend: async (err, session) => { mended++; return err.status === 401 && session === 's1'; } });
  uploads.add([file('a.txt')]);
  await settle();
  asked[0].answer(401, { code: 'invalid_token' });
  await settle();
  asked[1].answer(201, message('m1'));
  await settle();
  assert.equal(mended, 1);
  assert.equal(seen.sent.length, 1);
});

test('closing forgets everything', async () => {
  const { uploads, seen, fire } = start();
  uploads.add([file('a.txt'), file('b.txt')]);
  await settle();
  uploads.close();
  await settle();
  fire('online');
  await settle();
  assert.equal(asked[0].aborted, true);
  assert.equal(asked.length, 1);
  assert.deepEqual(seen.list, []);
});

test('what the server would refuse is known before', () => {
  for (const [name, size, want] of [
    ['a.png', 3, undefined], ['A.JPEG', 3, undefined], ['notes.txt', 10, undefined], ['a.b.pdf', 3, undefined],
    ['a.svg', 3, 'fileKind'], ['a.html', 3, 'fileKind'], ['a.exe', 3, 'fileKind'], ['png', 3, 'fileKind'], ['a.', 3, 'fileKind'], ['a.p', 3, 'fileKind'],
    ['a.png', 11, 'fileLarge'], ['a.png', 0, 'fileEmpty'],
  ]) assert.equal(faultOf(file(name, size), 10), want, `${name} of ${size}`);
});

test('sizes are said as a person says them', () => {
  assert.equal(sizeOf(1, 'en'), '1 byte');
  assert.equal(sizeOf(999, 'en'), '999 bytes');
  assert.equal(sizeOf(1500, 'en'), '2 kB');
  assert.equal(sizeOf(10 << 20, 'en'), '10.5 MB');
  assert.equal(sizeOf(2_000_000, 'de'), '2 MB');
});
