// Runs that nobody asks for over HTTP (S3, direct starts, the schedule's review), and the events that all runs tell.
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { call, ENDS, SIGNED, signedByUser, until } from './support/call.ts';
import { HOME_ACCOUNT } from './support/scripts.ts';

const QUEUE =
  'Parameters: {Delay: {Type: Number, Default: 0}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}}';
const machine = `arn:aws:states:us-east-1:${HOME_ACCOUNT}:stateMachine:assent-local-deploy`;
const patience = { timeout: 90_000, interval: 300 };

let ANN: Record<string, string>;
let s3: S3;
let bucket: string;
let queueUrl: string;
/** Every event of Assent so far. */
const told: AnyDocument[] = [];

/** A call to the emulator in one of the JSON protocols. */
async function aws(service: string, target: string, body: object, version = '1.1'): Promise<AnyDocument> {
  const answer = await fetch(inject('emulator'), {
    method: 'POST',
    headers: {
      authorization: (SIGNED['authorization'] ?? '').replace('execute-api', service),
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': target,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return text === '' ? {} : JSON.parse(text);
}

async function listen(): Promise<AnyDocument[]> {
  const asked = { QueueUrl: queueUrl, MaxNumberOfMessages: 10 };
  for (;;) {
    const { Messages = [] } = await aws('sqs', 'AmazonSQS.ReceiveMessage', asked, '1.0');
    if (Messages.length === 0) return told;
    for (const { Body, ReceiptHandle } of Messages) {
      told.push(JSON.parse(Body));
      await aws('sqs', 'AmazonSQS.DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle }, '1.0');
    }
  }
}

const start = (input: object, name: string) =>
  aws(
    'states',
    'AWSStepFunctions.StartExecution',
    { stateMachineArn: machine, name, input: JSON.stringify(input) },
    '1.0',
  );

/** The only run of a stack, once there is one. */
async function runOf(stack: string, status: string): Promise<AnyDocument> {
  let run: AnyDocument;
  await expect
    .poll(async () => {
      [run] = (await call('GET', `/stacks/${stack}`)).document.runs;
      return run?.status;
    }, patience)
    .toBe(status);
  return run;
}

beforeAll(async () => {
  ANN = await signedByUser('ann-triggers');
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  s3 = new S3({ endpoint: inject('emulator'), region: 'us-east-1', forcePathStyle: true, credentials });
  const { Buckets = [] } = await s3.listBuckets({});
  bucket = Buckets.map(({ Name = '' }) => Name).find((name) => name.includes('templates')) ?? '';
  queueUrl = (await aws('sqs', 'AmazonSQS.CreateQueue', { QueueName: 'told' }, '1.0')).QueueUrl;
  const EventPattern = JSON.stringify({ source: ['assent'] });
  await aws('events', 'AWSEvents.PutRule', { Name: 'told', EventPattern });
  const target = { Id: 'queue', Arn: `arn:aws:sqs:us-east-1:${HOME_ACCOUNT}:told` };
  await aws('events', 'AWSEvents.PutTargets', { Rule: 'told', Targets: [target] });
});

afterAll(() => s3?.destroy());

const changesOf = (runId: string) =>
  told.filter(({ detail }) => detail.runId === runId).map(({ detail }) => detail.status);

test('every change of a run is an event', async () => {
  const { document, location } = await call('POST', '/deployments', { stack: 'told', template: QUEUE });
  await until(location ?? '', ENDS);
  await expect
    .poll(async () => {
      await listen();
      return changesOf(document.runId);
    }, patience)
    .toContain('succeeded');
  expect(new Set(changesOf(document.runId))).toEqual(new Set(['submitted', 'approved', 'running', 'succeeded']));
  expect(told.find(({ detail }) => detail.runId === document.runId)).toMatchObject({
    source: 'assent',
    'detail-type': 'Run status changed',
    detail: { version: 1, stack: 'told', account: HOME_ACCOUNT, region: 'us-east-1', mode: 'deploy' },
  });
});

test('a template that lands in the bucket waits for a person; what stands beside it are its parameters', async () => {
  await s3.putObject({ Bucket: bucket, Key: 'team/landed.yaml.parameters.json', Body: '{"Delay": "7"}' });
  await s3.putObject({ Bucket: bucket, Key: 'team/landed.yaml', Body: QUEUE });
  const run = await runOf('landed', 'waiting_approval');
  const { document } = await call('GET', `/deployments/${run.runId}`);
  expect(document.submittedBy).toBe(`s3://${bucket}/team/landed.yaml`);
  expect(JSON.stringify(document.actions)).toContain('7');
  await call('POST', `/deployments/${run.runId}/approval`, { decision: 'approve' }, ANN);
  expect((await until(`/deployments/${run.runId}`, ENDS)).document.status).toBe('succeeded');
  // The file beside it is no template of its own.
  expect(
    (await call('GET', '/deployments?limit=100')).document.runs.map(({ stack }: AnyDocument) => stack),
  ).not.toContain('parameters');
});

test('its metadata may name the stack and the parameters', async () => {
  const Metadata = { stack: 'meant', parameters: '{"Delay": "9"}' };
  await s3.putObject({ Bucket: bucket, Key: '2026-11-26.yaml', Body: QUEUE, Metadata });
  const run = await runOf('meant', 'waiting_approval');
  expect(JSON.stringify((await call('GET', `/deployments/${run.runId}`)).document.actions)).toContain('9');
});

test('what cannot be submitted is told', async () => {
  await s3.putObject({ Bucket: bucket, Key: '1-not-a-stack.yaml', Body: QUEUE });
  const refusals = () => told.filter((one) => one['detail-type'] === 'Submission refused');
  await expect
    .poll(async () => {
      await listen();
      return refusals().length;
    }, patience)
    .toBe(1);
  expect(refusals()[0].detail).toMatchObject({ by: `s3://${bucket}/1-not-a-stack.yaml`, code: 'invalid_stack_name' });
});

test('a started execution waits for a person too, and nothing is understood of other input', async () => {
  await start({ submission: { stack: 'direct', template: QUEUE } }, 'direct-1');
  const run = await runOf('direct', 'waiting_approval');
  expect((await call('GET', `/deployments/${run.runId}`)).document.submittedBy).toBe('execution:direct-1');
  await start({ submission: { stack: 'direct', templat: QUEUE } }, 'direct-2');
  await expect
    .poll(async () => {
      await listen();
      return told.map(({ detail }) => detail.by);
    }, patience)
    .toContain('execution:direct-2');
});

test('a review tells what is new, and only that', { timeout: 180_000 }, async () => {
  const template = 'Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: mine}}}';
  const { location } = await call('POST', '/deployments', { stack: 'reviewed', template });
  expect((await until(location ?? '', ENDS)).document.status).toBe('succeeded');
  const { document } = await call('GET', '/stacks/reviewed');
  const Identifier = document.stacks[0].resources[0].physicalId;
  const fetched = await fetch(inject('sandbox'), {
    method: 'POST',
    headers: {
      authorization: (SIGNED['authorization'] ?? '').replace('execute-api', 'cloudcontrolapi'),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'CloudApiService.UpdateResource',
    },
    body: JSON.stringify({
      TypeName: 'AWS::SNS::Topic',
      Identifier,
      PatchDocument: JSON.stringify([{ op: 'replace', path: '/DisplayName', value: 'somebody else' }]),
    }),
  });
  expect(fetched.status).toBe(200);
  const drifts = () =>
    told
      .filter((one) => one['detail-type'] === 'Drift found' && one.detail.stack === 'reviewed')
      .map(({ detail }) => detail);
  await start({ review: true }, 'review-1');
  await expect
    .poll(
      async () => {
        await listen();
        return drifts().length;
      },
      { timeout: 120_000, interval: 500 },
    )
    .toBe(1);
  expect(drifts()[0]).toMatchObject({
    count: 1,
    resources: [{ logicalId: 'T', status: 'modified', paths: ['DisplayName'] }],
  });
  expect((await call('GET', '/stacks/reviewed/drift')).document).toMatchObject({ inSync: false });
  await start({ review: true }, 'review-2');
  const arn = `${machine.replace(':stateMachine:', ':execution:')}:review-2`;
  await expect
    .poll(
      async () => (await aws('states', 'AWSStepFunctions.DescribeExecution', { executionArn: arn }, '1.0')).status,
      {
        timeout: 120_000,
        interval: 500,
      },
    )
    .toBe('SUCCEEDED');
  await listen();
  expect(drifts()).toHaveLength(1);
});

test('the schedule starts the machine with a review', async () => {
  const { Rules } = await aws('events', 'AWSEvents.ListRules', {});
  const rule = Rules.find(({ ScheduleExpression }: AnyDocument) => ScheduleExpression === 'rate(1 day)');
  expect(rule).toMatchObject({ State: 'ENABLED' });
  const { Targets } = await aws('events', 'AWSEvents.ListTargetsByRule', { Rule: rule.Name });
  expect(Targets).toMatchObject([{ Arn: machine, Input: '{"review": true}' }]);
});
