// Resources that are called by another name are the same resources: a policy never disappears by a rename.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const statement = { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sqs:SendMessage', Resource: '*' };
const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } };
const policy = (of = 'Q') => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: { Queues: [{ Ref: of }], PolicyDocument: { Version: '2012-10-17', Statement: [statement] } },
});
const inline = {
  Type: 'AWS::IAM::Policy',
  Properties: {
    PolicyName: 'inline',
    Roles: [{ Ref: 'R' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::x/*' }],
    },
  },
};
const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
  },
};

const deploy = (resources: object, ...more: string[]) =>
  space.json('deploy', space.file('t.json', { Resources: resources }), '--stack', 'web', '--yes', ...more);
const identifiers = async (): Promise<Record<string, string>> => {
  const { document } = await space.json('status', '--stack', 'web');
  const resources: AnyDocument[] = document.stacks[0].resources;
  return Object.fromEntries(resources.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
};

test('a policy under another name is the same policy: nothing is made, nothing deleted', TIMEOUT, async () => {
  expect(await deploy({ Q: queue, OldQp: policy(), R: role, OldP: inline })).toMatchObject({ code: 0 });
  const before = await identifiers();
  const after = { Q: queue, NewQp: policy(), R: role, NewP: inline };
  const { document: plan } = await space.json('plan', space.file('t.json', { Resources: after }), '--stack', 'web');
  const of = (id: string) => plan.actions.find(({ logicalId }: AnyDocument) => logicalId === id);
  expect(of('NewQp')).toMatchObject({ action: 'update', reasons: ['it was called OldQp'] });
  expect(of('OldQp')).toBeUndefined();
  expect(await deploy(after)).toMatchObject({
    code: 0,
    document: { outcome: 'succeeded', calls: { create: 0, update: 0, delete: 0 } },
  });
  expect(await identifiers()).toEqual({ Q: before['Q'], R: before['R'], NewQp: before['OldQp'], NewP: before['OldP'] });
  expect(await deploy(after)).toMatchObject({ document: { outcome: 'no_changes' } });
  expect(await space.json('drift', '--stack', 'web')).toMatchObject({ code: 0, document: { inSync: true } });
});

test('--moved renames what holds data, and what depends on it follows', TIMEOUT, async () => {
  const table = {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
  };
  const topic = (of: string) => ({ Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: of } } });
  expect(await deploy({ Old: table, T: topic('Old') })).toMatchObject({ code: 0 });
  const before = await identifiers();
  expect(await deploy({ New: table, T: topic('New') })).toMatchObject({ code: 1, document: { code: 'data_loss' } });
  expect(await deploy({ New: table, T: topic('New') }, '--moved', 'Old=New')).toMatchObject({
    code: 0,
    document: { calls: { create: 0, update: 0, delete: 0 } },
  });
  expect(await identifiers()).toEqual({ New: before['Old'], T: before['T'] });
  expect(await deploy({ New: table, T: topic('New') })).toMatchObject({ document: { outcome: 'no_changes' } });
  // In the template it may stay for ever, also where the stack is new.
  const written = (moved: object, resources: object) =>
    space.json(
      'deploy',
      space.file('t.json', { Metadata: { assent: { moved } }, Resources: resources }),
      '--stack',
      'web',
      '--yes',
    );
  const third = { Third: table, T: topic('Third') };
  expect(await written({ New: 'Third' }, third)).toMatchObject({ code: 0, document: { calls: { create: 0 } } });
  expect(await written({ New: 'Third' }, third)).toMatchObject({ document: { outcome: 'no_changes' } });
  expect(await identifiers()).toEqual({ Third: before['Old'], T: before['T'] });
});

test('moves that make no sense, and two resources at one place, are refused by name', TIMEOUT, async () => {
  expect(await deploy({ Q: queue, R: role })).toMatchObject({ code: 0 });
  for (const [moved, resources, why] of [
    ['Nope=New', { Q: queue, R: role, New: queue }, 'the stack has no such resource'],
    ['Q=New', { R: role }, 'the template has no such resource'],
    ['Q=R', { Q: queue, R: role }, 'the template still has Q'],
    ['Q=R', { R: role }, 'the stack has R already'],
    ['Q=New', { R: role, New: role }, 'one is AWS::SQS::Queue, the other AWS::IAM::Role'],
  ] as const) {
    const { code, document } = await deploy(resources, '--moved', moved);
    expect({ code, codes: document.problems.map((it: AnyDocument) => it.code) }).toEqual({
      code: 2,
      codes: ['invalid_move'],
    });
    expect(document.problems[0].message).toContain(why);
  }
  const { code, document } = await deploy({ Q: queue, R: role, A: policy(), B: policy() });
  expect({ code, problem: document.problems[0].code }).toEqual({ code: 2, problem: 'same_place' });
});
