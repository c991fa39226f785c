// Imports point inward, and the outside comes in through few doors (docs/architecture.md). Reads the text only: types
// that are imported count like values, except that types of `#wasm` may be named everywhere.
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Who may import whom: only from a lower rank, or from the own place. */
const ranks: Record<string, number> = {
  'src/domain': 0,
  'src/core': 1,
  'src/app': 2,
  'src/adapters': 3,
  'src/edge': 4,
  functions: 5,
  'src/cli': 5,
  'src/page': 2,
  'src/verify.ts': 2,
  'src/index.ts': 5,
};

const reserved: { what: RegExp; only: RegExp; why: string }[] = [
  { what: /['"]@(aws-sdk|smithy)\//, only: /^src\/adapters\//, why: 'the AWS SDK belongs in src/adapters' },
  {
    what: /\bprocess\.env\b|['"](node:)?process['"]/,
    only: /^src\/edge\/env\.ts$/,
    why: 'environment: src/edge/env.ts',
  },
  {
    what: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bset(Timeout|Interval|Immediate)\b|['"](node:)?timers/,
    only: /^src\/(edge|adapters|sandbox|cli)\//,
    why: 'clock and randomness are arguments outside the wiring',
  },
  {
    // A `require` made by createRequire may have any name, so any call with the name of the package counts.
    what: /\b(import|export) (?!type\b)[^;]*from ['"](#wasm|@assent\/core)['"]|import ['"](#wasm|@assent\/core)['"]|(?<!typeof import)\(['"](#wasm|@assent\/core)['"]\)/,
    only: /^src\/core\//,
    why: 'only src/core loads wasm',
  },
  {
    what: /['"](node:)?(fs|net|http|https|child_process|sqlite|tls|dgram|cluster|worker_threads)(\/promises)?['"]/,
    only: /^(src\/(adapters|edge|sandbox|cli)|functions)\//,
    why: 'files, sockets and processes belong to adapters',
  },
  {
    what: /['"`][^'"`\n]*(\bassent (plan|deploy|destroy|status|resume|cancel|approve|reject|rules|outputs|drift)\b|(^|[\s(])--[a-z])/,
    only: /^src\/(cli|sandbox)\//,
    why: 'command lines are the CLI’s: give a Way',
  },
];

function place(file: string): string | undefined {
  return ['src/sandbox', ...Object.keys(ranks)].find((at) => file === at || file.startsWith(`${at}/`));
}

function mayImport(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false;
  if (from === to) return true;
  if (from === 'src/sandbox') return to === 'src/core';
  // Programs start the sandbox; nothing else knows of it.
  if (to === 'src/sandbox') return (ranks[from] ?? 0) >= 4;
  return (ranks[from] ?? 0) > (ranks[to] ?? 0);
}

/** Every broken rule of one file, as `file: reason`. */
function violations(file: string, source: string): string[] {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  const broken = reserved.filter(({ what, only }) => what.test(text) && !only.test(file)).map(({ why }) => why);
  for (const [, path = ''] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\bURL\(\s*)['"](\.{1,2}\/[^'"]+)['"]/g)) {
    const to = posix.join(posix.dirname(file), path);
    if (!mayImport(place(file), place(to))) broken.push(`must not import ${to}`);
  }
  return broken.map((why) => `${file}: ${why}`);
}

const files = globSync('{src,functions}/**/*.ts', { cwd: root }).map((file) => file.replaceAll('\\', '/'));

test('every source file keeps the rules', () => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

/** Rooms of the core: a room uses only lower ranks. */
const rooms: readonly (readonly string[])[] = [
  ['problem', 'digest', 'expr', 'graph', 'sketch', 'consensus', 'seal', 'secret'],
  ['template', 'model'],
  ['call', 'schema', 'durations', 'share'],
  ['same', 'intrinsics'],
  ['plan', 'engine'],
  ['permissions', 'scan', 'simulate'],
  ['circle', 'shown', 'proof'],
  ['session'],
  ['door'],
];

/** Every use of a room that is not below, of one Rust file, as `file: reason`. */
function rustViolations(file: string, source: string): string[] {
  const rank = (room: string) => rooms.findIndex((names) => names.includes(room));
  const own = file.replace(/^wasm-core\/src\//, '').replace(/[/.].*$/, '');
  if (own === 'lib') return [];
  if (rank(own) === -1) return [`${file}: room ${own} has no rank`];
  const code = source.replace(/\/\/.*$/gm, '').replace(/#\[cfg\(test\)\][\s\S]*$/, '');
  const one = [...code.matchAll(/\bcrate::([a-z_]+)/g)].map(([, room = '']) => room);
  const many = [...code.matchAll(/\bcrate::\{([^;]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(?:^|,)\s*([a-z_]+)/g)].map(([, room = '']) => room),
  );
  const used = [...new Set([...one, ...many])].filter((room) => room !== own);
  const spoken = /"[^"\n]*(`assent [a-z]|--(allow|approve|import|parameters|region|stack|state|tags|yes)\b)/.test(code)
    ? [`${file}: command lines are the CLI’s`]
    : [];
  const broken = used.filter((room) => rank(room) >= rank(own)).map((room) => `${file}: must not use ${room}`);
  return [...broken, ...spoken];
}

test('every room of the core uses only what is below it', () => {
  const sources = globSync('wasm-core/src/**/*.rs', { cwd: root }).map((file) => file.replaceAll('\\', '/'));
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap((file) => rustViolations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test.each([
  ['wasm-core/src/expr/a.rs', 'use crate::intrinsics::functions;'],
  ['wasm-core/src/engine/a.rs', 'use crate::plan::patch;'],
  ['wasm-core/src/schema/a.rs', 'use crate::{\n    digest,\n    plan,\n};'],
  ['wasm-core/src/new/a.rs', 'use crate::expr::Expr;'],
  ['wasm-core/src/template.rs', 'let a = crate::scan::find();'],
  ['wasm-core/src/plan/a.rs', 'let help = "Allow it by --allow-it";'],
  ['wasm-core/src/plan/a.rs', 'let help = "`assent rules` lists them";'],
])('%s is refused %s', (file, text) => {
  expect(rustViolations(file, text)).toHaveLength(1);
});

test.each([
  ['src/domain/a.ts', "import { b } from '../core/b.ts';"],
  ['src/core/a.ts', "import type { B } from '../app/ports.ts';"],
  ['src/app/a.ts', "export * from '../adapters/b.ts';"],
  ['src/app/deep/a.ts', "import '../../edge/b.ts';"],
  ['src/adapters/aws/a.ts', "const b = await import('../../edge/b.ts');"],
  ['src/edge/a.ts', "import { b } from '../cli/b.ts';"],
  ['src/cli/a.ts', "import { b } from '../../functions/b.ts';"],
  ['src/cli/a.ts', "import { b } from '../../tests/support/b.ts';"],
  ['src/sandbox/a.ts', "import { b } from '../domain/b.ts';"],
  ['src/app/a.ts', "import { b } from '../sandbox/b.ts';"],
  ['src/app/a.ts', "new Worker(new URL('../cli/worker.ts', import.meta.url));"],
  ['src/app/a.ts', "import {\n  b,\n} from '../cli/b.ts';"],
  ['src/core/a.ts', "import { S3 } from '@aws-sdk/client-s3';"],
  ['src/cli/a.ts', 'const home = process.env.HOME;'],
  ['src/edge/other.ts', "import { env } from 'node:process';"],
  ['src/app/a.ts', 'const at = Date.now();'],
  ['src/core/a.ts', 'setTimeout(() => {}, 1);'],
  ['src/domain/a.ts', "import { randomUUID } from 'node:crypto';"],
  ['src/app/a.ts', "import { plan } from '#wasm';"],
  ['src/cli/a.ts', "const core = require('#wasm');"],
  ['src/cli/a.ts', "const load = createRequire(import.meta.url); const core = load('#wasm');"],
  ['src/edge/a.ts', "export { plan } from '#wasm';"],
  ['functions/a.ts', "import { plan } from '@assent/core';"],
  ['src/core/a.ts', "import { readFileSync } from 'node:fs';"],
  ['src/app/a.ts', "import { readFile } from 'fs/promises';"],
  ['src/app/a.ts', "throw new InvalidInput('a', 'b', { help: 'Say assent resume RUN.' });"],
  ['src/adapters/a.ts', "const help = 'Choose a folder with --state DIR.';"],
])('%s is refused %s', (file, text) => {
  expect(violations(file, text)).toHaveLength(1);
});

test.each([
  ['src/cli/a.ts', "import { b } from '../app/b.ts';"],
  ['src/cli/a.ts', "import { b } from '../sandbox/b.ts';"],
  ['src/sandbox/a.ts', "import { b } from '../core/b.ts';"],
  ['src/adapters/aws/a.ts', "import { b } from '../embedded/b.ts';"],
  ['src/adapters/aws/a.ts', "import { S3 } from '@aws-sdk/client-s3';"],
  ['src/edge/env.ts', 'export const home = process.env.HOME;'],
  ['src/domain/a.ts', "import type { Problem } from '#wasm';"],
  ['src/app/a.ts', "type Wasm = typeof import('#wasm');"],
  ['src/domain/a.ts', '// unlike Date.now()\n/* process.env */ const url = "https://example.org";'],
])('%s is allowed %s', (file, text) => {
  expect(violations(file, text)).toEqual([]);
});
