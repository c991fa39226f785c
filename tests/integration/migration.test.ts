// State folders that earlier versions left behind (tests/unit/adapters/embedded/state-*), met by this one.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';
import { UNPRIVILEGED_NODE } from '../support/unprivileged.ts';

const KEPT = join(import.meta.dirname, '../unit/adapters/embedded');
const CLOCK = pathToFileURL(join(import.meta.dirname, '../support/at-time.mjs')).href;
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const WORD = ['--parameters', 'Password=hunter22'];
/** Commands run at this time; ten minutes after a folder was left. */
const at = (time: number) => ({ NODE_OPTIONS: `--import ${CLOCK}`, ASSENT_TEST_NOW: String(time) });

function left(version: 'state-v2' | 'state-v6', env: Record<string, string> = {}): Workspace {
  const space = new Workspace(env);
  mkdirSync(join(space.dir, '.assent'));
  for (const name of readdirSync(join(KEPT, version))) {
    const bytes = readFileSync(join(KEPT, version, name));
    if (name.endsWith('.gz')) writeFileSync(join(space.dir, '.assent', name.slice(0, -3)), gunzipSync(bytes));
    else if (name.endsWith('.json')) writeFileSync(join(space.dir, name), bytes);
  }
  return space;
}

test('every stack and run is there, and what was deployed re-plans as unchanged', { timeout: 180_000 }, async () => {
  using space = left('state-v2');
  const { document } = await space.json('status');
  expect(document.stacks.map((one: { stack: string; status: string }) => `${one.stack} ${one.status}`).sort()).toEqual([
    'flaky failed',
    'half interrupted',
    'stopped cancelled',
    'user complete',
    'web complete',
  ]);
  expect(document.runs).toHaveLength(5);
  const outputs = await space.json('outputs', '--stack', 'web');
  expect(outputs.document.outputs.QueueArn).toMatch(/^arn:aws:sqs:us-east-1:123456789012:jobs-dev$/);
  for (const command of [
    ['plan', 'web.json', '--stack', 'web', ...WORD],
    ['plan', 'user.json', '--stack', 'user'],
  ]) {
    const planned = await space.json(...command);
    expect(planned.code).toBe(0);
    expect(planned.document.actions.map(({ action }: { action: string }) => action)).not.toContain('create');
    expect(new Set(planned.document.actions.map(({ action }: { action: string }) => action))).toEqual(
      new Set(['noop']),
    );
  }
  // Another word is another value: the fingerprints of then still tell.
  const other = await space.json('plan', 'web.json', '--stack', 'web', '--parameters', 'Password=another-word');
  expect(other.document.actions).toContainEqual(expect.objectContaining({ logicalId: 'Secret', action: 'update' }));
  expect(await space.json('deploy', 'web.json', '--stack', 'web', ...WORD)).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes' },
  });
});

test('a run that was killed then is settled now, and submitted again: nothing is created twice', {
  timeout: 180_000,
}, async () => {
  using space = left('state-v2', at(Date.UTC(2026, 10, 26, 1, 55)));
  // Nothing was signed then, and what is not signed is not worked on.
  const resumed = await space.json('resume');
  expect(resumed).toMatchObject({ code: 1, document: { code: 'proof_missing' } });
  expect(resumed.document.help).toContain('Submit it again');
  const again = await space.json('deploy', 'layers.json', '--stack', 'half', '--yes');
  expect(again).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  const { document } = await space.json('status', '--stack', 'half');
  expect(document.stacks[0].resources).toHaveLength(12);
  const planned = await space.json('plan', 'layers.json', '--stack', 'half');
  expect(new Set(planned.document.actions.map(({ action }: { action: string }) => action))).toEqual(new Set(['noop']));
  const destroyed = await space.json('destroy', '--stack', 'half', '--yes', '--allow-data-loss', 'all');
  expect(destroyed).toMatchObject({ code: 0, document: { calls: { delete: 12 } } });
});

