// Builds the browser programs into dist/, which is committed so that `go build` needs no Node.
//
//   node build.mjs           write dist/
//   node build.mjs --check   write nothing; fail when dist/ is not what the sources give
//
// Three programs come out of it: the loader (chat.js, a classic script, because only those know
// document.currentScript), the visitor's panel and the agents' console (modules with hashed names).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const check = process.argv.includes('--check');

const common = {
  absWorkingDir: root,
  preserveSymlinks: true, // names carry a hash of their sources' paths: those must not depend on where node_modules is kept
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'], // as README.md says, and e2e/browsers_test.go tries
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [cssText(), noMarkup()],
};

/** CSS is imported as minified text and becomes a constructable stylesheet: a strict policy allows those. */
function cssText() {
  return {
    name: 'css-text',
    setup(build) {
      build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { code } = await esbuild.transform(readFileSync(path, 'utf8'), {
          loader: 'css', minify: true, charset: 'utf8', target: common.target.slice(1),
        });
        return { contents: code.trim(), loader: 'text', watchFiles: [path] };
      });
    },
  };
}

/**
 * Preact can set markup from a string (dangerouslySetInnerHTML). Nothing here may, so that one place is made to
 * set text instead, and a test can promise that no shipped file assigns markup at all.
 */
function noMarkup() {
  return {
    name: 'no-markup',
    setup(build) {
      build.onLoad({ filter: /preact[\\/]dist[\\/]preact\.mjs$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const contents = source.replaceAll('.innerHTML', '.textContent');
        if (source.split('.innerHTML').length !== 3) {
          throw new Error('preact changed how it sets markup: look at noMarkup in build.mjs');
        }
        return { contents, loader: 'js' };
      });
    },
  };
}

const files = new Map(); // path under dist → Buffer
const packages = new Set(); // npm packages that ended up in a bundle

async function bundle(options) {
  const result = await esbuild.build({ ...common, outdir: dist, ...options });
  for (const input of Object.keys(result.metafile.inputs)) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name) packages.add(name);
  }
  for (const out of result.outputFiles) files.set(under(out.path), Buffer.from(out.contents));
  return result.metafile;
}

const under = (path) => relative(dist, path).replaceAll('\\', '/');

/** One program as modules: answers its entry, what a first load fetches, and the pages that load later. */
async function program(name, entry) {
  const meta = await bundle({
    entryPoints: { [name]: entry },
    format: 'esm',
    splitting: true,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
  });
  const outputs = new Map(Object.entries(meta.outputs).map(([path, out]) => [under(join(root, path)), out]));
  const start = [...outputs].find(([, out]) => out.entryPoint === entry)[0];
  const closure = (path, seen = new Set()) => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const { path: next, kind } of outputs.get(path).imports) {
      if (kind === 'import-statement') closure(under(join(root, next)), seen);
    }
    return seen;
  };
  const first = closure(start);
  const later = [...outputs.keys()].filter((path) => !first.has(path));
  return { entry: start, first: [...first].sort(), later: later.sort() };
}

