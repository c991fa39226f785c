// What depends on how the service is installed, and over what: a restored table, an access policy, another version over a run
// that the one before has begun, and the one before over the newer one's table. The newer version is this one, copied, with
// another number of its table, and with less patience for people. One after the other, each leaves its installation behind.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AttributeValue, DynamoDB } from '@aws-sdk/client-dynamodb';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aws, letExpire } from './support/aws.ts';
import { call, callAt, ENDS, until } from './support/call.ts';
import { chainOf, killWorkers, queuesOf, stopExecution } from './support/chain.ts';
import { HOME_ACCOUNT, install } from './support/scripts.ts';
import { type Installed, startService } from './support/start.ts';

const root = join(import.meta.dirname, '../..');
const SIZE = 20;
const CONFIG = `
access:
  - { who: ["*"], may: [read, plan, deploy, approve] }
unattended: ["s3://*/nightly/*"]
`;

let installed: Installed;
let newer: string;
beforeAll(async () => {
  newer = copied();
  const config = join(newer, 'assent.config.yaml');
  writeFileSync(config, CONFIG);
  installed = await startService({ config });
  callAt(installed.service);
});
afterAll(async () => {
  await installed?.stop();
  rmSync(newer, { recursive: true, force: true });
});

/** The program with another number of its table, in a folder of its own. */
function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assent-newer-'));
  for (const name of ['functions', 'src', 'package.json', 'serverless.yml']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of ['layers', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  const packages = 'scripts/service/node_modules';
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), {
    recursive: true,
    filter: (from) => !from.startsWith(join(root, packages)),
  });
  symlinkSync(join(root, packages), join(folder, packages));
  change(join(folder, 'src/adapters/table/versioned.ts'), /TABLE_VERSION = \d+;/, 'TABLE_VERSION = 9;');
  change(join(folder, 'functions/deploy/machine.asl.json'), /"TimeoutSeconds": \d+/, '"TimeoutSeconds": 3');
  return folder;
}

function change(file: string, from: RegExp, to: string): void {
  const before = readFileSync(file, 'utf8');
  expect(before.match(new RegExp(from, 'g'))).toHaveLength(1);
  writeFileSync(file, before.replace(from, to));
}

async function installNewer(): Promise<void> {
  const module = pathToFileURL(join(newer, 'scripts/service/local.mjs')).href;
  const { install } = (await import(module)) as typeof import('./support/scripts.ts');
  expect(await install(installed.emulator, { args: installed.args })).toBe(installed.service);
}

test('an object that the access policy names is deployed without a person, another waits for one', async () => {
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  const s3 = new S3({ endpoint: installed.emulator, region: 'us-east-1', forcePathStyle: true, credentials });
  const { Buckets = [] } = await s3.listBuckets({});
  const Bucket = Buckets.map(({ Name = '' }) => Name).find((name) => name.includes('templates'));
  for (const Key of ['nightly/by-itself.json', 'daily/by-a-person.json']) {
    await s3.putObject({ Bucket, Key, Body: chainOf(1) });
  }
  s3.destroy();
  const statusOf = async (stack: string) =>
    (await call('GET', '/deployments')).document.runs.find((run: { stack: string }) => run.stack === stack)?.status;
  await expect.poll(() => statusOf('by-itself'), { timeout: 90_000, interval: 300 }).toBe('succeeded');
  await expect.poll(() => statusOf('by-a-person'), { timeout: 90_000, interval: 300 }).toBe('waiting_approval');
  const { document } = await call('DELETE', '/stacks/by-itself', {});
  await until(`/deployments/${document.runId}`, ENDS);
});

test('a table that was restored takes the place of the one that the installation made', {
  timeout: 300_000,
}, async () => {
  const { document: begun } = await call('POST', '/deployments', { stack: 'restored', template: chainOf(2) });
  expect((await until(`/deployments/${begun.runId}`, ENDS)).document).toMatchObject({ status: 'succeeded' });
  const { document: before } = await call('GET', '/stacks/restored');
  const restored = await copyOfTable();

  await install(installed.emulator, { args: [...installed.args, '--param', `table=${restored}`] });
  expect((await call('GET', '/stacks/restored')).document).toEqual(before);
  const { document: gone } = await call('DELETE', '/stacks/restored', {});
  expect((await until(`/deployments/${gone.runId}`, ENDS)).document).toMatchObject({ status: 'succeeded' });
  // The one that was made is as it was.
  await install(installed.emulator, { args: installed.args });
  expect((await call('GET', '/stacks/restored')).document).toEqual(before);
});

