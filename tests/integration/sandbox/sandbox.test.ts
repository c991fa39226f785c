// The sandbox as the real SDK sees it: resources from their creation to their end, updates, lists.

import { ListResourcesCommand } from '@aws-sdk/client-cloudcontrol';
import { describe, expect, test } from 'vitest';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { create, finish, made, openBench, poll, read, remove, update } from '../../support/sandbox.ts';

describe('a resource from its creation to its end', () => {
  test('is in progress until its time has passed, then stands, reads back and goes', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const accepted = await create(client, 'AWS::S3::Bucket', { BucketName: 'photos', AccessControl: 'Private' });
    expect(accepted).toMatchObject({ TypeName: 'AWS::S3::Bucket', Operation: 'CREATE' });
    expect(['PENDING', 'IN_PROGRESS']).toContain(accepted?.OperationStatus);
    expect(accepted?.EventTime?.getTime()).toBe(b.now);
    expect(accepted?.RetryAfter?.getTime()).toBeGreaterThanOrEqual(b.now + 1000);
    await expect(read(client, 'AWS::S3::Bucket', 'photos')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });

    b.now += 8_900;
    expect((await poll(client, accepted)).OperationStatus).toBe('IN_PROGRESS');
    b.now += 2_200;
    const ended = await poll(client, accepted);
    expect(ended).toMatchObject({ OperationStatus: 'SUCCESS', Identifier: 'photos' });
    expect(ended.RetryAfter).toBeUndefined();

    expect(await read(client, 'AWS::S3::Bucket', 'photos')).toMatchObject({
      BucketName: 'photos',
      Arn: 'arn:aws:s3:::photos',
      RegionalDomainName: 'photos.s3.us-east-1.amazonaws.com',
    });
    expect(await read(client, 'AWS::S3::Bucket', 'photos')).not.toHaveProperty('AccessControl');

    const going = await remove(client, 'AWS::S3::Bucket', 'photos');
    expect(await read(client, 'AWS::S3::Bucket', 'photos')).toMatchObject({ BucketName: 'photos' });
    expect(await finish(b, client, going)).toMatchObject({ OperationStatus: 'SUCCESS', Operation: 'DELETE' });
    await expect(read(client, 'AWS::S3::Bucket', 'photos')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('runs faster by the speed, and RetryAfter with it', async () => {
    const { bench: b, client } = await openBench({ speed: 20 });
    await using _ = b;
    const accepted = await create(client, 'AWS::SQS::Queue', {});
    expect(accepted?.RetryAfter?.getTime()).toBeLessThanOrEqual(b.now + 60);
    b.now += 560;
    expect((await poll(client, accepted)).OperationStatus).toBe('SUCCESS');
  });

  test('shows its identifier early for some and the model at the end for some, never for all', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const events = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        create(client, 'AWS::SQS::Queue', { QueueName: `queue-${index}` }, `t${index}`),
      ),
    );
    b.now += 8_000;
    const half = await Promise.all(events.map((event) => poll(client, event)));
    const early = half.filter((event) => event.Identifier !== undefined);
    expect(early.length).toBeGreaterThan(2);
    expect(early.length).toBeLessThan(22);
    const types = ['AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::EC2::VPC', 'AWS::SecretsManager::Secret'];
    const ended = await Promise.all(types.map(async (type) => finish(b, client, await create(client, type, {}))));
    const shown = ended.filter((event) => event.ResourceModel !== undefined);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(types.length);
    for (const event of shown) {
      expect(JSON.parse(String(event.ResourceModel))).toEqual(
        await read(client, String(event.TypeName), String(event.Identifier)),
      );
    }
  });

  test('gets every read-only property filled, and identifiers that look like those of AWS', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const vpc = await made(b, client, 'AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
    expect(vpc).toMatch(/^vpc-0[0-9a-f]{16}$/);
    expect(await read(client, 'AWS::EC2::VPC', vpc)).toMatchObject({
      DefaultSecurityGroup: expect.stringMatching(/^sg-0/),
    });
    const queue = await made(b, client, 'AWS::SQS::Queue', { FifoQueue: true });
    expect(queue).toMatch(/^https:\/\/sqs\.us-east-1\.amazonaws\.com\/123456789012\/Queue-[0-9A-Z]{12}\.fifo$/);
    const bucket = await made(b, client, 'AWS::S3::Bucket', {});
    expect(bucket).toMatch(/^bucket-[0-9a-z]{12}$/);
    const thing = await made(b, client, 'AWS::Example::Thing', { Options: { Wanted: 'x' } });
    expect(await read(client, 'AWS::Example::Thing', thing)).toMatchObject({
      ThingId: expect.stringMatching(/^thing-0/),
      Arn: expect.stringMatching(/^arn:aws:example:us-east-1:123456789012:thing\//),
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      Endpoint: { Address: expect.stringContaining('.amazonaws.com'), Port: 443 },
      Options: { Wanted: 'x', Made: expect.any(String) },
    });
  });

  test('has an identifier of parts joined in schema order, readable also as an object of its parts', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const id = await made(b, client, 'AWS::ApiGateway::Resource', {
      RestApiId: 'outside',
      ParentId: 'root',
      PathPart: 'a',
    });
    const [api, resource] = id.split('|');
    expect(api).toBe('outside');
    expect(
      await read(client, 'AWS::ApiGateway::Resource', JSON.stringify({ RestApiId: api, ResourceId: resource })),
    ).toMatchObject({
      ResourceId: resource,
    });
    await expect(read(client, 'AWS::ApiGateway::Resource', '{"ResourceId":"x"}')).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('updates', () => {
  test('apply a JSON Patch to what a read returns', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const queue = await made(b, client, 'AWS::SQS::Queue', { DelaySeconds: 5, Tags: [{ Key: 'a', Value: '1' }] });
    const accepted = await update(client, 'AWS::SQS::Queue', queue, [
      { op: 'test', path: '/DelaySeconds', value: 5 },
      { op: 'replace', path: '/DelaySeconds', value: 7 },
      { op: 'remove', path: '/Tags' },
    ]);
    expect(await read(client, 'AWS::SQS::Queue', queue)).toMatchObject({ DelaySeconds: 5 });
    expect(await finish(b, client, accepted)).toMatchObject({
      OperationStatus: 'SUCCESS',
      Operation: 'UPDATE',
      Identifier: queue,
    });
    const after = await read(client, 'AWS::SQS::Queue', queue);
    expect(after).toMatchObject({ DelaySeconds: 7, QueueUrl: queue });
    expect(after).not.toHaveProperty('Tags');
  });

  test('whose test fails change nothing', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const queue = await made(b, client, 'AWS::SQS::Queue', { DelaySeconds: 5 });
    const before = await read(client, 'AWS::SQS::Queue', queue);
    const accepted = await update(client, 'AWS::SQS::Queue', queue, [
      { op: 'replace', path: '/DelaySeconds', value: 7 },
      { op: 'test', path: '/DelaySeconds', value: 5 },
    ]);
    expect(await finish(b, client, accepted)).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'InvalidRequest' });
    expect(await read(client, 'AWS::SQS::Queue', queue)).toEqual(before);
  });

  const refused: [why: string, type: string, patch: object[], name: string][] = [
    [
      'a create-only property, even unchanged',
      'AWS::S3::Bucket',
      [{ op: 'replace', path: '/BucketName', value: 'photos' }],
      'NotUpdatableException',
    ],
    ['a read-only property', 'AWS::S3::Bucket', [{ op: 'replace', path: '/Arn', value: 'x' }], 'ValidationException'],
    ['an unknown property', 'AWS::S3::Bucket', [{ op: 'add', path: '/Nope', value: 'x' }], 'ValidationException'],
    ['a document without operations', 'AWS::S3::Bucket', [], 'ValidationException'],
    ['an unknown operation', 'AWS::S3::Bucket', [{ op: 'upsert', path: '/Tags', value: [] }], 'ValidationException'],
    [
      'something unresolved',
      'AWS::S3::Bucket',
      [{ op: 'add', path: '/Tags', value: [{ Ref: 'x' }] }],
      'InvalidRequestException',
    ],
  ];
  test.each(refused)('of %s are refused', async (_why, type, patch, name) => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    await made(b, client, type, { BucketName: 'photos' });
    await expect(update(client, type, 'photos', patch)).rejects.toMatchObject({ name });
  });

  test('must give required write-only values again; others stay', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const name = await made(b, client, 'AWS::SSM::Parameter', { Type: 'String', Value: 'a', Description: 'kept' });
    await finish(
      b,
      client,
      await update(client, 'AWS::SSM::Parameter', name, [{ op: 'replace', path: '/Value', value: 'b' }]),
    );
    const sandbox = await b.start();
    const { resources } = (await (await fetch(`${sandbox.url}/_sandbox/resources`)).json()) as { resources: object[] };
    expect(resources).toMatchObject([{ properties: { Value: 'b', Description: 'kept' } }]);
  });

  test('of a type that has no update or no read handler are unsupported', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    for (const type of ['AWS::EC2::SubnetRouteTableAssociation', 'AWS::IAM::Policy']) {
      await expect(update(client, type, 'x', [{ op: 'add', path: '/Roles', value: [] }])).rejects.toMatchObject({
        name: 'UnsupportedActionException',
      });
    }
  });
});