/** A file that is copied as it is, under a name with its hash. */
function copied(name, source) {
  const body = readFileSync(join(root, source));
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 8).toUpperCase();
  const dot = name.lastIndexOf('.');
  const path = `assets/${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  files.set(path, body);
  return path;
}

const manifest = { loader: 'chat.js', following: 'chat-following.js', icon: copied('icon.svg', 'src/shared/icon.svg') };
manifest.panel = await program('panel', 'src/panel/main.tsx');
manifest.site = await program('site', 'src/site/main.ts');
// The same script twice: with the way to what follows visitors over the site, and without.
for (const [name, following] of [['chat', false], ['chat-following', true]]) await bundle({
  entryPoints: { [name]: 'src/loader/main.ts' },
  format: 'iife',
  tsconfigRaw: {}, // without "use strict": nothing in it hangs on that, and every page pays for it
  define: { TRACKING: String(following), SITE: JSON.stringify(manifest.site.entry),
    // The entry first; the rest is fetched beside it instead of after it.
    PANEL: JSON.stringify([manifest.panel.entry, ...manifest.panel.first.filter((path) => path !== manifest.panel.entry)]) },
});
// Under a name of its own: what a page may be controlled by is told by where it stands.
await bundle({ entryPoints: { 'console/worker': 'src/worker/main.ts' }, format: 'iife', entryNames: '[dir]/[name]' });
const embed = await bundle({ entryPoints: { embed: 'src/embed/main.ts' }, format: 'iife', entryNames: 'assets/[name]-[hash]' });
manifest.embed = under(join(root, Object.keys(embed.outputs)[0]));
files.set('embed/index.html', Buffer.from(readFileSync(join(root, 'src/embed/index.html'), 'utf8')
  .replace('{{icon}}', manifest.icon)
  .replace('{{script}}', manifest.embed)));
if (existsSync(join(root, 'src/console/main.tsx'))) {
  manifest.console = await program('console', 'src/console/main.tsx');
  const links = manifest.console.first.filter((path) => path !== manifest.console.entry)
    .map((path) => `<link rel="modulepreload" href="../${path}">`).join('\n');
  const page = readFileSync(join(root, 'src/console/index.html'), 'utf8')
    .replace('{{icon}}', `../${manifest.icon}`)
    .replace('{{preload}}', links)
    .replace('{{entry}}', `../${manifest.console.entry}`);
  files.set('console/index.html', Buffer.from(page));
}
files.set('manifest.json', Buffer.from(JSON.stringify(manifest, null, 2) + '\n'));
files.set('LICENSES.txt', Buffer.from(licences()));

function licences() {
  const parts = [...packages].sort().map((name) => {
    const dir = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} ships no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(dir, file), 'utf8').trim()}\n`;
  });
  return `The files in this directory contain code of the following packages.\n\n${parts.join('\n---\n\n')}`;
}

/**
 * The compressed forms that stand beside a text file. Compressors differ between releases of Node, so a form that
 * still unpacks to the right bytes is kept: building again never changes a byte that needs no change.
 */
function variants(path, body) {
  if (!/\.(js|css|svg|html)$/.test(path)) return [];
  const forms = [
    ['.gz', gunzipSync, () => { const out = gzipSync(body, { level: 9 }); out[9] = 255; return out; }],
    ['.br', brotliDecompressSync, () => brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    })],
  ];
  return forms.map(([ext, unpack, pack]) => {
    const old = join(dist, path + ext);
    try {
      const kept = readFileSync(old);
      if (unpack(kept).equals(body)) return [path + ext, kept];
    } catch { /* missing or damaged: made anew */ }
    return [path + ext, pack()];
  });
}

for (const [path, body] of [...files]) for (const [name, form] of variants(path, body)) files.set(name, form);

const walk = (dir) => !existsSync(dir) ? [] : readdirSync(dir).flatMap((name) => {
  const path = join(dir, name);
  return statSync(path).isDirectory() ? walk(path) : [path];
});

const wrong = [];
for (const path of walk(dist)) {
  if (files.has(under(path))) continue;
  wrong.push(`${under(path)} is left over`);
  if (!check) rmSync(path);
}
for (const [path, body] of files) {
  const full = join(dist, path);
  if (existsSync(full) && readFileSync(full).equals(body)) continue;
  wrong.push(`${path} differs`);
  if (check) continue;
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, body);
}

if (check) {
  if (wrong.length) {
    console.error(`dist/ is not what the sources give (run npm run build):\n  ${wrong.sort().join('\n  ')}`);
    process.exit(1);
  }
  console.log('dist/ is what the sources give');
} else {
  const size = (paths) => (paths.reduce((n, path) => n + files.get(`${path}.gz`).length, 0) / 1024).toFixed(2);
  console.log(`loader ${size(['chat.js'])} KB, following ${size(['chat-following.js'])} KB and ${size(manifest.site.first)} KB, panel ${size(manifest.panel.first)} KB` +
    (manifest.console ? `, console ${size(manifest.console.first)} KB` : '') + ' (gzip)');
}
