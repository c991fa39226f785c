// A worker is killed in the middle of a run: the machine starts another one, and nothing is made twice. An emulator of its own:
// whose workers are killed, and whose queues are counted, must be nobody else's.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, callAt, ENDS, until } from './support/call.ts';
import { chainOf, killWorkers, queuesOf, stopExecution } from './support/chain.ts';
import { type Installed, startService } from './support/start.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await startService();
  callAt(installed.service);
});
afterAll(() => installed?.stop());

const SIZE = 30;
const FEW = 13;

test('killed twice, the run ends as if nothing had happened', { timeout: 180_000 }, async () => {
  const template = chainOf(SIZE);
  const before = new Set(await queuesOf(installed));
  const made = async () => (await queuesOf(installed)).filter((one) => !before.has(one));
  const { location } = await call('POST', '/deployments', { stack: 'killed', template });
  for (const atLeast of [3, 12]) {
    await expect
      .poll(async () => (await made()).length, { timeout: 90_000, interval: 50 })
      .toBeGreaterThanOrEqual(atLeast);
    expect((await made()).length).toBeLessThan(SIZE);
    killWorkers(installed);
  }
  const { document } = await until(location ?? '', ENDS);
  expect(document).toMatchObject({ status: 'succeeded', result: { outcome: 'succeeded' } });
  const there = await made();
  expect(there).toHaveLength(SIZE);
  const { document: stack } = await call('GET', '/stacks/killed');
  const recorded = stack.stacks[0].resources.map(({ physicalId }: { physicalId: string }) => physicalId);
  expect(recorded.sort()).toEqual(there.sort());
});

test('an execution is aborted and its worker killed: the run is resumed as RUN-2, and nothing is made twice', {
  timeout: 180_000,
}, async () => {
  const before = new Set(await queuesOf(installed));
  const made = async () => (await queuesOf(installed)).filter((one) => !before.has(one));
  const begun = await call('POST', '/deployments', { stack: 'aborted', template: chainOf(SIZE) });
  const location = begun.location ?? '';
  const { runId } = begun.document;
  await expect.poll(async () => (await made()).length, { timeout: 90_000, interval: 50 }).toBeGreaterThanOrEqual(5);
  await stopExecution(installed, runId);
  killWorkers(installed);
  expect((await made()).length).toBeLessThan(SIZE);
  // Nobody works on it once the killed worker's lease has run out; until then it only looks as if somebody did.
  await expect
    .poll(async () => (await call('GET', location)).document.status, { timeout: 60_000, interval: 500 })
    .toBe('interrupted');
  const left = (await made()).length;
  expect(left).toBeLessThan(SIZE);

  const resumed = await call('POST', `${location}/resume`);
  expect(resumed).toMatchObject({ status: 202, location });
  const { document } = await until(location, ENDS);
  expect(document).toMatchObject({ runId, status: 'succeeded' });
  const there = await made();
  expect(there).toHaveLength(SIZE);
  const { document: stack } = await call('GET', '/stacks/aborted');
  const recorded = stack.stacks[0].resources.map(({ physicalId }: { physicalId: string }) => physicalId);
  expect(recorded.sort()).toEqual(there.sort());
  expect(await call('POST', `${location}/resume`)).toMatchObject({
    status: 409,
    document: { code: 'run_not_resumable' },
  });
});

test('nobody goes on with a run: it says so, and is called off all the same; resumed, it goes on', {
  timeout: 180_000,
}, async () => {
  const before = new Set(await queuesOf(installed));
  const made = async () => (await queuesOf(installed)).filter((one) => !before.has(one));
  const begun = await call('POST', '/deployments', { stack: 'called-off', template: chainOf(FEW) });
  const location = begun.location ?? '';
  await expect.poll(async () => (await made()).length, { timeout: 90_000, interval: 500 }).toBeGreaterThanOrEqual(3);
  await stopExecution(installed, begun.document.runId);
  killWorkers(installed);
  await expect
    .poll(async () => (await call('GET', location)).document.status, { timeout: 60_000, interval: 500 })
    .toBe('interrupted');
  expect((await call('GET', location)).document).toMatchObject({ error: { code: 'workflow_failed' } });
  expect(await call('DELETE', location)).toMatchObject({ status: 200, document: { requested: true } });
  expect((await until(location, ENDS)).document).toMatchObject({ status: 'cancelled' });
  const left = (await made()).length;
  expect(left).toBeLessThan(FEW);
  expect((await call('POST', `${location}/resume`)).status).toBe(202);
  expect((await until(location, ['succeeded', 'failed'])).document).toMatchObject({ status: 'succeeded' });
  expect(await made()).toHaveLength(FEW);
});

test('so does a deployment to several targets', { timeout: 180_000 }, async () => {
  const before = new Set(await queuesOf(installed));
  const made = async () => (await queuesOf(installed)).filter((one) => !before.has(one));
  const targets = ['one', 'two'].map((stack) => ({ stack: `several-${stack}` }));
  const begun = await call('POST', '/deployments', { template: chainOf(FEW), targets });
  const location = begun.location ?? '';
  await expect.poll(async () => (await made()).length, { timeout: 90_000, interval: 500 }).toBeGreaterThanOrEqual(1);
  await stopExecution(installed, begun.document.runId);
  killWorkers(installed);
  expect((await call('GET', location)).document).toMatchObject({ status: 'interrupted', code: 'workflow_failed' });
  expect((await call('POST', `${location}/resume`)).status).toBe(202);
  expect((await until(location, ENDS)).document).toMatchObject({
    status: 'succeeded',
    targets: [{ status: 'succeeded' }, { status: 'succeeded' }],
  });
  expect(await made()).toHaveLength(2 * FEW);
});
