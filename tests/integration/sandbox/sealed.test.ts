// What lies on the disk: no property value in plain text, files for their owner alone; and who may call.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { Store } from '../../../src/sandbox/store.ts';
import { config, create, made, openBench, read, update } from '../../support/sandbox.ts';

/** Everything in a folder, in one text. */
const bytesOf = (dir: string) =>
  readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'latin1'))
    .join('\n');

test('no value of a property is on the disk, whatever became of it', async () => {
  const { bench, client } = await openBench({ schemas: coreSchemas() });
  await using _ = bench;
  const secret = await made(bench, client, 'AWS::SecretsManager::Secret', {
    Name: 'db',
    SecretString: 'canary-1-kept',
  });
  await update(client, 'AWS::SecretsManager::Secret', secret, [
    { op: 'add', path: '/SecretString', value: 'canary-2-updated' },
  ]);
  await create(client, 'AWS::SNS::Topic', { TopicName: 'news', DisplayName: 'canary-3-creating' }, 'once');
  await create(client, 'AWS::SNS::Topic', { TopicName: 'news', DisplayName: 'canary-4-refused' });
  const { sandbox, dir } = { sandbox: await bench.start({ schemas: coreSchemas() }), dir: bench.dir };
  const secrets = new SecretsManagerClient(config(sandbox.url));
  bench.now += 3_600_000;
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'db' }));
  expect(SecretString, 'found by its name, and opened').toBe('canary-2-updated');
  secrets.destroy();
  expect(await read(client, 'AWS::SNS::Topic', 'arn:aws:sns:us-east-1:123456789012:news')).toMatchObject({
    DisplayName: 'canary-3-creating',
  });
  const bytes = bytesOf(dir);
  expect(bytes).toContain('AWS::SNS::Topic');
  for (const canary of ['canary-1-kept', 'canary-2-updated', 'canary-3-creating', 'canary-4-refused']) {
    expect(bytes).not.toContain(canary);
  }
});

test('the same request under its client token is known, another one is refused', async () => {
  const { bench, client } = await openBench({ schemas: coreSchemas() });
  await using _ = bench;
  const first = await create(client, 'AWS::SNS::Topic', { TopicName: 'a' }, 'token');
  const again = await create(client, 'AWS::SNS::Topic', { TopicName: 'a' }, 'token');
  expect(again?.RequestToken).toBe(first?.RequestToken);
  await expect(create(client, 'AWS::SNS::Topic', { TopicName: 'b' }, 'token')).rejects.toThrow(/already been used/);
});

test('state is for its owner alone, whoever made the files', async () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'assent-sealed-')), 'state');
  const before = process.umask(0);
  try {
    new Store(dir).close();
    const store = new Store(dir);
    const modes = () => readdirSync(dir).map((name) => [name, statSync(join(dir, name)).mode & 0o777]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(Object.fromEntries(modes())).toMatchObject({ 'sandbox.db': 0o600, 'sandbox.key': 0o600 });
    for (const [name, mode] of modes()) expect(mode, String(name)).toBe(0o600);
    store.close();
    chmodSync(join(dir, 'sandbox.db'), 0o644);
    new Store(dir).close();
    expect(statSync(join(dir, 'sandbox.db')).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(before);
    rmSync(dir, { recursive: true });
  }
});

test('a database of version 1 is sealed when it is opened, and serves on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assent-sealed-'));
  mkdirSync(dir, { recursive: true });
  const old = new DatabaseSync(join(dir, 'sandbox.db'));
  old.exec(readFileSync(join(import.meta.dirname, 'version-1.sql'), 'utf8'));
  old.close();
  expect(bytesOf(dir)).toContain('canary-of-version-1');
  const sandbox = await startSandbox({ dir, rate: false });
  try {
    const secrets = new SecretsManagerClient(config(sandbox.url));
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'db' }));
    expect(SecretString).toBe('canary-of-version-1');
    secrets.destroy();
  } finally {
    await sandbox.close();
  }
  for (const canary of ['canary-of-version-1', 'canary-in-a-message', 'canary-before']) {
    expect(bytesOf(dir)).not.toContain(canary);
  }
  rmSync(join(dir, 'sandbox.key'));
  expect(() => new Store(dir), 'without its key').toThrow(/sandbox\.key is gone/);
  rmSync(dir, { recursive: true });
});

/** Status of a call with these headers. */
const status = (url: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { port } = new URL(url);
    const call = request({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end('{}');
  });

const SIGNED = {
  authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudcontrolapi/aws4_request, Signature=0',
  'x-amz-target': 'CloudApiService.ListResourceRequests',
};

test.each<[number, string, Record<string, string>]>([
  [200, 'its own address', {}],
  [200, 'localhost', { host: 'localhost:4566' }],
  [403, 'a name that was made to resolve here', { host: 'evil.example:80' }],
  [403, 'a name that only begins like one of ours', { host: 'localhost.evil.example' }],
  [403, 'a page of the web', { origin: 'https://evil.example' }],
  [403, 'a page of a file', { origin: 'null' }],
  [403, 'a page of another port', { origin: 'http://localhost:3000' }],
  [403, 'an image of a page', { 'sec-fetch-site': 'cross-site' }],
  [400, 'a service called like a member of every object', { 'x-amz-target': 'constructor.x' }],
  [400, 'another one', { 'x-amz-target': '__proto__.toString' }],
  [400, 'an operation called so', { 'x-amz-target': 'CloudApiService.constructor' }],
])('answers %i to %s', async (expected, _, headers) => {
  const { bench, sandbox } = await openBench();
  await using _bench = bench;
  expect(await status(sandbox.url, { ...SIGNED, ...headers })).toBe(expected);
});

test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('does not listen at %s', async (host) => {
  await expect(startSandbox({ dir: '/nonexistent', host })).rejects.toThrow(RangeError);
});
