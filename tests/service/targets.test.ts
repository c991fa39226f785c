// Several targets through the whole service: one deployment, a Map of the state machine over its targets, each an account.
import { beforeAll, expect, inject, test } from 'vitest';
import { verifyProof } from '../../src/verify.ts';
import { type AnyDocument, Workspace } from '../support/cli.ts';
import { call, ENDS, signedByUser, signingKeys, until } from './support/call.ts';

const NET = `
Resources: {T: {Type: AWS::SNS::Topic}}
Outputs: {A: {Value: !Ref T, Export: {Name: many-topic}}}`;
const APP = `
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: topic, Value: !ImportValue many-topic}]}}}
Outputs: {O: {Value: !ImportValue many-topic}}`;
const ACCOUNTS = Array.from({ length: 6 }, (_, n) => `${n + 4}`.repeat(12));
const AT_ONCE = 3;

let ANN: Record<string, string>;
beforeAll(async () => {
  ANN = await signedByUser('ann-targets');
});

test('twelve targets in six accounts: in order, bounded, each in its own account', { timeout: 180_000 }, async () => {
  const targets = ACCOUNTS.flatMap((account) => [
    { stack: 'many-app', template: APP, account },
    { stack: 'many-net', template: NET, account },
  ]);
  const bounds = { maxConcurrency: AT_ONCE, toleratedFailures: 0 };
  const asked = await call('POST', '/deployments', { targets, bounds });
  expect(asked).toMatchObject({ status: 202, document: { kind: 'deployment' } });
  const { document } = await until(asked.location ?? '', ENDS);
  expect(document).toMatchObject({ status: 'succeeded', targets: Array(12).fill({ status: 'succeeded' }) });

  const runs: AnyDocument[] = await Promise.all(
    document.targets.map(async ({ runId }: AnyDocument) => (await call('GET', `/deployments/${runId}`)).document),
  );
  for (const [index, run] of runs.entries()) {
    const { account } = targets[index] ?? {};
    expect(run).toMatchObject({ account, stack: targets[index]?.stack });
    const value = index % 2 === 0 ? run.result.outputs.O : run.result.outputs.A;
    expect(value).toContain(account);
  }
  const [apps, nets] = [0, 1].map((kind) => runs.filter((_, index) => index % 2 === kind)) as [
    AnyDocument[],
    AnyDocument[],
  ];
  const lastNet = Math.max(...nets.map(({ endedAt }) => Date.parse(endedAt)));
  for (const { startedAt } of apps) expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(lastNet);
  const working = (at: string) => runs.filter(({ startedAt, endedAt }) => startedAt <= at && at < endedAt).length;
  expect(Math.max(...runs.map(({ startedAt }) => working(startedAt)))).toBeLessThanOrEqual(AT_ONCE);

  // A stack elsewhere is looked at, and deleted, where it is.
  const [account] = ACCOUNTS;
  expect((await call('DELETE', '/stacks/many-app', {})).status).toBe(422);
  const gone = await call('DELETE', `/stacks/many-app?account=${account}&region=us-east-1`, {});
  expect(gone.status).toBe(202);
  expect((await until(gone.location ?? '', ENDS)).document).toMatchObject({ status: 'succeeded', account });
});

test('from the command line: the documents of the embedded command', { timeout: 120_000 }, async () => {
  using at = new Workspace({}, { pace: 1 });
  const [account, other] = ACCOUNTS;
  const list = [
    { stack: 'cli-app', template: at.file('app.yaml', APP.replaceAll('many-', 'cli-')), account },
    { stack: 'cli-net', template: at.file('net.yaml', NET.replaceAll('many-', 'cli-')), account },
    { stack: 'cli-q', template: at.file('q.yaml', 'Resources: {Q: {Type: AWS::SQS::Queue}}'), account: other },
  ];
  const file = at.file('targets.json', { maxConcurrency: 2, targets: list });
  const there = ['deploy', '--targets', file, '--service', inject('service')];
  expect((await at.run(...there)).stderr).toMatch(/confirmation_required/);
  const { code, document } = await at.json(...there, '--yes');
  expect({ code, document }).toMatchObject({
    code: 0,
    document: { kind: 'targets', outcome: 'succeeded', targets: Array(3).fill({ result: { kind: 'deploy' } }) },
  });
  expect(document.targets[0]).toMatchObject({ open: ['cli-topic'], result: { outputs: { O: expect.any(String) } } });
  expect(await at.json(...there, '--yes')).toMatchObject({ code: 0, document: { outcome: 'no_changes' } });
  const role = { ...list[0], roleArn: 'arn:aws:iam::111111111111:role/mine' };
  const own = at.file('own.json', { targets: [role] });
  const refused = await at.run('deploy', '--targets', own, '--service', inject('service'), '--yes');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('installed with') });
});

test('one answer for all of them, by somebody else', { timeout: 120_000 }, async () => {
  const queue = 'Resources: {Q: {Type: AWS::SQS::Queue}}';
  const targets = ACCOUNTS.slice(0, 2).map((account) => ({ stack: 'many-asked', account }));
  const { location } = await call('POST', '/deployments', { template: queue, targets, askAlways: true });
  const waits = await until(location ?? '', [...ENDS, 'waiting_approval']);
  expect(waits.document).toMatchObject({ status: 'waiting_approval', digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const own = await call('POST', `${location}/approval`, { decision: 'approve' });
  expect(own).toMatchObject({ status: 409, document: { code: 'own_run' } });
  expect((await call('POST', `${location}/approval`, { decision: 'approve' }, ANN)).status).toBe(200);
  expect((await until(location ?? '', ENDS)).document).toMatchObject({
    status: 'succeeded',
    answer: { by: 'arn:aws:iam::111111111111:user/ann-targets' },
  });
  // One proof of all of it, which anybody verifies.
  const { status, document: proof } = await call('GET', `/audit/runs/${waits.document.runId}/proof`);
  expect(status).toBe(200);
  expect(await verifyProof({ proof, keys: (await signingKeys()).keys })).toMatchObject({ valid: true });
  expect(proof).toMatchObject({ run: waits.document.runId, planDigest: waits.document.digest });
});
