// bin/assent alone, in made-up installations: which Node it picks, what it says when there is none, and that it is
// the process a user sees. Costs a few Node starts.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const launcher = join(import.meta.dirname, '../../bin/assent');
const echo = 'console.log(JSON.stringify({ args: process.argv.slice(2), pid: process.pid }));';
// A PATH without any Node: /bin may hold one, so only what the script calls is linked.
let folder: string;
let path: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'assent-launcher-')));
  path = join(folder, 'path');
  mkdirSync(path);
  symlinkSync(execFileSync('sh', ['-c', 'command -v readlink'], { encoding: 'utf8' }).trim(), join(path, 'readlink'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function put(file: string, text: string, mode = 0o644): string {
  const at = join(folder, file);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, text);
  chmodSync(at, mode);
  return at;
}

/** An installation in `root` whose program is `main` with the text `program`; returns the launcher's path. */
function install(root: string, main: 'dist/cli.js' | 'src/cli/main.ts', program = echo): string {
  put(join(root, main), program);
  put(join(root, 'package.json'), '{"type":"module"}');
  mkdirSync(join(folder, root, 'bin'), { recursive: true });
  const at = join(folder, root, 'bin/assent');
  copyFileSync(launcher, at);
  return at;
}

/** Puts this test's own Node where an installed `node` package has its binary; $CHOSEN says which one ran. */
function nodeAt(file: string, name = file): void {
  put(file, `#!/bin/sh\nexport CHOSEN='${name}'\nexec '${process.execPath}' "$@"\n`, 0o755);
}

function run(program: string, args: string[] = [], env: Record<string, string> = {}) {
  return spawnSync(program, args, { encoding: 'utf8', env: { PATH: path, ...env } });
}

const tellChosen = 'console.log(process.env.CHOSEN);';

test('the Node below the package is preferred to one on PATH', () => {
  const assent = install('package', 'dist/cli.js', tellChosen);
  nodeAt('package/node_modules/node/bin/node', 'own');
  nodeAt('path/node', 'path');
  expect(run(assent).stdout).toBe('own\n');
});

test('the Node that npm hoisted beside the package is found', () => {
  const assent = install('app/node_modules/assent', 'dist/cli.js', tellChosen);
  nodeAt('app/node_modules/node/bin/node', 'hoisted');
  nodeAt('path/node', 'path');
  expect(run(assent).stdout).toBe('hoisted\n');
});

test('a folder named node beside a clone is not taken for the package', () => {
  const assent = install('projects/assent', 'src/cli/main.ts', tellChosen);
  mkdirSync(join(folder, 'projects/assent/node_modules'));
  nodeAt('projects/node/bin/node', 'stranger');
  nodeAt('path/node', 'path');
  expect(run(assent).stdout).toBe('path\n');
});

test('a chain of relative and absolute links leads to the package', () => {
  const assent = install('lib/node_modules/assent', 'dist/cli.js', tellChosen);
  nodeAt('lib/node_modules/assent/node_modules/node/bin/node', 'own');
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'a b'));
  symlinkSync('../lib/node_modules/assent/bin/assent', join(folder, 'bin/first'));
  symlinkSync(join(folder, 'bin/first'), join(folder, 'a b/second'));
  expect(run(join(folder, 'a b/second')).stdout).toBe('own\n');
  expect(run(assent).stdout).toBe('own\n');
});

test('a clone runs the source even when it has been built', () => {
  const assent = install('clone', 'src/cli/main.ts', "const from: string = 'source'; console.log(from);");
  put('clone/dist/cli.js', "console.log('dist');");
  nodeAt('clone/node_modules/node/bin/node');
  expect(run(assent).stdout).toBe('source\n');
});

test('arguments arrive as they were given', () => {
  const assent = install('package', 'dist/cli.js');
  nodeAt('package/node_modules/node/bin/node');
  const args = ['a b', '', '*', '$HOME', '--', '-e', "it's", 'line\nline'];
  expect(JSON.parse(run(assent, args).stdout).args).toEqual(args);
});

test('experimental warnings of Node stay off stderr and other warnings do not', () => {
  const warn = "process.emitWarning('hidden', 'ExperimentalWarning'); process.emitWarning('shown');";
  const assent = install('package', 'dist/cli.js', warn);
  nodeAt('package/node_modules/node/bin/node');
  const { stderr } = run(assent);
  expect(stderr).not.toContain('hidden');
  expect(stderr).toContain('shown');
});

test('the exit code of the program is the exit code of the launcher', () => {
  const assent = install('package', 'dist/cli.js', 'process.exit(6);');
  nodeAt('package/node_modules/node/bin/node');
  expect(run(assent).status).toBe(6);
});

test.each([
  ['v20.19.0', 'dist/cli.js', '22.13'],
  ['v22.12.0', 'dist/cli.js', '22.13'],
  ['v22.13.0', 'src/cli/main.ts', '24'],
  ['v23.99.0', 'src/cli/main.ts', '24'],
] as const)('Node %s on PATH is refused for %s in one line', (version, main, wanted) => {
  const assent = install('root', main);
  mkdirSync(join(folder, 'root/node_modules'));
  fakeNode(version);
  const { status, stdout, stderr } = run(assent);
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: `assent: needs Node ${wanted} or newer, this one is ${version}\n`,
  });
});

test.each([
  ['v22.13.0', 'dist/cli.js'],
  ['v24.0.0', 'dist/cli.js'],
  ['v24.0.0', 'src/cli/main.ts'],
  ['v100.0.0', 'src/cli/main.ts'],
] as const)('Node %s on PATH is accepted for %s', (version, main) => {
  const assent = install('root', main, "console.log('ran');");
  mkdirSync(join(folder, 'root/node_modules'));
  fakeNode(version);
  expect(run(assent).stdout).toBe('ran\n');
});

/** A Node on PATH that says it is `version`, to `--version` and to a script that asks, and otherwise is ours. */
function fakeNode(version: string): void {
  const lie = put('lie.cjs', `Object.defineProperty(process, 'versions', { value: { node: '${version.slice(1)}' } });`);
  const text = [
    '#!/bin/sh',
    `[ "$1" = --version ] && echo ${version} && exit`,
    `[ "$1" = -e ] && exec '${process.execPath}' -r '${lie}' "$@"`,
    `exec '${process.execPath}' "$@"`,
  ];
  put('path/node', `${text.join('\n')}\n`, 0o755);
}

test.each([
  ['no Node anywhere', 'dist/cli.js', [], 'needs Node 22.13 or newer, and there is none on PATH'],
  ['a clone without its dependencies', 'src/cli/main.ts', [], 'dependencies are missing'],
  ['an installation without a program', 'dist/cli.js', ['package/dist/cli.js'], 'the installation is incomplete'],
] as const)('%s is one clear line and exit code 2', (_what, main, missing, says) => {
  const assent = install('package', main);
  for (const file of missing) rmSync(join(folder, file));
  const { status, stdout, stderr } = run(assent);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain(says);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('kill -9 of the launcher leaves no child', async () => {
  const assent = install('package', 'dist/cli.js', `${echo} setInterval(() => {}, 1000);`);
  // The binary itself, as npm installs it: a wrapper script would be one more thing to exec.
  mkdirSync(join(folder, 'package/node_modules/node/bin'), { recursive: true });
  symlinkSync(process.execPath, join(folder, 'package/node_modules/node/bin/node'));
  const child = spawn(assent, [], { env: { PATH: path }, stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid } = JSON.parse(await firstLine(child));
  expect(pid).toBe(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text;
}
