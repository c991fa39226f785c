// The library as a program uses it: one options object, a promise, an iterator, typed errors.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { instance } from '../../src/core/instance.ts';
import {
  AssentError,
  aggregate,
  consult,
  deploy,
  destroy,
  drift,
  InvalidInput,
  type Measured,
  Monitor,
  plan,
  ResourceNotFound,
  SecurityValidationFailed,
  scan,
  simulate,
} from '../../src/index.ts';
import { queues } from '../support/cli.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'assent-library-'));
  process.env['ASSENT_SANDBOX_SPEED'] = '1000';
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const template = JSON.stringify(queues(2, 2));

test('plan, deploy with progress, destroy', { timeout: 240_000 }, async () => {
  const planned = await plan({ template, stack: 'lib', state });
  expect(planned.actions.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create']);

  const run = deploy({ template, stack: 'lib', state, approve: planned.digest });
  const succeeded: string[] = [];
  for await (const event of run) {
    if (event.event === 'resource' && event.status === 'succeeded') succeeded.push(event.logicalId);
  }
  expect(succeeded.sort()).toEqual(['Q0x0', 'Q0x1', 'Q1x0', 'Q1x1']);
  expect((await run).outputs).toHaveProperty('First');

  expect(await deploy({ template, stack: 'lib', state })).toMatchObject({ outcome: 'no_changes' });
  expect(await destroy({ stack: 'lib', state })).toMatchObject({ outcome: 'succeeded' });
  expect(await destroy({ stack: 'lib', state })).toMatchObject({ outcome: 'no_changes' });
});

test('a deployment parses its template once, also over a stack that it reads first', { timeout: 240_000 }, async () => {
  const wasm = instance();
  const { Template } = wasm;
  const parsed: string[] = [];
  wasm.Template = class extends Template {
    constructor(text: string) {
      super(text);
      parsed.push(text);
    }
  };
  try {
    await deploy({ template, stack: 'once', state });
    expect(parsed).toEqual([template]);
    const changed = JSON.stringify(queues(2, 1));
    await deploy({ template: changed, stack: 'once', state });
    expect(parsed).toEqual([template, changed]);
  } finally {
    wasm.Template = Template;
  }
});

test('what is refused rejects with a type and a code', { timeout: 240_000 }, async () => {
  const bad = plan({ template: '{"Resources":{}}', stack: 'lib', state });
  await expect(bad).rejects.toBeInstanceOf(InvalidInput);
  await expect(deploy({ template, stack: 'lib', state, approve: 'f'.repeat(64) })).rejects.toMatchObject({
    name: 'AssentError',
    code: 'plan_changed',
  });
});

test('an abort before anything was called rejects as interrupted and leaves nothing', {
  timeout: 240_000,
}, async () => {
  const aborted = deploy({ template, stack: 'lib', state, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toBeInstanceOf(AssentError);
  await expect(aborted).rejects.toMatchObject({ code: 'interrupted' });
  expect(await destroy({ stack: 'lib', state })).toMatchObject({ outcome: 'no_changes' });
});

test('an abort in the middle ends in good order; the stack can be deployed again', { timeout: 240_000 }, async () => {
  const stop = new AbortController();
  const run = deploy({ template, stack: 'lib', state, signal: stop.signal });
  for await (const event of run) if (event.event === 'resource' && event.status === 'in_progress') stop.abort();
  await expect(run).rejects.toMatchObject({ code: 'interrupted', cause: { outcome: 'suspended' } });
  expect(await deploy({ template, stack: 'lib', state })).toMatchObject({ outcome: 'succeeded' });
});

test('two deployments of one stack at once: one does it, the other is told who has it', {
  timeout: 240_000,
}, async () => {
  const both = await Promise.allSettled([
    deploy({ template, stack: 'lib', state }),
    deploy({ template, stack: 'lib', state }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  // Told at once, or, when the other had already ended, by its plan's being of before.
  for (const one of both) {
    if (one.status === 'rejected') expect(['lease_held', 'run_superseded']).toContain(one.reason.code);
  }
});

test('a simulation needs no state and is the same every time', async () => {
  const once = await simulate({ template, maxConcurrency: 2, seed: '7' });
  const { elapsedMs: _, ...same } = await simulate({ template, maxConcurrency: 2, seed: '7' });
  expect(once).toMatchObject({ ...same, resources: 4, maxInFlight: 2 });
  expect(once.ratio).toBeGreaterThanOrEqual(1);
});

test('given votes are aggregated', async () => {
  const votes = [
    { expert: 'a', option: 'yes', confidence: 0.9 },
    { expert: 'b', option: 'no', confidence: 0.6 },
  ];
  expect(await aggregate({ votes, method: 'bayesian' })).toMatchObject({ outcome: 'yes', dissent: ['b'] });
  await expect(aggregate({ votes: [] })).rejects.toMatchObject({ name: 'InvalidInput', code: 'no_votes' });
});

test('a program measures with a monitor of its own', async () => {
  const kept: Measured[] = [];
  const monitor = new Monitor({ intervalMs: 60_000, sink: async (measured) => void kept.push(...measured) });
  const series = monitor.series('request_duration_ms', { route: '/' });
  for (let n = 1; n <= 100; n += 1) series.record(n);
  await monitor.close();
  expect(kept).toMatchObject([{ name: 'request_duration_ms', labels: { route: '/' }, kind: 'distribution' }]);
});

test('scan tells findings with their place and touches no state', async () => {
  const open = JSON.stringify({
    Resources: {
      Door: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'x',
          SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
        },
      },
    },
  });
  const document = await scan({ template: open });
  expect(document).toMatchObject({ version: 1, kind: 'scan', summary: { filesScanned: 1 } });
  expect(document.findings).toContainEqual(
    expect.objectContaining({ resource: 'Door', category: 'policy', line: expect.any(Number) }),
  );
  const failing = deploy({ template: open, stack: 'lib', state, failOn: 'low' });
  await expect(failing).rejects.toBeInstanceOf(SecurityValidationFailed);
  await expect(scan({ template: open, signal: AbortSignal.abort() })).rejects.toThrow();
});

test('consult gives the circle’s votes and changes nothing', { timeout: 240_000 }, async () => {
  const document = await consult({ template, stack: 'lib', state });
  expect(document).toMatchObject({ version: 1, kind: 'consult' });
  expect(document.votes.map(({ expert }) => expert).sort()).toEqual([
    'availability',
    'blast-radius',
    'cost',
    'data-safety',
    'history',
    'hygiene',
    'permissions',
    'policy',
  ]);
  expect(await destroy({ stack: 'lib', state })).toMatchObject({ outcome: 'no_changes' });
});

test('drift of a stack, and of one nobody knows', { timeout: 240_000 }, async () => {
  await deploy({ template, stack: 'lib', state });
  expect(await drift({ stack: 'lib', state })).toMatchObject({ kind: 'drift', inSync: true });
  await expect(drift({ stack: 'other', state })).rejects.toBeInstanceOf(ResourceNotFound);
});
