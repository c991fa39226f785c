// Client tokens and resource operation requests.

import {
  CancelResourceRequestCommand,
  DeleteResourceCommand,
  GetResourceRequestStatusCommand,
  ListResourceRequestsCommand,
} from '@aws-sdk/client-cloudcontrol';
import { describe, expect, test } from 'vitest';
import { create, finish, made, openBench, poll, read, remove } from '../../support/sandbox.ts';

describe('client tokens', () => {
  test('answer the same request with the same event, for 36 hours', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const first = await create(client, 'AWS::SQS::Queue', { QueueName: 'q' }, 'token');
    const again = await create(client, 'AWS::SQS::Queue', { QueueName: 'q' }, 'token');
    expect(again?.RequestToken).toBe(first?.RequestToken);
    b.now += 36 * 3_600_000 - 1000;
    expect(await create(client, 'AWS::SQS::Queue', { QueueName: 'q' }, 'token')).toMatchObject({
      RequestToken: first?.RequestToken,
      OperationStatus: 'SUCCESS',
    });
    b.now += 2000;
    const fresh = await create(client, 'AWS::SQS::Queue', { QueueName: 'q' }, 'token');
    expect(fresh?.RequestToken).not.toBe(first?.RequestToken);
    expect(await finish(b, client, fresh)).toMatchObject({ ErrorCode: 'AlreadyExists' });
  });

  test('refuse another request under the same token', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    await create(client, 'AWS::SQS::Queue', { QueueName: 'q' }, 'token');
    await expect(create(client, 'AWS::SQS::Queue', { QueueName: 'r' }, 'token')).rejects.toMatchObject({
      name: 'ClientTokenConflictException',
    });
    await expect(
      client.send(new DeleteResourceCommand({ TypeName: 'AWS::SQS::Queue', Identifier: 'q', ClientToken: 'token' })),
    ).rejects.toMatchObject({ name: 'ClientTokenConflictException' });
    const other = b.client(await b.start(), 'eu-west-1');
    expect(await create(other, 'AWS::SQS::Queue', { QueueName: 'r' }, 'token')).toMatchObject({ Operation: 'CREATE' });
  });

  test('make values reproducible; without one every request is new', async () => {
    const identifiers = [];
    for (const token of ['same', 'same', undefined]) {
      const { bench: b, client } = await openBench();
      await using _ = b;
      identifiers.push((await finish(b, client, await create(client, 'AWS::EC2::VPC', {}, token))).Identifier);
    }
    expect(identifiers[0]).toBe(identifiers[1]);
    expect(identifiers[2]).not.toBe(identifiers[0]);
  });
});

describe('requests', () => {
  test('are remembered for seven days', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const event = await create(client, 'AWS::SQS::Queue', {});
    b.now += 7 * 24 * 3_600_000 - 1;
    expect(await poll(client, event)).toMatchObject({ OperationStatus: 'SUCCESS' });
    b.now += 1;
    await expect(poll(client, event)).rejects.toMatchObject({ name: 'RequestTokenNotFoundException' });
    await expect(client.send(new GetResourceRequestStatusCommand({ RequestToken: 'none' }))).rejects.toMatchObject({
      name: 'RequestTokenNotFoundException',
    });
  });

  test('are listed newest first, filtered, in pages', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    for (let index = 0; index < 5; index++) await made(b, client, 'AWS::SQS::Queue', { QueueName: `q${index}` });
    const deleted = await remove(client, 'AWS::SQS::Queue', 'https://sqs.us-east-1.amazonaws.com/123456789012/q0');
    const all = await client.send(new ListResourceRequestsCommand({}));
    expect(all.ResourceRequestStatusSummaries?.[0]).toMatchObject({ RequestToken: deleted?.RequestToken });
    expect(all.ResourceRequestStatusSummaries).toHaveLength(6);
    const filter = {
      ResourceRequestStatusFilter: { Operations: ['CREATE' as const], OperationStatuses: ['SUCCESS' as const] },
      MaxResults: 2,
    };
    const seen: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new ListResourceRequestsCommand({ ...filter, ...(NextToken && { NextToken }) }));
      seen.push(...(page.ResourceRequestStatusSummaries ?? []).map((event) => event.RequestToken));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(new Set(seen).size).toBe(5);
    await expect(client.send(new ListResourceRequestsCommand({ NextToken: 'bogus' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('can be cancelled, leaving behind what was half made', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const event = await create(client, 'AWS::S3::Bucket', { BucketName: 'half' });
    b.now += 5_000;
    const { ProgressEvent } = await client.send(
      new CancelResourceRequestCommand({ RequestToken: String(event?.RequestToken) }),
    );
    expect(ProgressEvent?.OperationStatus).toBe('CANCEL_IN_PROGRESS');
    expect(await finish(b, client, event)).toMatchObject({ OperationStatus: 'CANCEL_COMPLETE', Identifier: 'half' });
    expect(await read(client, 'AWS::S3::Bucket', 'half')).toMatchObject({ BucketName: 'half' });
    await expect(
      client.send(new CancelResourceRequestCommand({ RequestToken: String(event?.RequestToken) })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
