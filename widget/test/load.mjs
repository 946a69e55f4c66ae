// Brings a source file into a test, with just as much of a browser around it as it asks for.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

/** Bundles src/<path>s, sharing what they share, and answers all that they export. */
export const load = (...paths) => broken([], ...paths);

/** The same with mistakes made on purpose: [what stands in the source, what is to stand there]. Each must be found. */
export async function broken(mistakes, ...paths) {
  const left = new Set(mistakes);
  const err = {
    name: 'err',
    setup(build) {
      build.onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const mistake of mistakes) if (contents.includes(mistake[0])) {
          contents = contents.replace(...mistake);
          left.delete(mistake);
        }
        return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
      });
    },
  };
  const { outputFiles } = await esbuild.build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    stdin: { contents: paths.map((path) => `export * from './src/${path}';`).join('\n'), resolveDir: '.' },
    bundle: true, write: false, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact', loader: { '.css': 'text' }, plugins: mistakes.length ? [err] : [],
  });
  if (left.size) throw new Error(`not in the sources any more: ${[...left].map(([text]) => text)}`);
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Sets globals of a browser; returns a function that fires an event on the window. */
export function browser({ onLine = true, hidden = false, ...others } = {}) {
  const page = new EventTarget();
  const define = (name, value) => {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  define('document', Object.assign(new EventTarget(), { hidden, title: 'A page', referrer: '' }));
  define('navigator', { onLine, languages: ['en-GB'] });
  define('location', { href: 'https://shop.example/bowls?token=secret#part' });
  define('addEventListener', page.addEventListener.bind(page));
  define('removeEventListener', page.removeEventListener.bind(page));
  define('reportError', (err) => { throw err; });
  for (const [name, value] of Object.entries(others)) define(name, value);
  return (type, event = new Event(type)) => page.dispatchEvent(event);
}

/** Lets everything that is due happen. */
export const settle = async () => { for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve)); };
