// Faults and throttling as the SDK sees them.

import {
  type CloudControlClient,
  CreateResourceCommand,
  DeleteResourceCommand,
  GetResourceCommand,
  ListResourceRequestsCommand,
  ListResourcesCommand,
} from '@aws-sdk/client-cloudcontrol';
import { describe, expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../../src/sandbox/index.ts';
import { Bench, finish, poll } from '../../support/sandbox.ts';

const TypeName = 'AWS::S3::Bucket';
const create = async (client: CloudControlClient, name: string, ClientToken = name) =>
  (
    await client.send(
      new CreateResourceCommand({ TypeName, DesiredState: JSON.stringify({ BucketName: name }), ClientToken }),
    )
  ).ProgressEvent;
const get = (client: CloudControlClient, Identifier: string) =>
  client.send(new GetResourceCommand({ TypeName, Identifier }));

async function bench(match: Omit<FaultRule['match'], 'operation'> & { operation?: string }, fault: Fault) {
  const bench = new Bench();
  const sandbox = await bench.start({ faults: { rules: [{ match: { operation: 'create', ...match }, fault }] } });
  return { bench, sandbox, client: bench.client(sandbox) };
}

describe('a fault', () => {
  test('throttles: nothing is done', async () => {
    const { bench: b, client } = await bench({ nth: 1 }, { kind: 'throttle' });
    await using _ = b;
    await expect(create(client, 'a')).rejects.toMatchObject({ name: 'ThrottlingException' });
    const { ResourceRequestStatusSummaries } = await client.send(new ListResourceRequestsCommand({}));
    expect(ResourceRequestStatusSummaries).toEqual([]);
  });

  test('drops the answer after the work: the same client token finds it done', async () => {
    const { bench: b, client } = await bench({ nth: 1 }, { kind: 'drop' });
    await using _ = b;
    await expect(create(client, 'a')).rejects.toThrow();
    const { ResourceRequestStatusSummaries: [done] = [] } = await client.send(new ListResourceRequestsCommand({}));
    expect(done).toMatchObject({ Operation: 'CREATE' });
    expect(await create(client, 'a')).toMatchObject({ RequestToken: done?.RequestToken });
  });

  test('drops the request before the work', async () => {
    const { bench: b, client } = await bench({ nth: 1 }, { kind: 'dropBefore' });
    await using _ = b;
    await expect(create(client, 'a')).rejects.toThrow();
    expect((await client.send(new ListResourceRequestsCommand({}))).ResourceRequestStatusSummaries).toEqual([]);
  });

  test.each([
    [undefined, 0],
    [true, 1],
  ])('answers 500, work done: %s', async (afterWork, done) => {
    const { bench: b, client } = await bench({ nth: 1 }, { kind: 'error500', ...(afterWork && { afterWork }) });
    await using _ = b;
    await expect(create(client, 'a')).rejects.toMatchObject({
      name: 'ServiceInternalErrorException',
      $metadata: { httpStatusCode: 500 },
    });
    expect((await client.send(new ListResourceRequestsCommand({}))).ResourceRequestStatusSummaries).toHaveLength(done);
  });

  test('fails an operation; nothing is left', async () => {
    const { bench: b, client } = await bench({ nth: 1 }, { kind: 'fail', errorCode: 'NotStabilized', message: 'no' });
    await using _ = b;
    const event = await finish(b, client, await create(client, 'a'));
    expect(event).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'NotStabilized', StatusMessage: 'no' });
    expect(event.Identifier).toBeUndefined();
    await expect(get(client, 'a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await finish(b, client, await create(client, 'a', 'again'))).toMatchObject({ OperationStatus: 'SUCCESS' });
  });

  test('fails an operation and leaves a remnant, named in the event', async () => {
    const { bench: b, client } = await bench({}, { kind: 'fail', errorCode: 'NotStabilized', leaveRemnant: true });
    await using _ = b;
    expect(await finish(b, client, await create(client, 'a'))).toMatchObject({
      OperationStatus: 'FAILED',
      Identifier: 'a',
    });
    expect((await get(client, 'a')).ResourceDescription?.Identifier).toBe('a');
    const deleted = await client.send(new DeleteResourceCommand({ TypeName, Identifier: 'a' }));
    expect(await finish(b, client, deleted.ProgressEvent)).toMatchObject({ OperationStatus: 'SUCCESS' });
  });

  test('keeps an operation going for ever', async () => {
    const { bench: b, client } = await bench({}, { kind: 'stuck' });
    await using _ = b;
    const event = await create(client, 'a');
    b.now += 24 * 3_600_000;
    expect(await poll(client, event)).toMatchObject({ OperationStatus: 'IN_PROGRESS' });
  });

  test('hides a created resource from its first reads', async () => {
    const { bench: b, client } = await bench({}, { kind: 'notFoundAfterCreate', reads: 2 });
    await using _ = b;
    expect(await finish(b, client, await create(client, 'a'))).toMatchObject({ OperationStatus: 'SUCCESS' });
    const reads = [];
    for (let read = 0; read < 3; read++)
      reads.push(
        await get(client, 'a').then(
          () => 'found',
          (error: Error) => error.name,
        ),
      );
    expect(reads).toEqual(['ResourceNotFoundException', 'ResourceNotFoundException', 'found']);
  });

  test('delays an answer', async () => {
    const { bench: b, client } = await bench({ operation: 'get' }, { kind: 'delay', delayMs: 120 });
    await using _ = b;
    const started = performance.now();
    await expect(get(client, 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(performance.now() - started).toBeGreaterThan(115);
  });

  test('can be aimed at the polls of a type', async () => {
    const { bench: b, client } = await bench({ operation: 'poll', type: TypeName, nth: 1 }, { kind: 'error500' });
    await using _ = b;
    const event = await create(client, 'a');
    await expect(poll(client, event)).rejects.toMatchObject({ name: 'ServiceInternalErrorException' });
    expect(await poll(client, event)).toMatchObject({ RequestToken: event?.RequestToken });
  });
});

test('a bad faults file is refused before anything listens', async () => {
  await using b = new Bench();
  await expect(
    b.start({ faults: { rules: [{ match: { operation: 'nothing' }, fault: { kind: 'drop' } }] } }),
  ).rejects.toMatchObject({
    name: 'BadFaults',
  });
});

describe('throttling', () => {
  const burst = (client: CloudControlClient, count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        client.send(new ListResourcesCommand({ TypeName })).then(
          () => 'ok',
          (error: Error & { $metadata: { httpStatusCode: number } }) =>
            `${error.name} ${error.$metadata.httpStatusCode}`,
        ),
      ),
    );
  const granted = async (client: CloudControlClient, count: number) =>
    (await burst(client, count)).filter((answer) => answer === 'ok').length;

  test('grants the burst, then the rate; two sandboxes over one folder share it', async () => {
    await using b = new Bench();
    const options = { rate: { perSecond: 25, burst: 50 } };
    const [one, two] = [b.client(await b.start(options)), b.client(await b.start(options))];
    expect(await granted(one, 40)).toBe(40);
    expect(await granted(two, 40)).toBe(10);
    expect(await burst(one, 1)).toEqual(['ThrottlingException 400']);
    b.now += 1000;
    expect(await granted(two, 40)).toBe(25);
    b.now += 3_600_000;
    expect(await granted(one, 60)).toBe(50);
  });

  test('counts each account and region apart', async () => {
    await using b = new Bench();
    const sandbox = await b.start({ rate: { perSecond: 1, burst: 2 } });
    expect(await granted(b.client(sandbox), 3)).toBe(2);
    expect(await granted(b.client(sandbox, 'eu-west-1'), 3)).toBe(2);
    expect(await granted(b.client(sandbox, 'us-east-1', '222222222222'), 3)).toBe(2);
  });
});

test('the journal counts calls, throttled ones, operations in flight and polls that came too soon', async () => {
  await using b = new Bench();
  const sandbox = await b.start({ rate: { perSecond: 1, burst: 6 } });
  const client = b.client(sandbox);
  const [event] = [await create(client, 'a'), await create(client, 'b'), await create(client, 'c')];
  await poll(client, event);
  b.now += 1500;
  await poll(client, event);
  b.now += 60_000;
  await poll(client, event);
  for (let call = 0; call < 8; call++) await get(client, 'a').catch(() => undefined);
  const journal = async (after = 0) =>
    (await fetch(`${sandbox.url}/_sandbox/calls?after=${after}`)).json() as Promise<Record<string, unknown>>;
  const all = await journal();
  expect(all).toMatchObject({
    total: 14,
    counts: { CreateResource: 3, GetResourceRequestStatus: 3, GetResource: 8 },
    maxInFlight: 3,
    earlyPolls: 1,
    throttled: 3,
  });
  expect(await journal(Number(all['last']))).toMatchObject({ total: 0, counts: {} });
  const reset = (headers: Record<string, string>) =>
    fetch(`${sandbox.url}/_sandbox/state`, { method: 'DELETE', headers });
  expect((await reset({ origin: 'http://evil.example' })).status).toBe(403);
  expect(await journal()).toMatchObject({ total: 14 });
  expect((await reset({})).status).toBe(200);
  expect(await journal()).toMatchObject({ total: 0 });
});
