// More targets at once than an inline Map runs: a Distributed Map over a list in S3. How many at once, what was made where, and
// how two workers share one account's rate. Twelve targets here; `npm run soak -- fan-out` has 120, with 1,000 resources.
// An emulator of its own: the bound is a parameter of the installation, and what is counted must be nobody else's.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { aws } from './support/aws.ts';
import { call, callAt, ENDS, until } from './support/call.ts';
import { type Installed, startService } from './support/start.ts';

const TARGETS = Number(process.env['ASSENT_TARGETS'] ?? 12);
const RESOURCES = Number(process.env['ASSENT_RESOURCES'] ?? 60);
// One more than an inline Map runs, or enough to see it held.
const AT_ONCE = TARGETS > 41 ? 48 : 41;
const PATIENCE = { timeout: 60 * 60_000 };

/** Every account has a role of this name, which lets in whoever says this. */
const ROLE = 'assent-target';
const EXTERNAL_ID = 'what-only-the-service-says';

/** What the sandbox lets through of an account, looked at on each call. */
const rate = { perSecond: 25, burst: 50 };

let installed: Installed;
beforeAll(async () => {
  const role = { targetRole: `arn:aws:iam::{account}:role/${ROLE}`, targetExternalId: EXTERNAL_ID };
  installed = await startService({ fanOut: AT_ONCE, ...role }, { rate });
  callAt(installed.service);
});
afterAll(() => installed?.stop());

const accountOf = (index: number) => String(100_000_000_000 + index);
const queues = (count: number) =>
  JSON.stringify({
    Resources: Object.fromEntries(Array.from({ length: count }, (_, n) => [`Q${n}`, { Type: 'AWS::SQS::Queue' }])),
  });

/** Makes the role by which the service comes into an account of the sandbox. */
async function openAccount(account: string, externalId = EXTERNAL_ID): Promise<void> {
  const Condition = { StringEquals: { 'sts:ExternalId': externalId } };
  const Principal = { AWS: 'arn:aws:iam::111111111111:root' };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', Condition }];
  const DesiredState = JSON.stringify({
    RoleName: ROLE,
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement },
  });
  const cloud = (operation: string, body: object) => {
    const target = `CloudApiService.${operation}`;
    return aws({ url: installed.sandbox, service: 'cloudcontrolapi', account, target, body });
  };
  const { ProgressEvent } = await cloud('CreateResource', { TypeName: 'AWS::IAM::Role', DesiredState });
  const { RequestToken } = ProgressEvent;
  const status = async () => (await cloud('GetResourceRequestStatus', { RequestToken })).ProgressEvent.OperationStatus;
  await expect.poll(status, { timeout: 10_000 }).toBe('SUCCESS');
}

/** What the sandbox was asked after its call number `after`. */
async function trail(after: number): Promise<AnyDocument> {
  return (await fetch(`${installed.sandbox}/_sandbox/calls?after=${after}`)).json();
}

/** Queues that an account of the sandbox has. */
async function queuesOf(account: string): Promise<string[]> {
  const found: string[] = [];
  for (let NextToken: string | undefined; ; ) {
    const asked = { TypeName: 'AWS::SQS::Queue', ...(NextToken === undefined ? {} : { NextToken }) };
    const target = 'CloudApiService.ListResources';
    const list = () => aws({ url: installed.sandbox, service: 'cloudcontrolapi', account, target, body: asked });
    // The account's rate may be used up by those whose work is looked at.
    const page = await list().catch(() => pause(3_000).then(list));
    found.push(...page.ResourceDescriptions.map(({ Identifier }: AnyDocument) => Identifier));
    if (page.NextToken === undefined) return found;
    NextToken = page.NextToken;
  }
}

/** Most intervals that overlap at an instant. */
function mostAtOnce(intervals: readonly (readonly [from: number, to: number])[]): number {
  return Math.max(...intervals.map(([at]) => intervals.filter(([from, to]) => from <= at && at < to).length));
}

