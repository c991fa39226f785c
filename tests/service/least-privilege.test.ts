// Every function with its role and nothing more: an emulator of its own that evaluates IAM policies. What a role lacks
// turns a run red, and a permission that is taken away does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type AnyDocument, Workspace } from '../support/cli.ts';
import { ENDS, SIGNED } from './support/call.ts';
import { type Emulator, HOME_ACCOUNT, install, startEmulator, stopEmulator } from './support/scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'assent-roles-'));
const EXTERNAL_ID = 'what-only-the-service-says';
let emulator: Emulator;
let sandbox: Sandbox;
let service: string;
/** Of the role that examples/target-role.yaml makes. */
let roleArn: string;

beforeAll(async () => {
  emulator = await startEmulator({ folder, auth: true });
  sandbox = await startSandbox({ dir: join(folder, 'sandbox'), speed: 500 });
  await openTarget(EXTERNAL_ID);
  const target = {
    targetEndpoint: sandbox.url,
    targetName: 'sandbox',
    targetSpeed: 500,
    targetRole: roleArn,
    targetExternalId: EXTERNAL_ID,
  };
  const args = Object.entries(target).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  service = await install(emulator.url, { args });
});

afterAll(async () => {
  if (emulator !== undefined) await stopEmulator(emulator.pid);
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Deploys examples/target-role.yaml into the account of the target, by the command line. */
async function openTarget(externalId: string): Promise<void> {
  const env = { AWS_ENDPOINT_URL: sandbox.url, AWS_ACCESS_KEY_ID: HOME_ACCOUNT, AWS_SECRET_ACCESS_KEY: 'sandbox' };
  const parameters = ['--parameters', `ExternalId=${externalId}`, 'ServiceRole=assent-local-us-east-1-worker'];
  const where = ['--cloud', 'aws', '--region', 'us-east-1', '--state', join(folder, 'state')];
  using at = new Workspace(env, { pace: 1 });
  const role = [
    'deploy',
    join(import.meta.dirname, '../../examples/target-role.yaml'),
    '--stack',
    'target',
    ...parameters,
  ];
  const { code, document } = await at.json(...role, ...where, '--yes');
  expect({ code, document }).toMatchObject({ code: 0, document: { outputs: { ExternalId: externalId } } });
  roleArn = document.outputs.RoleArn;
}

async function iam(body: string): Promise<string> {
  const answer = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'iam'),
    },
    body: `${body}&Version=2010-05-08`,
  });
  expect(answer.status).toBe(200);
  return answer.text();
}

