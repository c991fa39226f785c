// What is uploaded: one ZIP per function, its code and what it loads when it is asked for, and the layer with the core.
//
// The source names the core `#wasm`, here as everywhere. In a function's package that name leads to core.cjs, which loads
// the layer's `@assent/core`: only `require` looks in NODE_PATH, where layers lie.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { leanHttp } from '../lean-http.mjs';
import { root } from '../runtime.mjs';
import { zip } from './zip.mjs';

const MANIFEST = `${JSON.stringify({ type: 'module', imports: { '#wasm': './core.cjs' } })}\n`;

// The source drops a core that trapped by forgetting this module; the layer's must be forgotten with it.
const CORE = `delete require.cache[require.resolve('@assent/core')];
module.exports = require('@assent/core');
`;

// What a package brings along and nobody here asks for: messages in forty languages, and Vercel's own gateway, which the AI
// SDK falls back on for a model that is given as a text (ours are objects).
const lean = {
  name: 'lean',
  setup({ onLoad, onResolve }) {
    // The cloud of a command or a library call: a function opens its target (src/edge/service/open.ts).
    onResolve({ filter: /^\.\/cloud\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
    onLoad({ filter: /[\\/]@ai-sdk[\\/]gateway[\\/]dist[\\/]index\.js$/ }, () => ({
      contents: `
        export class GatewayError extends Error { static isInstance() { return false; } }
        export class GatewayAuthenticationError extends GatewayError {}
        export const gateway = () => { throw new Error('a model is an object'); };
        export const createGateway = () => gateway;`,
    }));
  },
};

/** ZIP of a function whose handlers are modules of `functions/<name>/`; `config` is its config.json. */
export async function functionPackage(name, handlers, config = {}) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: handlers.map((handler) => `functions/${name}/${handler}.ts`),
    outdir: '/',
    bundle: true,
    // What is loaded when it is asked for is a module of its own: only so is what nobody calls of it left out.
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    mainFields: ['module', 'main'],
    external: ['#wasm'],
    // Names stay in stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: {
      js: "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);",
    },
    plugins: [lean, leanHttp],
    logLevel: 'warning',
  });
  const files = new Map([
    ['package.json', Buffer.from(MANIFEST)],
    ['core.cjs', Buffer.from(CORE)],
    ['config.json', Buffer.from(`${JSON.stringify(config)}\n`)],
  ]);
  const used = reached(metafile.outputs);
  for (const { path, contents } of outputFiles) {
    const file = baseName(path);
    if (used.has(file)) files.set(file, contents);
  }
  return zip(files);
}

/** Modules that an entry point leads to: one is also made for what only code that was left out would have asked for. */
function reached(outputs) {
  const imports = new Map(Object.entries(outputs).map(([path, one]) => [baseName(path), one]));
  const found = new Set();
  const follow = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path, external } of imports.get(file)?.imports ?? []) if (external !== true) follow(baseName(path));
  };
  for (const [file, { entryPoint = '' }] of imports) if (entryPoint.startsWith('functions/')) follow(file);
  return found;
}

function baseName(path) {
  return path.replace(/^.*[\\/]/, '');
}

/** ZIP of the layer: the built core as the package that functions ask for. */
export function layerPackage() {
  const pkg = join(root, 'layers/core/pkg');
  return zip(
    new Map(
      readdirSync(pkg)
        .filter((file) => !file.endsWith('.d.ts'))
        .map((file) => [`nodejs/node_modules/@assent/core/${file}`, readFileSync(join(pkg, file))]),
    ),
  );
}