/** Executions that the Distributed Map of a deployment has started: the emulator lists them as AWS does. */
async function childrenOf(id: string): Promise<(readonly [number, number])[]> {
  const states = (operation: string, body: object) =>
    aws({ url: installed.emulator, service: 'states', target: `AWSStepFunctions.${operation}`, body });
  const executionArn = `arn:aws:states:us-east-1:111111111111:execution:assent-local-deploy:${id}`;
  const { mapRuns } = await states('ListMapRuns', { executionArn });
  const lists = await Promise.all(
    mapRuns.map(({ mapRunArn }: AnyDocument) => states('ListExecutions', { mapRunArn, maxResults: 1_000 })),
  );
  const seconds = (at: string | number) => (typeof at === 'number' ? at * 1_000 : Date.parse(at));
  return lists.flatMap(({ executions }) =>
    executions.map(({ startDate, stopDate }: AnyDocument) => [seconds(startDate), seconds(stopDate)] as const),
  );
}

async function runsOf(deployment: AnyDocument): Promise<AnyDocument[]> {
  const runs: AnyDocument[] = [];
  for (const { runId } of deployment.targets) runs.push((await call('GET', `/deployments/${runId}`)).document);
  return runs;
}

test(`${TARGETS} targets, ${RESOURCES} resources: bounded, nothing lost, nothing twice`, PATIENCE, async () => {
  const sizes = Array.from({ length: TARGETS }, (_, index) => Math.floor((RESOURCES + index) / TARGETS));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(RESOURCES);
  const targets = sizes.map((size, index) => ({ stack: 'fan', account: accountOf(index), template: queues(size) }));
  for (const { account } of targets) await openAccount(account);
  const bounds = { maxConcurrency: AT_ONCE, toleratedFailures: 0 };
  const began = performance.now();
  const asked = await call('POST', '/deployments', { targets, bounds, refresh: false });
  expect(asked.status).toBe(202);
  const { document } = await until(asked.location ?? '', ENDS);
  const elapsedMs = performance.now() - began;
  expect(document.status, JSON.stringify(document).slice(0, 2_000)).toBe('succeeded');

  const children = await childrenOf(document.runId);
  const runs = await runsOf(document);
  const working = runs.map(({ startedAt, endedAt }) => [Date.parse(startedAt), Date.parse(endedAt)] as const);
  const calls = (kind: string) => runs.reduce((sum, { result }) => sum + result.calls[kind], 0);
  const said = {
    targets: TARGETS,
    resources: RESOURCES,
    bound: AT_ONCE,
    executionsAtOnce: mostAtOnce(children),
    workersAtOnce: mostAtOnce(working),
    elapsedS: Math.round(elapsedMs / 1_000),
    creates: calls('create'),
    polls: calls('poll'),
    throttled: calls('throttled'),
  };
  console.error(`fan-out: ${JSON.stringify(said)}`);
  // One execution each, none a second time, and never more than the bound.
  expect(children).toHaveLength(TARGETS);
  expect(said.executionsAtOnce).toBeLessThanOrEqual(AT_ONCE);
  if (TARGETS > AT_ONCE) expect(said.executionsAtOnce).toBe(AT_ONCE);
  // What is there is what was asked for, account by account; a creation sent twice would be counted twice.
  for (const [index, size] of sizes.entries()) {
    const { account, result } = runs[index] ?? {};
    expect({ account, outcome: result.outcome }).toEqual({ account: accountOf(index), outcome: 'succeeded' });
    expect(await queuesOf(accountOf(index))).toHaveLength(size);
  }
  expect(said.creates).toBe(RESOURCES);
});

