// Another version is installed over a run that the one before has begun, and the one before over the newer one's table.
// The newer version is this one, copied, with another number of its table.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AttributeValue, DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, callAt, ENDS, until } from './support/call.ts';
import { chainOf, killWorkers, queuesOf, stopExecution } from './support/chain.ts';
import { HOME_ACCOUNT, install } from './support/scripts.ts';
import { type Installed, startService } from './support/start.ts';

const root = join(import.meta.dirname, '../..');
const SIZE = 20;

let installed: Installed;
let newer: string;
beforeAll(async () => {
  newer = copied();
  installed = await startService();
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
  const file = join(folder, 'src/adapters/table/versioned.ts');
  const before = readFileSync(file, 'utf8');
  const after = before.replace(/TABLE_VERSION = \d+;/, 'TABLE_VERSION = 9;');
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  return folder;
}

async function installNewer(): Promise<void> {
  const module = pathToFileURL(join(newer, 'scripts/service/local.mjs')).href;
  const { install } = (await import(module)) as typeof import('./support/scripts.ts');
  expect(await install(installed.emulator, { args: installed.args })).toBe(installed.service);
}

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

/** As a restore to a point in time makes it: another table with the same items. */
async function copyOfTable(): Promise<string> {
  const credentials = { accessKeyId: HOME_ACCOUNT, secretAccessKey: 'emulator' };
  const dynamo = new DynamoDB({ endpoint: installed.emulator, region: 'us-east-1', credentials });
  const [TableName] = (await dynamo.listTables({})).TableNames ?? [];
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