test('runs that a version with a signed log has begun, killed while they created, changed and rolled back, are finished', {
  timeout: 180_000,
}, async () => {
  using space = left('state-v6', at(Date.UTC(2026, 10, 27, 2, 10)));
  const { document: before } = await space.json('status');
  const unfinished = new Map(
    before.runs
      .filter(({ status }: AnyDocument) => status === 'interrupted')
      .map(({ runId, stack }: AnyDocument) => [stack, runId]),
  );
  expect([...unfinished.keys()].sort()).toEqual(['changed', 'failing', 'half']);
  const resumed = async (stack: string) => (await space.json('resume', unfinished.get(stack) as string)).document;
  // What was made then is not made again.
  expect(await resumed('half')).toMatchObject({ outcome: 'succeeded', calls: { create: 12 } });
  expect(await resumed('changed')).toMatchObject({ outcome: 'succeeded', calls: { create: 0, update: 12 } });
  expect(await resumed('failing')).toMatchObject({ outcome: 'rolled_back', calls: { create: 13, delete: 12 } });
  const { document } = await space.json('status');
  const size = ({ stack, resources }: AnyDocument) => `${stack} ${resources.length}`;
  expect(document.stacks.map(size).sort()).toEqual(['changed 12', 'failing 0', 'half 12', 'web 4']);
  for (const [stack, template, ...more] of [
    ['half', 'layers.json'],
    ['changed', 'changed.json'],
    ['web', 'web.json', ...WORD],
  ] as const) {
    const planned = await space.json('plan', template, '--stack', stack, ...more);
    const actions = planned.document.actions.map(({ action }: { action: string }) => action);
    expect([stack, ...new Set(actions)]).toEqual([stack, 'noop']);
  }
  const key = space.file('key.pub', (await space.run('audit', 'key')).stdout);
  for (const runId of unfinished.values()) {
    const proof = await space.json('audit', 'prove', runId as string);
    const file = space.file('proof.json', proof.document);
    expect(await space.json('audit', 'verify', file, '--key', key)).toMatchObject({ code: 0 });
  }
});

test.runIf(process.platform === 'linux')(
  'status, outputs and metrics read a folder that may only be read; what would write is refused',
  { timeout: 180_000 },
  async () => {
    using space = left('state-v2');
    expect((await space.run('status')).code).toBe(0);
    const state = join(space.dir, '.assent');
    for (const name of readdirSync(state)) chmodSync(join(state, name), 0o444);
    chmodSync(state, 0o555);
    chmodSync(space.dir, 0o755);
    const [run, ...before] = UNPRIVILEGED_NODE;
    const as = (...args: string[]) => {
      const command = ['--disable-warning=ExperimentalWarning', MAIN, ...args, '--format', 'json'];
      return spawnSync(run, [...before, ...command], { cwd: space.dir, encoding: 'utf8' });
    };
    expect(JSON.parse(as('status').stdout).stacks).toHaveLength(5);
    expect(JSON.parse(as('outputs', '--stack', 'web').stdout).outputs.Url).toMatch(/^https:/);
    expect(as('metrics').status).toBe(0);
    const { status: exit, stdout } = as('destroy', '--stack', 'web', '--yes');
    expect([exit, JSON.parse(stdout).code]).toEqual([2, 'state_not_writable']);
    chmodSync(state, 0o755);
  },
);

test('an empty state file is refused by name, and the command says where else to look', async () => {
  using space = new Workspace();
  mkdirSync(join(space.dir, '.assent'));
  writeFileSync(join(space.dir, '.assent', 'assent.db'), '');
  for (const command of [['status'], ['deploy', space.file('t.json', { Resources: {} }), '--stack', 'web', '--yes']]) {
    const { code, document } = await space.json(...command);
    expect({ code, document }).toMatchObject({ code: 2, document: { kind: 'error', code: 'state_corrupt' } });
    expect(document.help).toContain('--state');
  }
  expect(statSync(join(space.dir, '.assent', 'assent.db')).size).toBe(0);
});
