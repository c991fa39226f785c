// The parts of scripts/ that decide something: whether to install, and what the sum of the tests is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

// Plain JavaScript, because it runs before TypeScript is installed; its types are told here.
const { installed } = await vi.importActual<{ installed(dir: string): boolean }>('../../scripts/setup.mjs');
const { countCargo, countVitest } = await vi.importActual<{
  countCargo(text: string): Sum;
  countVitest(report: unknown): Sum;
}>('../../scripts/count.mjs');

type Packages = Record<string, { version?: string; optional?: boolean }>;

function isInstalled(wanted: Packages | undefined, found: Packages | undefined): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'assent-setup-'));
  mkdirSync(join(dir, 'node_modules'));
  if (wanted) writeFileSync(join(dir, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  if (found) writeFileSync(join(dir, 'node_modules/.package-lock.json'), JSON.stringify({ packages: found }));
  const answer = installed(dir);
  rmSync(dir, { recursive: true });
  return answer;
}

const lock: Packages = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b-windows': { version: '1.0.0', optional: true },
};

test.each<[string, Packages | undefined, Packages | undefined, boolean]>([
  ['nothing is installed', lock, undefined, false],
  ['there is no lock file', undefined, lock, false],
  [
    'all is there',
    lock,
    { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-windows': { version: '1.0.0' } },
    true,
  ],
  ['only the package of another platform is missing', lock, { 'node_modules/a': { version: '1.0.0' } }, true],
  ['a package is missing', lock, {}, false],
  ['a package has another version', lock, { 'node_modules/a': { version: '1.0.1' } }, false],
  [
    'an optional package is there in another version',
    lock,
    { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-windows': { version: '0.9.0' } },
    false,
  ],
])('setup when %s', (_what, wanted, found, expected) => {
  expect(isInstalled(wanted, found)).toBe(expected);
});

test('the counts of all cargo test binaries are added up', () => {
  const text = [
    'running 3 tests',
    'test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s',
    'test says that a test result: ok. 9 passed; 9 failed; 9 ignored is not its own',
    'test result: FAILED. 10 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s',
  ];
  expect(countCargo(text.join('\n'))).toEqual({ passed: 12, failed: 4, skipped: 1 });
  expect(countCargo('error[E0425]: cannot find value')).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test('a test file that cannot be loaded counts as one failure', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [
      { status: 'passed', assertionResults: [{}] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'failed', assertionResults: [] },
    ],
  };
  expect(countVitest(report)).toEqual({ passed: 5, failed: 2, skipped: 3 });
});