test('every account is entered by its own role, for a run that the session names; one that is closed stops all', async () => {
  const { last } = await trail(0);
  const [open, closed] = ['666666666666', '777777777777'];
  await openAccount(open);
  await openAccount(closed, 'what another service says');
  const deployed = async (...accounts: string[]) => {
    const targets = accounts.map((account) => ({ stack: 'roles', account, template: queues(1) }));
    const { location } = await call('POST', '/deployments', { targets });
    return (await until(location ?? '', ENDS)).document;
  };
  const alone = await deployed(open);
  expect(alone.status).toBe('succeeded');
  const both = await deployed(open, closed);
  expect(both).toMatchObject({
    status: 'refused',
    code: 'target_not_planned',
    targets: [
      { account: open, status: 'planned' },
      { account: closed, status: 'not_planned', error: { code: 'unreachable' } },
    ],
  });
  expect(both.targets[1].error.message).toMatch(`Role arn:aws:iam::${closed}:role/${ROLE} could not be assumed`);
  expect(await queuesOf(closed)).toEqual([]);

  const { calls } = await trail(last);
  const sessions: string[] = calls
    .filter(({ operation, outcome }: AnyDocument) => operation === 'sts.AssumeRole' && outcome === 'ok')
    .map(({ identifier }: AnyDocument) => identifier);
  const [{ runId }] = alone.targets;
  // Judged for the deployment, worked for the target's run.
  for (const id of [alone.runId, runId]) {
    expect(sessions.filter((arn) => arn.startsWith(`arn:aws:sts::${open}:assumed-role/${ROLE}/${id}@`))).not.toEqual(
      [],
    );
  }
  expect(sessions.filter((arn) => !arn.startsWith(`arn:aws:sts::${open}:assumed-role/`))).toEqual([]);
});

/** Two workers on one account, `size` queues each; what they called together, and how much of it was turned away. */
async function twoWorkers(account: string, size: number) {
  await openAccount(account);
  const targets = ['left', 'right'].map((stack) => ({ stack, account, template: queues(size) }));
  const bounds = { maxConcurrency: 2, toleratedFailures: 0 };
  const began = performance.now();
  const asked = await call('POST', '/deployments', { targets, bounds, refresh: false });
  const { document } = await until(asked.location ?? '', ENDS);
  const elapsedS = (performance.now() - began) / 1_000;
  expect(document.status).toBe('succeeded');
  const runs = await runsOf(document);
  const counted = (kind: string) => runs.reduce((sum, { result }) => sum + result.calls[kind], 0);
  const calls = ['create', 'update', 'delete', 'get', 'poll'].reduce((sum, kind) => sum + counted(kind), 0);
  const throttled = counted('throttled');
  const working = runs.map(({ startedAt, endedAt }) => [Date.parse(startedAt), Date.parse(endedAt)] as const);
  const seconds = (Math.max(...working.map(([, to]) => to)) - Math.min(...working.map(([from]) => from))) / 1_000;
  const taken = calls - throttled;
  const said = {
    rate,
    resources: 2 * size,
    calls,
    seconds,
    takenPerSecond: taken / seconds,
    throttled,
    share: throttled / calls,
  };
  console.error(`two workers: ${JSON.stringify(said)}`);
  expect(mostAtOnce(working)).toBe(2);
  expect(counted('create') - throttled).toBeLessThanOrEqual(2 * size);
  expect(await queuesOf(account)).toHaveLength(2 * size);
  // Never more than the cloud lets through; what is read after a run's end is counted, too.
  expect(taken).toBeLessThanOrEqual(rate.perSecond * elapsedS + rate.burst);
  return said;
}

test('two workers on one account keep to its rate together', PATIENCE, async () => {
  const { share } = await twoWorkers('444444444444', Math.max(40, Math.round(RESOURCES / 10)));
  expect(share).toBeLessThan(0.1);
});

test('two workers learn together that an account lets less through than any other', PATIENCE, async () => {
  Object.assign(rate, { perSecond: 5, burst: 5 });
  const { share, takenPerSecond } = await twoWorkers('555555555555', Math.max(20, Math.round(RESOURCES / 10)));
  // They begin with five times as much between them: some is turned away, and then they know.
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(0.5);
  expect(takenPerSecond).toBeGreaterThan(rate.perSecond / 2);
});
