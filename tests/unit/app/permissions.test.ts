// The policy that `assent permissions` writes: what is in it, what is kept apart, and that nothing stands there twice.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { permissions, type Statement } from '../../../src/app/permissions.ts';

function statements(template: object): Map<string, Statement> {
  const { policy } = permissions(JSON.stringify(template), 'template');
  return new Map(policy.Statement.map((statement) => [statement.Sid, statement]));
}

const queue = { A: { Type: 'AWS::SQS::Queue', Properties: {} } };

test('actions of a service stand together, those of Cloud Control first', () => {
  const found = statements({ Resources: queue });
  expect([...found.keys()]).toEqual(['CloudControl', 'Sqs']);
  expect(found.get('CloudControl')?.Action).toContain('cloudformation:CreateResource');
  const { Action, Resource } = found.get('Sqs') as Statement;
  expect(Action).toContain('sqs:CreateQueue');
  expect(Resource).toBe('*');
});

test('passing roles is a statement of its own, to be narrowed', () => {
  const found = statements({ Resources: { F: { Type: 'AWS::Lambda::Function' } } });
  expect(found.get('PassRole')?.Action).toEqual(['iam:PassRole']);
  expect(found.get('Iam')?.Action ?? []).not.toContain('iam:PassRole');
});

test('parameters and secrets are granted by name, keys only through their service', () => {
  const QueueName = '{{resolve:ssm:/a/b}}{{resolve:ssm-secure:c:1}}{{resolve:secretsmanager:db:SecretString:p}}';
  const found = statements({ Resources: { A: { ...queue.A, Properties: { QueueName } } } });
  expect(found.get('ReadParameters')?.Resource).toEqual([
    'arn:aws:ssm:*:*:parameter/a/b',
    'arn:aws:ssm:*:*:parameter/c',
  ]);
  expect(found.get('ReadSecrets')?.Resource).toEqual(['arn:aws:secretsmanager:*:*:secret:db-??????']);
  expect(found.get('Decrypt')).toMatchObject({
    Action: ['kms:Decrypt'],
    Condition: { StringLike: { 'kms:ViaService': ['ssm.*.amazonaws.com', 'secretsmanager.*.amazonaws.com'] } },
  });
});

test('a name that is known in part is granted as far', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Fn::Sub's own notation.
  const QueueName = { 'Fn::Sub': '{{resolve:secretsmanager:db-${Stage}:SecretString:p}}' };
  const found = statements({ Resources: { A: { ...queue.A, Properties: { QueueName } } } });
  expect(found.get('ReadSecrets')?.Resource).toEqual(['arn:aws:secretsmanager:*:*:secret:db-*']);
  expect(found.has('ReadParameters')).toBe(false);
});

test('no action stands there twice, and none that a wildcard covers', () => {
  const examples = join(import.meta.dirname, '../../../examples');
  for (const file of readdirSync(examples)) {
    const { policy, policyCharacters } = permissions(readFileSync(join(examples, file), 'utf8'), file);
    const actions = policy.Statement.filter(({ Sid }) => Sid !== 'Decrypt').flatMap(({ Action }) => Action);
    expect(new Set(actions).size, file).toBe(actions.length);
    for (const open of actions.filter((action) => action.endsWith('*'))) {
      const start = open.slice(0, -1);
      expect(actions.filter((action) => action !== open && action.startsWith(start))).toEqual([]);
    }
    expect(policyCharacters).toBe(JSON.stringify(policy).length);
    expect(new Set(policy.Statement.map(({ Sid }) => Sid)).size).toBe(policy.Statement.length);
    expect(policy.Statement.map(({ Sid }) => Sid).join('')).toMatch(/^[A-Za-z0-9]+$/);
  }
});

test('what cannot be deployed is refused with every problem', () => {
  const template = JSON.stringify({ Resources: { A: { Type: 'AWS::SQS::Quee' }, B: { Type: 'Custom::X' } } });
  expect(() => permissions(template, 'bad.yaml')).toThrow(
    expect.objectContaining({
      code: 'invalid_template',
      problems: [
        expect.objectContaining({ code: 'unknown_resource_type' }),
        expect.objectContaining({ code: 'custom_resource' }),
      ],
    }),
  );
});
