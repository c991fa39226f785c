// What osls sends to CloudFormation, looked at by cfn-lint: an emulator lets through what AWS refuses.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { checksPython, rendered } from './support/scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'assent-rendered-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of rules, with the reason why what they say is so and may stay. */
const EXCUSED: { rule: string; message: RegExp; because: string }[] = [
  { rule: 'W3005', message: /dependency already enforced/, because: 'osls writes DependsOn beside references' },
  { rule: 'W8003', message: /will always return/, because: 'parameters of serverless.yml are literals by then' },
  {
    rule: 'E3033',
    message: /^'' is shorter than 20$/,
    because: 'no boundary is named, and the condition leaves it out',
  },
  {
    rule: 'E3601',
    message: /atOnce %\}' is not of type 'number'/,
    because: 'MaxConcurrency may be an expression in a JSONata state (Amazon States Language, "Map")',
  },
  {
    rule: 'E3601',
    message: /'OutputPath' was unexpected/,
    because: 'a Succeed state has InputPath and OutputPath (Amazon States Language, "Input and Output Processing")',
  },
];

interface Found {
  rule: string;
  message: string;
  at: string;
}

function lint(template: string): Found[] {
  const args = ['--format', 'json', '--regions', 'us-east-1', '--template', template];
  const { stdout, stderr, status } = spawnSync(join(dirname(checksPython()), 'cfn-lint'), args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  // The bits of its exit code are the levels that were found; 1 and 32 are its own failures.
  expect({ status: (status ?? 1) & 33, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).map(({ Rule, Message, Location }: AnyDocument) => ({
    rule: Rule.Id,
    message: Message,
    at: (Location.Path ?? []).join('/'),
  }));
}

const isExcused = ({ rule, message }: Found) =>
  EXCUSED.some((excuse) => excuse.rule === rule && excuse.message.test(message));

// Tokens, and all that a parameter adds; and the stage of this machine, with signatures.
const ROLE = 'arn:aws:iam::{account}:role/assent-target';
const BOUNDARY = 'arn:aws:iam::111111111111:policy/bounded';
const COMMON = { alarmTopic: 'arn:aws:sns:us-east-1:111111111111:alarms', targetRole: ROLE };
const PROD = {
  ...COMMON,
  targetExternalId: 'x',
  otlpEndpoint: 'https://collector.example.com',
  workerConcurrency: '200',
  permissionsBoundary: BOUNDARY,
  formerSigningKeys: 'arn:aws:kms:us-east-1:111111111111:key/00000000-0000-4000-8000-000000000000',
};

test.each<[string, Record<string, string>]>([
  ['prod', { ...PROD, authorizer: 'jwt', issuer: 'https://issuer.example.com', audience: 'assent' }],
  ['local', COMMON],
])('%s: nothing that CloudFormation would refuse or that is not meant', async (stage, params) => {
  const args = Object.entries(params).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  const template = await rendered(inject('emulator'), join(folder, stage), { stage, args });
  expect(lint(template).filter((found) => !isExcused(found))).toEqual([]);

  const document = JSON.parse(readFileSync(template, 'utf8'));
  // Without a share of its own there is none: 0 would let no worker run at all.
  expect(document.Conditions.WorkersHaveTheirShare).toEqual({
    'Fn::Not': [{ 'Fn::Equals': [stage === 'prod' ? '200' : '0', '0'] }],
  });
  expect(document.Resources.WorkerLambdaFunction.Properties.ReservedConcurrentExecutions).toEqual({
    'Fn::If': ['WorkersHaveTheirShare', stage === 'prod' ? '200' : '0', { Ref: 'AWS::NoValue' }],
  });

  const resources = Object.values<AnyDocument>(document.Resources);
  const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles.length).toBeGreaterThanOrEqual(7);
  const bounded = { 'Fn::If': ['RolesAreBounded', stage === 'prod' ? BOUNDARY : '', { Ref: 'AWS::NoValue' }] };
  for (const { Properties } of roles) expect(Properties.PermissionsBoundary).toEqual(bounded);

  const of = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  expect(of('AWS::Logs::LogGroup').map((one) => one.RetentionInDays)).toEqual(Array(6).fill(30));
  for (const one of of('AWS::Lambda::Function')) {
    expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } });
    expect(one.Tags).toEqual(expect.arrayContaining([{ Key: 'service', Value: 'assent' }]));
  }
  expect(of('AWS::StepFunctions::StateMachine')).toMatchObject([{ TracingConfiguration: { Enabled: true } }]);
  expect(of('AWS::DynamoDB::Table')).toMatchObject([
    { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
  ]);
  // What holds state outlives the service, but on this machine.
  const holding = ['Table', 'Blobs', 'Templates', 'StoreKey', 'SigningKey', 'SecretsKey'];
  for (const id of holding) {
    const kept = stage === 'prod' ? 'Retain' : 'Delete';
    expect(document.Resources[id]).toMatchObject({ DeletionPolicy: kept, UpdateReplacePolicy: kept });
  }
  // No bucket of ours but osls's own is read without TLS.
  const denied = of('AWS::S3::BucketPolicy').filter((one) => JSON.stringify(one).includes('aws:SecureTransport'));
  expect(denied.map((one) => one.Bucket.Ref)).toEqual(expect.arrayContaining(['Blobs', 'Templates']));

  // Every action by name; of keys, the account decides by its own policies, as with every key of AWS's.
  const statementsOf = ({ Properties }: AnyDocument): AnyDocument[] =>
    Properties.Policies.flatMap((one: AnyDocument) => one.PolicyDocument.Statement).map(
      (one: AnyDocument) => one['Fn::If']?.[1] ?? one,
    );
  const statements = roles.flatMap(statementsOf);
  const actions = statements.flatMap(({ Action }: AnyDocument) => Action);
  expect(actions.length).toBeGreaterThan(40);
  expect(actions.filter((action: string) => action.includes('*'))).toEqual([]);
  // X-Ray's know no resources.
  const anywhere = statements.filter(({ Resource }: AnyDocument) => Resource === '*');
  expect(anywhere.length).toBeGreaterThan(0);
  for (const action of anywhere.flatMap(({ Action }: AnyDocument) => Action)) expect(action).toMatch(/^xray:/);
  // What was sealed only the worker opens.
  const opening = roles.filter((role) =>
    statementsOf(role).some(
      ({ Action, Resource }) =>
        [Action].flat().includes('kms:Decrypt') && JSON.stringify(Resource).includes('SecretsKey'),
    ),
  );
  expect(opening).toEqual([document.Resources.WorkerRole]);

  // It looks.
  document.Resources.ApiFailures.Properties.ComparisonOperator = 'GreaterThan';
  document.Resources.ScanRole.Properties.Polices = [];
  document.Resources.Table.Properties.BillingMode = { Ref: 'NoSuchThing' };
  writeFileSync(template, JSON.stringify(document));
  const found = lint(template).filter((one) => !isExcused(one));
  expect(found.map(({ rule }) => rule).toSorted()).toEqual(['E1020', 'E3002', 'E3030']);
});
