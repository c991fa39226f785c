// Runs that wait for a person: who answers, when it is too late, and what an answer is bound to.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** A circle that sees this is split. */
const open = {
  Parameters: { Word: { Type: 'String', NoEcho: true, Default: 'first-word-of-all' } },
  Resources: {
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: { 'Fn::Sub': 'g' },
        SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
      },
    },
    Queue: { Type: 'AWS::SQS::Queue' },
  },
};

const { Parameters: _, ...plain } = open;
const split = ['--stack', 'web', '--fail-on', 'none', '--yes'] as const;

async function waiting(template: object = plain, ...more: string[]): Promise<string> {
  const file = space.file('t.json', template);
  const answer = await space.json('deploy', file, ...split, ...more);
  expect(answer).toMatchObject({ code: 7, document: { outcome: 'waiting_approval' } });
  return answer.document.runId;
}

test(
  'a run that waits is listed with its verdict, holds nothing, and is deployed by an approval',
  TIMEOUT,
  async () => {
    const runId = await waiting();
    const [run] = (await space.json('status')).document.runs;
    expect(run).toMatchObject({ runId, status: 'waiting_approval', startedAt: null, verdict: { decision: 'ask' } });
    expect(Date.parse(run.expiresAt) - Date.parse(run.submittedAt)).toBeGreaterThanOrEqual(24 * 3_600_000);
    const { approve: forIt, refuse: against } = run.verdict.sides;
    expect(against).toMatchObject([
      { expert: 'policy', reason: expect.stringContaining('sg-open-ssh') },
      { expert: 'permissions', reason: expect.stringContaining('Group (line 1)') },
    ]);
    expect(forIt).toHaveLength(3);
    const text = await space.run('status');
    expect(text.stdout).toContain(`assent approve ${runId}`);
    expect(text.stdout).toContain(`waits for an answer until ${run.expiresAt.slice(0, 19)}Z`);
    expect(text.stdout).toMatch(
      / {2}For\n( {4}.+ \(.+ %\)\n){3} {2}Against\n.*\(policy, 97 %\)\n.*\(permissions, 65 %\)\n/,
    );
    const approved = await space.json('approve', runId, '--reason', 'looks right');
    expect(approved).toMatchObject({
      code: 0,
      document: {
        runId,
        outcome: 'succeeded',
        answer: { decision: 'approve', reason: 'looks right' },
        verdict: { decision: 'approve', by: 'person' },
      },
    });
    expect(approved.document.resources).toHaveLength(2);
    expect(await space.json('approve', runId)).toMatchObject({ code: 1, document: { code: 'run_not_waiting' } });
  },
);

test('a rejected run says who and why, and cannot be approved or resumed', TIMEOUT, async () => {
  const runId = await waiting();
  expect(await space.json('reject', runId, '--reason', 'not today')).toMatchObject({
    code: 0,
    document: { runId, outcome: 'rejected', answer: { decision: 'reject', reason: 'not today' } },
  });
  expect((await space.json('status')).document).toMatchObject({ stacks: [], runs: [{ status: 'rejected' }] });
  expect(await space.json('approve', runId)).toMatchObject({ code: 1, document: { code: 'run_not_waiting' } });
  expect(await space.json('resume', runId)).toMatchObject({ code: 1, document: { outcome: 'rejected' } });
});

test('a later run takes the place of one that waits', TIMEOUT, async () => {
  const runId = await waiting();
  const file = space.file('u.json', { Resources: { Queue: { Type: 'AWS::SQS::Queue' } } });
  expect(await space.json('deploy', file, '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  expect(await space.json('approve', runId)).toMatchObject({ code: 1, document: { code: 'run_superseded' } });
  expect((await space.json('status')).document.runs.map(({ status }: { status: string }) => status)).toEqual([
    'succeeded',
    'superseded',
  ]);
});

test('an approval takes the secrets of the plan again, and only those', TIMEOUT, async () => {
  const template = {
    ...open,
    Resources: {
      ...open.Resources,
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: { Ref: 'Word' } } },
    },
  };
  const runId = await waiting(template, '--parameters', 'Word=correct-horse-battery');
  expect(await space.json('approve', runId)).toMatchObject({ code: 2, document: { kind: 'error' } });
  expect(await space.json('approve', runId, '--parameters', 'Word=another-horse-battery')).toMatchObject({
    code: 2,
    document: { code: 'secret_changed' },
  });
  expect((await space.json('status')).document.runs[0]).toMatchObject({ status: 'waiting_approval' });
  expect(await space.json('approve', runId, '--parameters', 'Word=correct-horse-battery')).toMatchObject({ code: 0 });
});

test('a plan that was changed in the store is refused by name, and nothing is called', TIMEOUT, async () => {
  const runId = await waiting();
  const db = new DatabaseSync(join(space.dir, '.assent/assent.db'));
  const { changes } = db
    .prepare("UPDATE blobs SET text = replace(text, '0.0.0.0/0', '10.0.0.0/8') WHERE kind = 'plan'")
    .run();
  db.close();
  expect(changes).toBe(1);
  expect(await space.json('approve', runId)).toMatchObject({ code: 1, document: { code: 'plan_altered' } });
  expect((await space.json('status')).document).toMatchObject({ stacks: [], runs: [{ status: 'waiting_approval' }] });
});

test('a run that waits may be called off, and is then gone', TIMEOUT, async () => {
  const runId = await waiting();
  expect(await space.json('cancel', runId)).toMatchObject({
    code: 0,
    document: { status: 'rejected', requested: false },
  });
  expect(await space.json('approve', runId)).toMatchObject({ code: 1, document: { code: 'run_not_waiting' } });
});
