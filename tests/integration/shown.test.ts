// What a person approves, they see: the same changes by every door that asks.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const stack = (name: string, effect: string, more: object = {}) => ({
  Parameters: { Word: { Type: 'String', NoEcho: true } },
  Resources: {
    Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: name } },
    Queue: { Type: 'AWS::SQS::Queue' },
    Rights: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: effect, Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
        },
      },
    },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: { Ref: 'Word' } } },
    ...more,
  },
});

/** A circle that sees this is split. */
const open = {
  Group: {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: {
      GroupDescription: 'g',
      SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
    },
  },
};

const changesOf = (actions: AnyDocument[], id: string) => actions.find(({ logicalId }) => logicalId === id)?.changes;

test('plan, question, waiting run and pull request show old and new values, and no secret', TIMEOUT, async () => {
  const before = space.file('before.json', stack('old name', 'Allow'));
  const first = ['--stack', 'web', '--parameters', 'Word=first-c4nary'];
  expect(await space.json('deploy', before, ...first, '--yes')).toMatchObject({ code: 0 });

  const after = space.file('after.json', stack('new name', 'Deny', open));
  const second = ['--stack', 'web', '--parameters', 'Word=second-c4nary'];
  const expected = {
    Topic: [{ path: 'DisplayName', before: 'old name', after: 'new name' }],
    Rights: [{ path: 'PolicyDocument/Statement/0/Effect', before: 'Allow', after: 'Deny' }],
    Secret: [
      { path: 'SecretString', before: '(secret parameter:Word)', after: '(secret parameter:Word)', secret: true },
    ],
  };
  const check = (actions: AnyDocument[]) => {
    for (const [id, changes] of Object.entries(expected)) expect(changesOf(actions, id)).toEqual(changes);
    expect(JSON.stringify(actions)).not.toContain('c4nary');
  };
  const told = [
    'DisplayName: "old name" → "new name"',
    'PolicyDocument/Statement/0/Effect: "Allow" → "Deny"',
    'SecretString: another value of (secret parameter:Word)',
  ];

  const planned = await space.json('plan', after, ...second);
  check(planned.document.actions);
  const texts = [
    await space.run('plan', after, ...second),
    await space.run('plan', after, ...second, '--format', 'markdown'),
    await space.run('deploy', after, ...second, '--yes', '--fail-on', 'none'),
    await space.run('status'),
  ];
  expect(texts.map(({ code }) => code)).toEqual([0, 0, 7, 0]);
  for (const { stdout } of texts) {
    for (const line of told) expect(stdout).toContain(line);
    expect(stdout).not.toContain('c4nary');
  }

  const asked = await space.json('consult', after, ...second, '--fail-on', 'none');
  check(asked.document.actions);
  const waiting = await space.json('deploy', after, ...second, '--yes', '--fail-on', 'none');
  expect(waiting).toMatchObject({ code: 7, document: { outcome: 'waiting_approval' } });
  check(waiting.document.actions);
  const [run] = (await space.json('status')).document.runs;
  expect(run).toMatchObject({ runId: waiting.document.runId, status: 'waiting_approval' });
  expect((await space.run('status')).stdout).toMatch(/Verdict: undecided/);
  check(run.actions);
});
