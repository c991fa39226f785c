// Deployments through the whole service: HTTP, state machine, worker, store, and the sandbox as the cloud.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDB, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2, S3 } from '@aws-sdk/client-s3';
import { beforeAll, expect, inject, test } from 'vitest';
import { deploymentAnswer } from '../../src/edge/http/schemas.ts';
import { verifyProof } from '../../src/verify.ts';
import { call, ENDS, SIGNED, signedByUser, signingKeys, until } from './support/call.ts';
import { HOME_ACCOUNT } from './support/scripts.ts';

const webApp = readFileSync(join(import.meta.dirname, '../../examples/web-app.yaml'), 'utf8');
const queue = 'Resources: {Queue: {Type: AWS::SQS::Queue}}';

/** Somebody else than the one who signs by default. */
let ANN: Record<string, string>;
beforeAll(async () => {
  ANN = await signedByUser('ann');
});

async function deploy(body: object, headers: Record<string, string> = {}) {
  const asked = await call('POST', '/deployments', body, headers);
  expect(asked).toMatchObject({ status: 202, document: { kind: 'deployment' } });
  return asked.location ?? '';
}

async function ended(location: string) {
  const { document } = await until(location, ENDS);
  return deploymentAnswer.parse(document);
}

test('a template is deployed, changed, found unchanged and deleted', async () => {
  const stack = 'web-app';
  const first = await ended(await deploy({ stack, template: webApp }));
  expect(first).toMatchObject({ status: 'succeeded', result: { outcome: 'succeeded' } });
  const { document } = await call('GET', `/stacks/${stack}`);
  expect(document.stacks).toMatchObject([{ stack, account: '111111111111', status: 'complete', endpoint: 'sandbox' }]);
  expect(document.stacks[0].resources.length).toBeGreaterThan(3);

  const again = await ended(await deploy({ stack, template: webApp }));
  expect(again).toMatchObject({ status: 'no_changes' });

  const changed = await ended(await deploy({ stack, template: webApp, parameters: { LogLevel: 'debug' } }));
  expect(changed).toMatchObject({ status: 'succeeded' });

  const gone = await call('DELETE', `/stacks/${stack}`, { allowDataLoss: ['all'] });
  expect(gone.status).toBe(202);
  expect(await ended(gone.location ?? '')).toMatchObject({ status: 'succeeded', mode: 'destroy' });
  expect((await call('DELETE', `/stacks/${stack}`, {})).status).toBe(404);
});

test('what was approved and done is proved by the key in KMS', async () => {
  const { runId } = await ended(await deploy({ stack: 'proved', template: queue }));
  const { document: proof } = await call('GET', `/audit/runs/${runId}/proof`);
  const { keys } = await signingKeys();
  expect(await verifyProof({ proof, keys })).toMatchObject({ valid: true });
  expect(await verifyProof({ proof: { ...proof, run: 'other' }, keys })).toMatchObject({ code: 'wrong_subject' });
  expect((await call('GET', '/audit/runs/nobody/proof')).status).toBe(404);

  const answer = await fetch(`${inject('service')}/audit/checkpoint`, { headers: SIGNED });
  expect(answer.headers.get('content-type')).toBe('text/plain');
  const since = await answer.text();
  await ended(await deploy({ stack: 'proved', template: queue.replace('}}', '}, B: {Type: AWS::SQS::Queue}}') }));
  const later = await call('GET', `/audit/runs/${runId}/proof`);
  expect(await verifyProof({ proof: later.document, keys, since })).toMatchObject({ valid: true });
});

test('what was measured can be read by Prometheus', async () => {
  const answer = await fetch(`${inject('service')}/metrics`, { headers: SIGNED });
  expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const text = await answer.text();
  expect(text).toMatch(/^assent_runs_total\{.*outcome="succeeded".*\} [1-9]/m);
  expect(text).toMatch(/# EOF\n$/);
});

test('a finding refuses, and says why', async () => {
  const template = JSON.stringify({
    Resources: {
      Group: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'open',
          SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' }],
        },
      },
    },
  });
  const { document } = await until(await deploy({ stack: 'open', template }), ENDS);
  expect(document).toMatchObject({
    status: 'refused',
    result: { outcome: 'refused', code: 'security_validation_failed', resources: [] },
  });
  expect((await call('GET', '/stacks/open')).document.stacks).toEqual([]);
});

test('what cannot be planned ends without a run, with every problem', async () => {
  const template = 'Resources: {A: {Type: AWS::SQS::Quee}, B: {Type: Custom::X}}';
  const document = await ended(await deploy({ stack: 'bad', template }));
  expect(document).toMatchObject({ status: 'not_planned', error: { code: 'invalid_template' } });
  expect((document.error as { problems?: unknown[] }).problems).toHaveLength(2);
});

