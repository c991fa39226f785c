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
    what: /import (?!type\b)[^;]*from '#wasm'|import '#wasm'|(?<!typeof )\b(require|import)\('#wasm'\)/,
    only: /^src\/core\//,
    why: 'only src/core loads wasm',
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
