// The gate as a user meets it: what a scan refuses, what a circle leaves open, what holds data.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const open = {
  Resources: {
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'ssh for everybody',
        SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
      },
    },
  },
};
const table = {
  Resources: {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      },
    },
  },
};

test('a blocking finding refuses before any call, --yes or not', TIMEOUT, async () => {
  const file = space.file('t.json', open);
  const { code, document } = await space.json('deploy', file, '--stack', 'web', '--yes');
  expect({ code, document }).toMatchObject({
    code: 1,
    document: {
      kind: 'deploy',
      outcome: 'refused',
      code: 'security_validation_failed',
      verdict: { decision: 'refuse', by: 'policy', votes: [] },
      calls: { create: 0, update: 0, delete: 0, get: 0, poll: 0 },
    },
  });
  expect(document.verdict.reasons[0]).toContain('sg-open-ssh');
  const status = (await space.json('status')).document;
  expect(status.stacks).toEqual([]);
  expect(status.runs).toMatchObject([
    { runId: document.runId, status: 'refused', startedAt: null, verdict: { by: 'policy' } },
  ]);
  expect(status.runs[0].findings.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain('sg-open-ssh');
});

test('a split circle waits for a person: --yes does not answer it, the digest does', TIMEOUT, async () => {
  const file = space.file('t.json', open);
  const args = ['deploy', file, '--stack', 'web', '--fail-on', 'none'];
  const waiting = await space.json(...args, '--yes');
  expect(waiting).toMatchObject({
    code: 7,
    document: {
      outcome: 'waiting_approval',
      code: 'approval_required',
      verdict: { decision: 'ask', by: 'circle', skipped: ['scan'] },
    },
  });
  expect((await space.json('status')).document.stacks).toEqual([]);
  const approved = await space.json(...args, '--approve', waiting.document.planDigest);
  expect(approved).toMatchObject({ code: 0, document: { verdict: { decision: 'approve', by: 'person' } } });
});

test('skipped experts stand in the verdict', TIMEOUT, async () => {
  const file = space.file('t.json', table);
  const { document } = await space.json('deploy', file, '--stack', 'web', '--yes', '--skip-experts');
  expect(document).toMatchObject({ outcome: 'succeeded', verdict: { by: 'nobody', skipped: ['experts'], votes: [] } });
});

test('consult gives votes and a verdict and changes nothing', TIMEOUT, async () => {
  const file = space.file('t.json', table);
  const { code, document } = await space.json('consult', file, '--stack', 'web');
  expect({ code, document }).toMatchObject({
    code: 0,
    document: { version: 1, kind: 'consult', verdict: { decision: 'approve' } },
  });
  expect(document.votes.map(({ expert }: { expert: string }) => expert)).toEqual([
    'availability',
    'blast-radius',
    'cost',
    'data-safety',
    'history',
    'hygiene',
    'permissions',
    'policy',
  ]);
  expect(document.votes[4]).toMatchObject({ status: 'abstained', option: null, confidence: null });
  expect((await space.json('status')).document.stacks).toEqual([]);
});

test('what holds data is deleted or replaced only when it was named', TIMEOUT, async () => {
  const named = (name: string) => {
    const { Type, Properties } = table.Resources.Table;
    return { Resources: { Table: { Type, Properties: { ...Properties, TableName: name } } } };
  };
  const file = space.file('t.json', named('one'));
  const deploy = ['deploy', file, '--stack', 'web', '--yes'];
  expect(await space.json(...deploy)).toMatchObject({ code: 0 });
  space.file('t.json', named('two'));
  expect(await space.json(...deploy)).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'data_loss' } });
  expect(await space.json(...deploy, '--allow-data-loss', 'Table')).toMatchObject({
    code: 0,
    document: { outcome: 'succeeded', resources: [{ logicalId: 'Table', action: 'replace' }] },
  });
  const destroy = ['destroy', '--stack', 'web', '--yes'];
  expect(await space.json(...destroy)).toMatchObject({
    code: 1,
    document: { kind: 'destroy', outcome: 'refused', code: 'data_loss' },
  });
  expect(await space.json(...destroy, '--allow-data-loss', 'Other')).toMatchObject({ code: 1 });
  expect((await space.json('status')).document.stacks).toHaveLength(1);
  expect(await space.json(...destroy, '--allow-data-loss', 'all')).toMatchObject({
    code: 0,
    document: { outcome: 'succeeded' },
  });
});