test('a run waits for a person; whoever submitted it may not approve it', async () => {
  const location = await deploy({ stack: 'asked', template: queue, askAlways: true });
  const waits = await until(location, [...ENDS, 'waiting_approval']);
  expect(waits.document.status).toBe('waiting_approval');

  const own = await call('POST', `${location}/approval`, { decision: 'approve' });
  expect(own).toMatchObject({ status: 409, document: { code: 'own_run' } });
  expect((await call('GET', location)).document.status).toBe('waiting_approval');

  const answered = await call('POST', `${location}/approval`, { decision: 'approve', reason: 'looks right' }, ANN);
  expect(answered.status).toBe(200);
  const document = await ended(location);
  expect(document).toMatchObject({
    status: 'succeeded',
    answer: { decision: 'approve', by: 'arn:aws:iam::111111111111:user/ann', reason: 'looks right' },
  });
  const late = await call('POST', `${location}/approval`, { decision: 'reject' }, ANN);
  expect(late.status).toBe(409);
});

test('a person rejects: nothing is called', async () => {
  const location = await deploy({ stack: 'rejected', template: queue, askAlways: true });
  await until(location, [...ENDS, 'waiting_approval']);
  await call('POST', `${location}/approval`, { decision: 'reject', reason: 'not on Fridays' }, ANN);
  expect(await ended(location)).toMatchObject({
    status: 'rejected',
    result: { outcome: 'rejected', calls: { create: 0 }, answer: { reason: 'not on Fridays' } },
  });
});

test('a run that waits is called off', async () => {
  const location = await deploy({ stack: 'off', template: queue, askAlways: true });
  await until(location, [...ENDS, 'waiting_approval']);
  expect(await call('DELETE', location)).toMatchObject({ status: 200, document: { status: 'rejected' } });
  expect((await ended(location)).status).toBe('rejected');
});

test('the same idempotency key is the same run; another request under it is refused', async () => {
  const key = { 'idempotency-key': 'once' };
  const first = await deploy({ stack: 'once', template: queue }, key);
  const again = await deploy({ stack: 'once', template: queue }, key);
  expect(again).toBe(first);
  const other = await call('POST', '/deployments', { stack: 'twice', template: queue }, key);
  expect(other).toMatchObject({ status: 409, document: { code: 'idempotency_key_reused' } });
  expect((await ended(first)).status).toBe('succeeded');
});

test('NoEcho values are sealed through an approval, and shown nowhere', async () => {
  const template = `
Parameters: {P: {Type: String, NoEcho: true}}
Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}}`;
  const parameters = { P: 'canary-4711' };
  const location = await deploy({ stack: 'sealed', template, parameters, askAlways: true });
  const waits = await until(location, [...ENDS, 'waiting_approval']);
  expect(waits.document.status).toBe('waiting_approval');
  expect((await call('POST', `${location}/approval`, { decision: 'approve' }, ANN)).status).toBe(200);
  const document = await ended(location);
  expect(document.status).toBe('succeeded');
  const events = await call('GET', `${location}/events`);
  const stack = await call('GET', '/stacks/sealed');
  expect(JSON.stringify([waits, document, events, stack])).not.toContain('canary');
  // It has arrived all the same: another value is a change, the same is none.
  expect((await ended(await deploy({ stack: 'sealed', template, parameters }))).status).toBe('no_changes');
  const other = await ended(await deploy({ stack: 'sealed', template, parameters: { P: 'canary-4712' } }));
  expect(other.status).toBe('succeeded');
});

test('nothing that a template or a parameter says is kept in plain', async () => {
  const template = `
Description: canary-8101
Parameters: {P: {Type: String}}
Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref P}}}
Outputs: {O: {Value: !Ref P}}`;
  const document = await ended(await deploy({ stack: 'plain', template, parameters: { P: 'canary-8102' } }));
  expect(document).toMatchObject({ status: 'succeeded' });
  const kept = await everythingKept();
  expect(kept.filter((text) => text.startsWith('sealed:1:')).length).toBeGreaterThan(3);
  expect(kept.filter((text) => /canary-810[12]/.test(text))).toEqual([]);
});

/** Every text of every table and bucket of the service's account. */
async function everythingKept(): Promise<string[]> {
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  const client = { region: 'us-east-1', endpoint: inject('emulator'), credentials };
  const [dynamo, s3] = [new DynamoDB(client), new S3({ ...client, forcePathStyle: true })];
  const texts: string[] = [];
  const { TableNames = [] } = await dynamo.listTables({});
  for (const TableName of TableNames) {
    for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName })) {
      for (const item of Items) texts.push(...Object.values(item).map(({ S, N }) => S ?? N ?? ''));
    }
  }
  const { Buckets = [] } = await s3.listBuckets({});
  for (const { Name: Bucket } of Buckets) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
      for (const { Key } of Contents) {
        const { Body } = await s3.getObject({ Bucket, Key });
        texts.push((await Body?.transformToString('latin1')) ?? '');
      }
    }
  }
  dynamo.destroy();
  s3.destroy();
  return texts;
}

test.each([
  ['GET', '/deployments/nope', undefined],
  ['DELETE', '/deployments/nope', undefined],
  ['POST', '/deployments/nope/approval', { decision: 'approve' }],
  ['GET', '/stacks/nope', undefined],
  ['DELETE', '/stacks/nope', {}],
])('%s %s: there is none', async (method, path, body) => {
  expect(await call(method, path, body)).toMatchObject({ status: 404, document: { code: 'resource_not_found' } });
});
