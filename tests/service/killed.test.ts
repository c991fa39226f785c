// A worker is killed in the middle of a run: the machine starts another one, and nothing is made twice. An emulator of its own:
// whose workers are killed, and whose queues are counted, must be nobody else's.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, callAt, ENDS, SIGNED, until } from './support/call.ts';
import { HOME_ACCOUNT } from './support/scripts.ts';
import { type Installed, startService } from './support/start.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await startService();
  callAt(installed.service);
});
afterAll(() => installed?.stop());

/** Process ids of the workers that run now. */
function workers(): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(installed.folder) && line.includes('ministack-lambda-assent-local-worker'))
    .map((line) => Number.parseInt(line, 10));
}

/** Queues that there are in the sandbox. */
async function queues(): Promise<string[]> {
  const found: string[] = [];
  for (let NextToken: string | undefined; ; ) {
    const answer = await fetch(installed.sandbox, {
      method: 'POST',
      headers: {
        authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'cloudcontrolapi'),
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'CloudApiService.ListResources',
      },
      body: JSON.stringify({ TypeName: 'AWS::SQS::Queue', ...(NextToken === undefined ? {} : { NextToken }) }),
    });
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as { ResourceDescriptions: { Identifier: string }[]; NextToken?: string };
    found.push(...page.ResourceDescriptions.map(({ Identifier }) => Identifier));
    if (page.NextToken === undefined) return found;
    NextToken = page.NextToken;
  }
}

const SIZE = 30;

/** One after the other: stopped anywhere, something is there and something is not. */
function chainOf(size: number): string {
  const chain = Array.from({ length: size }, (_, n) => [
    `Q${n}`,
    { Type: 'AWS::SQS::Queue', ...(n === 0 ? {} : { DependsOn: `Q${n - 1}` }) },
  ]);
  return JSON.stringify({ Resources: Object.fromEntries(chain) });
}

/** Aborts an execution, as an operator would. */
async function stopExecution(name: string): Promise<void> {
  const answer = await fetch(installed.emulator, {
    method: 'POST',
    headers: {
      authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'states'),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AWSStepFunctions.StopExecution',
    },
    body: JSON.stringify({
      executionArn: `arn:aws:states:us-east-1:${HOME_ACCOUNT}:execution:assent-local-deploy:${name}`,
    }),
  });
  expect(answer.status).toBe(200);
}

test('killed twice, the run ends as if nothing had happened', { timeout: 180_000 }, async () => {
  const template = chainOf(SIZE);
  const before = new Set(await queues());
  const made = async () => (await queues()).filter((one) => !before.has(one));
  const { location } = await call('POST', '/deployments', { stack: 'killed', template });
  for (const atLeast of [3, 12]) {
    await expect
      .poll(async () => (await made()).length, { timeout: 90_000, interval: 50 })
      .toBeGreaterThanOrEqual(atLeast);
    expect((await made()).length).toBeLessThan(SIZE);
    const pids = workers();
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
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
  const before = new Set(await queues());
  const made = async () => (await queues()).filter((one) => !before.has(one));
  const begun = await call('POST', '/deployments', { stack: 'aborted', template: chainOf(SIZE) });
  const location = begun.location ?? '';
  const { runId } = begun.document;
  await expect.poll(async () => (await made()).length, { timeout: 90_000, interval: 50 }).toBeGreaterThanOrEqual(5);
  await stopExecution(runId);
  for (const pid of workers()) process.kill(pid, 'SIGKILL');
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