test('resources are listed in pages, with no more than what identifies them', async () => {
  const { bench: b, client } = await openBench();
  await using _ = b;
  for (const name of ['c', 'a', 'b']) await made(b, client, 'AWS::S3::Bucket', { BucketName: name });
  await create(client, 'AWS::S3::Bucket', { BucketName: 'unfinished' });
  const first = await client.send(new ListResourcesCommand({ TypeName: 'AWS::S3::Bucket', MaxResults: 2 }));
  expect(first.ResourceDescriptions).toEqual([
    { Identifier: 'a', Properties: '{"BucketName":"a"}' },
    { Identifier: 'b', Properties: '{"BucketName":"b"}' },
  ]);
  const NextToken = String(first.NextToken);
  const second = await client.send(new ListResourcesCommand({ TypeName: 'AWS::S3::Bucket', MaxResults: 2, NextToken }));
  expect(second).toMatchObject({ ResourceDescriptions: [{ Identifier: 'c' }] });
  expect(second.NextToken).toBeUndefined();
  await expect(client.send(new ListResourcesCommand({ TypeName: 'AWS::SQS::Queue', NextToken }))).rejects.toMatchObject(
    { name: 'ValidationException' },
  );
});

test('a list of a child type names its parents, and shows what is theirs', async () => {
  const { bench: b, client } = await openBench({ schemas: coreSchemas(), real: ['list-parents'] });
  await using _ = b;
  const list = (TypeName: string, model?: object) =>
    client.send(new ListResourcesCommand({ TypeName, ...(model ? { ResourceModel: JSON.stringify(model) } : {}) }));
  const api = await made(b, client, 'AWS::ApiGateway::RestApi', { Name: 'a' });
  await expect(list('AWS::ApiGateway::Deployment')).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: expect.stringMatching(/Missing or invalid ResourceModel .*required key \[RestApiId\] not found/),
  });
  const deployment = await made(b, client, 'AWS::ApiGateway::Deployment', { RestApiId: api });
  expect((await list('AWS::ApiGateway::Deployment', { RestApiId: api })).ResourceDescriptions).toMatchObject([
    { Identifier: deployment },
  ]);
  expect((await list('AWS::ApiGateway::Deployment', { RestApiId: 'x' })).ResourceDescriptions).toEqual([]);
  await expect(list('AWS::ApiGateway::Deployment', [] as object)).rejects.toMatchObject({
    name: 'ValidationException',
  });
  expect((await list('AWS::ApiGateway::RestApi')).ResourceDescriptions).toHaveLength(1);
});

test('an update lacks what is required and in no read, and must not give it', async () => {
  const { bench: b, client } = await openBench({ schemas: coreSchemas(), real: ['hidden-required'] });
  await using _ = b;
  const type = 'AWS::DataZone::Project';
  const project = await made(b, client, type, { DomainIdentifier: 'dzd-1', Name: 'n' });
  const described = { op: 'add', path: '/Description', value: 'd' };
  await expect(update(client, type, project, [described])).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('required key [DomainIdentifier] not found'),
  });
  const given = { op: 'add', path: '/DomainIdentifier', value: 'dzd-1' };
  await expect(update(client, type, project, [described, given])).rejects.toMatchObject({
    name: 'NotUpdatableException',
  });
});
