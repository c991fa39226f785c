// Makes dist/, what the npm package runs: the CLI and the library as bundles that need nothing but Node and the core
// (`#wasm` stays a file of its own), the library's types, the page that verifies proofs, and the notices the bundled licences
// ask for.
// Runs on any Node >= 20; called by `npm run build` and before `npm pack`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { leanHttp } from './lean-http.mjs';
import { root, runtime } from './runtime.mjs';
import { verifyPage } from './verify-page.mjs';

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });

const entries = { cli: 'src/cli/main.ts', index: 'src/index.ts' };
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  // The package's launcher accepts this one when the pinned Node is missing.
  target: 'node22.13',
  format: 'esm',
  // The SDK's ES modules, not its CommonJS: of those esbuild's chunks export nothing by name to a dynamic import, and
  // nothing that is not used can be left out.
  mainFields: ['module', 'main'],
  external: ['#wasm'],
  plugins: [leanHttp],
  // Function names stay in stack traces; what is left is half the size.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  // CommonJS packages inside an ES module call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});

const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'];
const { status } = spawnSync(runtime(), tsc, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices(metafile));
writeFileSync(join(dist, 'verify.html'), await verifyPage());

/** Licence texts of every npm package of which a byte went into the bundles. */
function notices({ outputs }) {
  const packages = new Set();
  for (const output of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
      if (found && bytesInOutput > 0) packages.add(found[0]);
    }
  }
  // Many packages share one text: it is printed once, under all their names.
  const texts = new Map();
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : `Licence: ${license}`;
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  }
  return `${[...texts].map(([text, names]) => `${names.join('\n')}\n\n${text}`).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
