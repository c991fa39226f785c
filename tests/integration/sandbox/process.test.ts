// Sandboxes as processes: killed and started again, several over one folder, under load.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudControlClient, CreateResourceCommand, GetResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Store } from '../../../src/sandbox/store.ts';
import { Bench, config, poll } from '../../support/sandbox.ts';

const SCRIPT = new URL('../../support/run-sandbox.ts', import.meta.url).pathname;
let dir = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assent-sandbox-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  rmSync(dir, { recursive: true });
});

async function start(speed: number) {
  const child = spawn(process.execPath, [SCRIPT, dir, String(speed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, client: new CloudControlClient(config(url)), url };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const create = async (client: CloudControlClient, name: string) =>
  (
    await client.send(
      new CreateResourceCommand({
        TypeName: 'AWS::S3::Bucket',
        DesiredState: JSON.stringify({ BucketName: name }),
        ClientToken: name,
      }),
    )
  ).ProgressEvent;

test('a killed sandbox goes on where time has got to, and still knows its client tokens', async () => {
  const first = await start(20);
  const event = await create(first.client, 'one');
  await kill(first.child);
  const second = await start(20);
  expect(await create(second.client, 'one')).toMatchObject({ RequestToken: event?.RequestToken });
  await expect.poll(async () => (await poll(second.client, event)).OperationStatus, { timeout: 5_000 }).toBe('SUCCESS');
  const { ResourceDescription } = await second.client.send(
    new GetResourceCommand({ TypeName: 'AWS::S3::Bucket', Identifier: 'one' }),
  );
  expect(ResourceDescription?.Identifier).toBe('one');
});

test('two sandboxes over one folder are one: tokens, resources and conflicts are shared while both write', async () => {
  const [one, two] = await Promise.all([start(20), start(20)]);
  const names = Array.from({ length: 40 }, (_, index) => `bucket-${index}`);
  const events = await Promise.all(names.flatMap((name) => [create(one.client, name), create(two.client, name)]));
  expect(new Set(events.map((event) => event?.RequestToken)).size).toBe(names.length);
  const states = async () => {
    const { resources } = (await (await fetch(`${two.url}/_sandbox/resources`)).json()) as {
      resources: { state: string }[];
    };
    return resources.map(({ state }) => state);
  };
  await expect.poll(states, { timeout: 5_000 }).toEqual(names.map(() => 'live'));
});

test('state written by a newer version is refused, not misread', async () => {
  const store = new Store(dir);
  store.run('PRAGMA user_version = 99');
  store.close();
  expect(() => new Store(dir)).toThrow(/newer version/);
});

test('a store that ten handles open at once is made once', () => {
  const stores = Array.from({ length: 10 }, () => new Store(dir));
  for (const store of stores)
    store.transaction(() => store.run('INSERT INTO fault_hits VALUES (?, 1)', String(Math.random())));
  expect(stores[0]?.get('SELECT count(*) AS n FROM fault_hits')).toEqual({ n: 10 });
  for (const store of stores) store.close();
});

test('holds 600 operations in flight and answers their polls', async () => {
  await using b = new Bench();
  const sandbox = await b.start();
  const client = b.client(sandbox);
  const events = await Promise.all(Array.from({ length: 600 }, (_, index) => create(client, `bucket-${index}`)));
  await Promise.all(events.map((event) => poll(client, event)));
  const { maxInFlight } = (await (await fetch(`${sandbox.url}/_sandbox/calls`)).json()) as { maxInFlight: number };
  expect(maxInFlight).toBe(600);
  b.now += 3_600_000;
  const ended = await Promise.all(events.map((event) => poll(client, event)));
  expect(ended.filter(({ OperationStatus }) => OperationStatus === 'SUCCESS')).toHaveLength(600);
});