async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; location: string; document: AnyDocument }> {
  const answer = await fetch(`${service}${path}`, {
    method,
    headers: { ...SIGNED, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, location: answer.headers.get('location') ?? '', document: await answer.json() };
}

async function ended(runId: string): Promise<AnyDocument> {
  for (;;) {
    const { status, document } = await call('GET', `/deployments/${runId}`);
    if (status !== 200 || ENDS.includes(document.status)) return document;
    await pause(100);
  }
}

const template = 'Resources: {Queue: {Type: AWS::SQS::Queue}}';

test('the roles suffice: scanned, voted, deployed, rejected, deleted', async () => {
  const scanned = await call('POST', '/scans', { template });
  expect(scanned.status).toBe(200);
  expect(await call('GET', scanned.location)).toEqual({ ...scanned, location: '' });
  expect((await call('POST', '/consensus', { votes: [{ expert: 'a', option: 'x' }] })).status).toBe(200);
  const { document } = await call('POST', '/deployments', { stack: 'roles', template });
  expect(await ended(document.runId)).toMatchObject({ status: 'succeeded' });
  const asked = await call('POST', '/deployments', { stack: 'asked', template, askAlways: true });
  await expect
    .poll(async () => (await call('GET', `/deployments/${asked.document.runId}`)).document.status, { timeout: 30_000 })
    .toBe('waiting_approval');
  await call('POST', `/deployments/${asked.document.runId}/approval`, { decision: 'reject' });
  expect(await ended(asked.document.runId)).toMatchObject({ status: 'rejected' });
  const sealed = `
Parameters: {P: {Type: String, NoEcho: true}}
Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}}`;
  const secret = { stack: 'sealed', template: sealed, parameters: { P: 'canary-4711' } };
  expect(await ended((await call('POST', '/deployments', secret)).document.runId)).toMatchObject({
    status: 'succeeded',
  });
  const gone = await call('DELETE', '/stacks/roles', {});
  expect(await ended(gone.document.runId)).toMatchObject({ status: 'succeeded' });
  expect((await fetch(`${service}/metrics`, { headers: SIGNED })).status).toBe(200);
});

test('a template that lands in the bucket is received, and its run is told', async () => {
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  const s3 = new S3({ endpoint: emulator.url, region: 'us-east-1', forcePathStyle: true, credentials });
  const json = async (service: string, target: string, body: object): Promise<AnyDocument> => {
    const headers = {
      authorization: (SIGNED['authorization'] ?? '').replace('execute-api', service),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
    };
    const answer = await fetch(emulator.url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const { QueueUrl } = await json('sqs', 'AmazonSQS.CreateQueue', { QueueName: 'told' });
  await json('events', 'AWSEvents.PutRule', { Name: 'told', EventPattern: JSON.stringify({ source: ['assent'] }) });
  const Targets = [{ Id: 'queue', Arn: `arn:aws:sqs:us-east-1:${HOME_ACCOUNT}:told` }];
  await json('events', 'AWSEvents.PutTargets', { Rule: 'told', Targets });
  const { Buckets = [] } = await s3.listBuckets({});
  const Bucket = Buckets.map(({ Name }) => Name).find((name) => name?.includes('templates'));
  await s3.putObject({ Bucket, Key: 'landed.yaml', Body: template });
  s3.destroy();
  const runs = async (): Promise<AnyDocument[]> => (await call('GET', '/stacks/landed')).document.runs;
  await expect.poll(async () => (await runs())[0]?.status, { timeout: 60_000 }).toBe('waiting_approval');
  const told = async () => (await json('sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl })).Messages?.[0]?.Body;
  await expect.poll(told, { timeout: 30_000 }).toContain('Run status changed');
});

test('a target that asks for another external id lets nobody in', async () => {
  await openTarget('another');
  const { document } = await call('POST', '/deployments', { stack: 'foreign', template });
  expect(await ended(document.runId)).toMatchObject({ status: 'not_planned', error: { code: 'unreachable' } });
  await openTarget(EXTERNAL_ID);
});

/** Takes one permission of a role away; resolves with what gives it back. */
async function without(role: string, policy: string, action: string): Promise<() => Promise<unknown>> {
  const about = `RoleName=${role}&PolicyName=${policy}`;
  const answer = await iam(`Action=GetRolePolicy&${about}`);
  const text = decodeURIComponent(/<PolicyDocument>([^<]+)</.exec(answer)?.[1] ?? '').replaceAll('&quot;', '"');
  const whole = JSON.parse(text);
  const lacking = JSON.stringify(whole, (_, value) =>
    Array.isArray(value) ? value.filter((one) => one !== action) : value,
  );
  expect(text).toContain(`"${action}"`);
  expect(lacking).not.toContain(`"${action}"`);
  const put = (document: string) => iam(`Action=PutRolePolicy&${about}&PolicyDocument=${encodeURIComponent(document)}`);
  await put(lacking);
  return () => put(JSON.stringify(whole));
}

async function roleOf(logicalId: string): Promise<string> {
  const names = await iam('Action=ListRoles');
  return new RegExp(`<RoleName>([\\w-]*${logicalId}[\\w-]*)</RoleName>`).exec(names)?.[1] ?? '';
}

test.each<[string, string, string, [string, string, object?]]>([
  ['deploy', 'DeployRole', 'dynamodb:Query', ['GET', '/stacks/roles']],
  ['scan', 'ScanRole', 's3:PutObject', ['POST', '/scans', { template }]],
  ['metrics', 'MetricsRole', 'dynamodb:Query', ['GET', '/metrics']],
])('the function %s turns red when its role %s lacks %s', async (policy, logicalId, action, request) => {
  const ask = async () => {
    const [method, path, body] = request;
    const answer = await fetch(`${service}${path}`, {
      method,
      headers: { ...SIGNED, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.status;
  };
  const giveBack = await without(await roleOf(logicalId), policy, action);
  expect(await ask()).toBe(500);
  await giveBack();
  expect(await ask()).toBe(200);
});

test('a run is called off when the worker may not sign', { timeout: 240_000 }, async () => {
  await without('assent-local-us-east-1-worker', 'worker', 'kms:Sign');
  const { document } = await call('POST', '/deployments', { stack: 'unsigned', template });
  expect(await ended(document.runId)).toMatchObject({ status: 'rejected', result: { code: 'cancelled' } });
  expect((await call('GET', '/stacks/unsigned')).document.stacks).toEqual([]);
});