test('a run that one version has begun is finished by the next; the one before refuses what that one wrote', {
  timeout: 300_000,
}, async () => {
  const { location: at, document: begun } = await call('POST', '/deployments', {
    stack: 'upgraded',
    template: chainOf(SIZE),
  });
  const location = at ?? '';
  await expect
    .poll(async () => (await queuesOf(installed)).length, { timeout: 90_000, interval: 50 })
    .toBeGreaterThanOrEqual(3);
  await stopExecution(installed, begun.runId);
  killWorkers(installed);
  const left = (await queuesOf(installed)).length;
  expect(left).toBeLessThan(SIZE);

  await installNewer();
  // Its lease has run out or will.
  await expect
    .poll(async () => (await call('GET', location)).document.status, { timeout: 60_000, interval: 500 })
    .toBe('interrupted');
  expect(await call('POST', `${location}/resume`)).toMatchObject({ status: 202, location });
  expect((await until(location, ENDS)).document).toMatchObject({ runId: begun.runId, status: 'succeeded' });
  const made = (await queuesOf(installed)).sort();
  expect(made).toHaveLength(SIZE);
  const stack = async () => (await call('GET', '/stacks/upgraded')).document.stacks[0];
  const recorded = (await stack()).resources.map(({ physicalId }: { physicalId: string }) => physicalId);
  expect(recorded.sort()).toEqual(made);

  await install(installed.emulator, { args: installed.args });
  const refused = { status: 500, document: { code: 'internal_error' } };
  expect(await call('GET', location)).toMatchObject(refused);
  expect(await call('POST', '/deployments', { stack: 'back', template: chainOf(1) })).toMatchObject(refused);
  expect(await call('DELETE', '/stacks/upgraded', {})).toMatchObject(refused);
  expect((await queuesOf(installed)).sort()).toEqual(made);

  await installNewer();
  expect((await call('GET', location)).document).toMatchObject({ status: 'succeeded' });
  expect((await stack()).resources).toHaveLength(SIZE);
  const { document } = await call('DELETE', '/stacks/upgraded', {});
  expect((await until(`/deployments/${document.runId}`, ENDS)).document).toMatchObject({ status: 'succeeded' });
  expect(await queuesOf(installed)).toEqual([]);
});

test('a workflow whose time for an answer is over ends by itself, as the run does', { timeout: 180_000 }, async () => {
  const asked = await call('POST', '/deployments', { stack: 'unanswered', template: chainOf(1), askAlways: true });
  const { runId } = asked.document;
  expect((await until(asked.location ?? '', [...ENDS, 'waiting_approval'])).document.status).toBe('waiting_approval');
  await letExpire(installed.emulator, runId);
  await expect.poll(() => executionStatus(runId), { timeout: 90_000, interval: 300 }).toBe('SUCCEEDED');
  expect((await call('GET', asked.location ?? '')).document).toMatchObject({
    status: 'expired',
    result: { code: 'run_expired' },
  });
});

async function executionStatus(name: string): Promise<string> {
  const executionArn = `arn:aws:states:us-east-1:${HOME_ACCOUNT}:execution:assent-local-deploy:${name}`;
  const target = { url: installed.emulator, service: 'states', target: 'AWSStepFunctions.DescribeExecution' };
  return (await aws({ ...target, body: { executionArn } })).status;
}

/** As a restore to a point in time makes it: another table with the same items. */
async function copyOfTable(): Promise<string> {
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  const dynamo = new DynamoDB({ endpoint: installed.emulator, region: 'us-east-1', credentials });
  const { TableNames = [] } = await dynamo.listTables({});
  const TableName = TableNames.find((name) => name.startsWith('assent-local'));
  expect(TableName).toBeDefined();
  const { Table: { KeySchema, AttributeDefinitions } = {} } = await dynamo.describeTable({ TableName });
  const copy = 'assent-restored';
  await dynamo.createTable({ TableName: copy, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' });
  for (let ExclusiveStartKey: Record<string, AttributeValue> | undefined; ; ) {
    const page = await dynamo.scan({ TableName, ExclusiveStartKey });
    for (const Item of page.Items ?? []) await dynamo.putItem({ TableName: copy, Item });
    ExclusiveStartKey = page.LastEvaluatedKey;
    if (ExclusiveStartKey === undefined) break;
  }
  dynamo.destroy();
  return copy;
}
