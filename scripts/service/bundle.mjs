// What is uploaded: one ZIP per function, its code in one module, and the layer with the core.
//
// The source names the core `#wasm`, here as everywhere. In a function's package that name leads to core.cjs, which loads
// the layer's `@assent/core`: only `require` looks in NODE_PATH, where layers lie.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
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
  setup({ onLoad }) {
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
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: handlers.map((handler) => `functions/${name}/${handler}.ts`),
    outdir: '/',
    bundle: true,
    write: false,
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
    plugins: [lean],
    logLevel: 'warning',
  });
  const files = new Map([
    ['package.json', Buffer.from(MANIFEST)],
    ['core.cjs', Buffer.from(CORE)],
    ['config.json', Buffer.from(`${JSON.stringify(config)}\n`)],
  ]);
  for (const { path, contents } of outputFiles) files.set(path.replace(/^.*[\\/]/, ''), contents);
  return zip(files);
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
