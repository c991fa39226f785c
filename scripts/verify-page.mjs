// The page that verifies proofs: one file with the core in it, which needs a browser and nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './runtime.mjs';

const pkg = join(root, 'layers/core/pkg');

/** What the page calls: sets `verifyProof` once `coreBytes`, the core's bytes, are there. */
export async function verifyScript() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/page/main.ts'],
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    minify: true,
    legalComments: 'none',
    define: { __dirname: '""' },
    plugins: [{ name: 'browser', setup: inBrowser }],
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

function inBrowser({ onResolve, onLoad }) {
  onResolve({ filter: /\/instance\.ts$/ }, () => ({ path: join(root, 'src/core/browser.ts') }));
  onResolve({ filter: /^#wasm$/ }, () => ({ path: join(pkg, 'assent_core.js') }));
  // wasm-bindgen's glue for Node reads one file.
  onResolve({ filter: /^fs$/ }, () => ({ path: 'fs', namespace: 'bytes' }));
  onLoad({ filter: /./, namespace: 'bytes' }, () => ({
    contents: 'exports.readFileSync = () => globalThis.coreBytes;',
  }));
}

/** The whole page. */
export async function verifyPage() {
  const source = (file) => readFileSync(join(root, 'src/page', file), 'utf8');
  const parts = {
    core: gzipSync(readFileSync(join(pkg, 'assent_core_bg.wasm')), { level: 9 }).toString('base64'),
    // Inside a script element this would end it.
    verifier: (await verifyScript()).replaceAll('</script', '<\\/script'),
    page: source('page.js'),
  };
  return Object.entries(parts).reduce((page, [id, text]) => {
    const [before, after, ...more] = page.split(`id="${id}"></script>`);
    if (after === undefined || more.length > 0) throw new Error(`page.html has not one script ${id}`);
    return `${before}id="${id}">${text}</script>${after}`;
  }, source('page.html'));
}