/** SSH, open to whom `cidr` says. */
const door = (cidr: unknown, parameters: object = {}) => ({
  Parameters: { Unused: { Type: 'String', Default: '' }, ...parameters },
  Resources: {
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'ssh',
        SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: cidr }],
      },
    },
  },
});
const NO_ECHO = { Cidr: { Type: 'String', NoEcho: true, Default: '10.0.0.0/8' } };
const WORLD = '0.0.0.0/0';

/** What templates look up, with a world-wide net behind every name. */
const network = {
  Resources: {
    Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/net/cidr', Type: 'String', Value: WORLD } },
    Secret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { Name: 'net', SecretString: JSON.stringify({ cidr: WORLD }) },
    },
  },
  Outputs: { Cidr: { Value: WORLD, Export: { Name: 'net-cidr' } } },
};
const LOOKED_UP = { Cidr: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/net/cidr' } };

test('what is judged is what would be deployed, wherever its values come from', TIMEOUT, async () => {
  const values = space.file('network.json', network);
  expect((await space.json('deploy', values, '--stack', 'network', '--yes', '--fail-on', 'none')).code).toBe(0);
  const given = ['--parameters', `Cidr=${WORLD}`];
  for (const [name, template, args, isSecret] of [
    ['noecho', door({ Ref: 'Cidr' }, NO_ECHO), given, true],
    ['reference', door('{{resolve:secretsmanager:net:SecretString:cidr}}'), [], true],
    ['lookup', door('{{resolve:ssm:/net/cidr}}'), [], false],
    ['parameter', door({ Ref: 'Cidr' }, LOOKED_UP), [], false],
    ['import', door({ 'Fn::ImportValue': 'net-cidr' }), [], false],
  ] as const) {
    const file = space.file(`${name}.json`, template);
    const { code, document } = await space.json('deploy', file, '--stack', name, '--yes', ...args);
    expect({ name, code, document }).toMatchObject({
      name,
      code: 1,
      document: { outcome: 'refused', code: 'security_validation_failed', calls: { create: 0 } },
    });
    expect(document.verdict.reasons[0]).toContain('sg-open-ssh');
    expect(JSON.stringify(document).includes(WORLD), name).toBe(!isSecret);
  }
});

test('another secret value is another plan', TIMEOUT, async () => {
  const file = space.file('t.json', door({ Ref: 'Cidr' }, NO_ECHO));
  const digest = async (...args: string[]) =>
    (await space.json('plan', file, '--stack', 'web', ...args)).document.digest;
  const one = await digest('--parameters', 'Cidr=10.1.0.0/16');
  expect(await digest('--parameters', 'Cidr=10.1.0.0/16')).toBe(one);
  expect(await digest('--parameters', 'Cidr=10.2.0.0/16')).not.toBe(one);
  const deploy = ['deploy', file, '--stack', 'web', '--yes', '--approve', one, '--parameters'];
  expect((await space.json(...deploy, 'Cidr=10.2.0.0/16')).document).toMatchObject({ code: 'plan_changed' });
  expect((await space.json(...deploy, 'Cidr=10.1.0.0/16')).document).toMatchObject({ outcome: 'succeeded' });
});

test('a reference that nobody can read yet is named in the plan, and is part of its digest', TIMEOUT, async () => {
  const file = space.file('t.json', door('{{resolve:secretsmanager:later:SecretString:cidr}}'));
  const plan = async () => (await space.json('plan', file, '--stack', 'web')).document;
  const before = await plan();
  expect(before.problems).toMatchObject([{ code: 'secret_unread', severity: 'warning' }]);
  const secret = { Name: 'later', SecretString: JSON.stringify({ cidr: '10.0.0.0/8' }) };
  const made = { Resources: { Secret: { Type: 'AWS::SecretsManager::Secret', Properties: secret } } };
  const later = space.file('later.json', made);
  expect((await space.json('deploy', later, '--stack', 'later', '--yes', '--fail-on', 'none')).code).toBe(0);
  const after = await plan();
  expect(after.problems).toEqual([]);
  expect(after.digest).not.toBe(before.digest);
  expect((await plan()).digest).toBe(after.digest);
});
