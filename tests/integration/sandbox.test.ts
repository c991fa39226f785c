// The sandbox as the real SDK sees it: eight operations, their progress and their refusals.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts that Sub would have replaced are the point

import {
  CancelResourceRequestCommand,
  type CloudControlClient,
  CreateResourceCommand,
  DeleteResourceCommand,
  GetResourceCommand,
  GetResourceRequestStatusCommand,
  ListResourceRequestsCommand,
  ListResourcesCommand,
  UpdateResourceCommand,
} from '@aws-sdk/client-cloudcontrol';
import { describe, expect, test } from 'vitest';
import { Bench, finish, poll, TRUST } from '../support/sandbox.ts';

const create = async (client: CloudControlClient, TypeName: string, desired: object, ClientToken?: string) =>
  (
    await client.send(
      new CreateResourceCommand({
        TypeName,
        DesiredState: JSON.stringify(desired),
        ...(ClientToken && { ClientToken }),
      }),
    )
  ).ProgressEvent;

const remove = async (client: CloudControlClient, TypeName: string, Identifier: string) =>
  (await client.send(new DeleteResourceCommand({ TypeName, Identifier }))).ProgressEvent;

const update = async (client: CloudControlClient, TypeName: string, Identifier: string, patch: object[]) =>
  (await client.send(new UpdateResourceCommand({ TypeName, Identifier, PatchDocument: JSON.stringify(patch) })))
    .ProgressEvent;

const read = async (client: CloudControlClient, TypeName: string, Identifier: string) => {
  const { ResourceDescription } = await client.send(new GetResourceCommand({ TypeName, Identifier }));
  return JSON.parse(String(ResourceDescription?.Properties)) as Record<string, unknown>;
};

/** Creates and waits. */
const made = async (bench: Bench, client: CloudControlClient, type: string, desired: object) => {
  const event = await finish(bench, client, await create(client, type, desired));
  expect(event, event.StatusMessage).toMatchObject({ OperationStatus: 'SUCCESS' });
  return String(event.Identifier);
};

async function bench(options: Parameters<Bench['start']>[0] = {}) {
  const bench = new Bench();
  const sandbox = await bench.start(options);
  return { bench, sandbox, client: bench.client(sandbox) };
}

describe('a resource from its creation to its end', () => {
  test('is in progress until its time has passed, then stands, reads back and goes', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench({ speed: 20 });
    await using _ = b;
    const accepted = await create(client, 'AWS::SQS::Queue', {});
    expect(accepted?.RetryAfter?.getTime()).toBeLessThanOrEqual(b.now + 60);
    b.now += 560;
    expect((await poll(client, accepted)).OperationStatus).toBe('SUCCESS');
  });

  test('shows its identifier early for some and the model at the end for some, never for all', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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

describe('what is refused', () => {
  const refusals: [why: string, type: string, desired: unknown, name: string, message: RegExp][] = [
    ['an unknown type', 'AWS::No::Such', {}, 'TypeNotFoundException', /AWS::No::Such/],
    ['a type without handlers', 'AWS::CodeBuild::Project', {}, 'UnsupportedActionException', /CREATE/],
    ['a type name of another form', 'Bucket', {}, 'ValidationException', /typeName/],
    ['a desired state that is no object', 'AWS::S3::Bucket', ['x'], 'ValidationException', /object/],
    ['an unknown property', 'AWS::S3::Bucket', { Nope: 1 }, 'ValidationException', /#: extraneous key \[Nope\]/],
    [
      'an unknown nested property',
      'AWS::S3::Bucket',
      { VersioningConfiguration: { Status: 'Enabled', X: 1 } },
      'ValidationException',
      /#\/VersioningConfiguration: extraneous key \[X\]/,
    ],
    ['a missing property', 'AWS::Lambda::Function', { Role: 'r' }, 'ValidationException', /required key \[Code\]/],
    [
      'a missing nested property',
      'AWS::S3::Bucket',
      { Tags: [{ Key: 'a' }] },
      'ValidationException',
      /#\/Tags\/0: required key \[Value\]/,
    ],
    ['a read-only property', 'AWS::S3::Bucket', { Arn: 'arn:aws:s3:::x' }, 'ValidationException', /read-only/],
    [
      'a nested read-only property',
      'AWS::Example::Thing',
      { Options: { Made: 'x' } },
      'ValidationException',
      /#\/Options\/Made: read-only/,
    ],
    [
      'a number as text',
      'AWS::SQS::Queue',
      { DelaySeconds: '5' },
      'ValidationException',
      /expected type: integer, found: string/,
    ],
    ['a fraction for a whole number', 'AWS::SQS::Queue', { DelaySeconds: 1.5 }, 'ValidationException', /integer/],
    ['a number for text', 'AWS::SQS::Queue', { QueueName: 5 }, 'ValidationException', /expected type: string/],
    ['null', 'AWS::SQS::Queue', { RedrivePolicy: null }, 'ValidationException', /null/],
    ['a value outside the enum', 'AWS::S3::Bucket', { AccessControl: 'Everyone' }, 'ValidationException', /enum/],
    [
      'an unresolved Ref',
      'AWS::SQS::Queue',
      { QueueName: { Ref: 'Name' } },
      'InvalidRequestException',
      /Ref .*QueueName/,
    ],
    [
      'an unresolved Fn::GetAtt',
      'AWS::SQS::Queue',
      { RedrivePolicy: { a: { 'Fn::GetAtt': ['A', 'B'] } } },
      'InvalidRequestException',
      /Fn::GetAtt/,
    ],
    ['a symbolic part', 'AWS::SQS::Queue', { QueueName: { $ref: 'Name' } }, 'InvalidRequestException', /\$ref/],
    [
      'a secret placeholder',
      'AWS::SQS::Queue',
      { QueueName: { $secret: 'parameter:x' } },
      'InvalidRequestException',
      /\$secret/,
    ],
    [
      'a dynamic reference',
      'AWS::SQS::Queue',
      { QueueName: '{{resolve:ssm:x}}' },
      'InvalidRequestException',
      /dynamic/,
    ],
    [
      'a pseudo parameter left by Sub',
      'AWS::SQS::Queue',
      { QueueName: 'a-${AWS::Region}' },
      'InvalidRequestException',
      /AWS::Region/,
    ],
    ['AWS::NoValue', 'AWS::SQS::Queue', { QueueName: 'AWS::NoValue' }, 'InvalidRequestException', /NoValue/],
  ];
  test.each(refusals)('%s', async (_why, type, desired, name, message) => {
    const { bench: b, client } = await bench();
    await using _ = b;
    await expect(
      client.send(new CreateResourceCommand({ TypeName: type, DesiredState: JSON.stringify(desired) })),
    ).rejects.toMatchObject({ name, message: expect.stringMatching(message), $metadata: { httpStatusCode: 400 } });
  });

  test.each([
    ['IAM policy variables', { AssumeRolePolicyDocument: { a: '${aws:username}' } }],
    ['shell variables', { AssumeRolePolicyDocument: 'echo ${HOME}' }],
    ['JSON Schema references', { AssumeRolePolicyDocument: { items: { $ref: '#/definitions/x' } } }],
  ])('but not %s', async (_why, desired) => {
    const { bench: b, client } = await bench();
    await using _ = b;
    expect(await create(client, 'AWS::IAM::Role', desired)).toMatchObject({ Operation: 'CREATE' });
  });

  test('a desired state that is not JSON, and one that is too large', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const send = (DesiredState: string) =>
      client.send(new CreateResourceCommand({ TypeName: 'AWS::S3::Bucket', DesiredState }));
    await expect(send('{')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(send(JSON.stringify({ BucketName: 'x'.repeat(262_144) }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('a second create of the same name, also while the first is in progress', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const first = await create(client, 'AWS::S3::Bucket', { BucketName: 'one' });
    const second = await create(client, 'AWS::S3::Bucket', { BucketName: 'one' });
    expect(await finish(b, client, second)).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'AlreadyExists' });
    expect(await poll(client, first)).toMatchObject({ OperationStatus: 'SUCCESS' });
    const elsewhere = b.client(await b.start(), 'eu-west-1', '999999999999');
    const third = await create(elsewhere, 'AWS::S3::Bucket', { BucketName: 'one' });
    expect(await finish(b, elsewhere, third)).toMatchObject({ ErrorCode: 'AlreadyExists' });
  });

  test('reads, updates and deletes of what is not there', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    await expect(read(client, 'AWS::S3::Bucket', 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const deleted = await finish(b, client, await remove(client, 'AWS::S3::Bucket', 'none'));
    expect(deleted).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'NotFound' });
    const patch = [{ op: 'add', path: '/Tags', value: [] }];
    const updated = await finish(b, client, await update(client, 'AWS::S3::Bucket', 'none', patch));
    expect(updated).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'NotFound' });
  });

  test('operations on a resource that another one is working on', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    await create(client, 'AWS::S3::Bucket', { BucketName: 'one' });
    await expect(remove(client, 'AWS::S3::Bucket', 'one')).rejects.toMatchObject({
      name: 'ConcurrentOperationException',
    });
    b.now += 20_000;
    await remove(client, 'AWS::S3::Bucket', 'one');
    await expect(remove(client, 'AWS::S3::Bucket', 'one')).rejects.toMatchObject({
      name: 'ConcurrentOperationException',
    });
    await expect(
      update(client, 'AWS::S3::Bucket', 'one', [{ op: 'add', path: '/Tags', value: [] }]),
    ).rejects.toMatchObject({ name: 'ConcurrentOperationException' });
  });

  test('a request without a signature, with an unknown operation, with an unknown member', async () => {
    const { bench: b, sandbox } = await bench();
    await using _ = b;
    const post = async (target: string, body: string, signed = true) => {
      const response = await fetch(sandbox.url, {
        method: 'POST',
        body,
        headers: {
          'x-amz-target': target,
          ...(signed && {
            authorization: 'AWS4-HMAC-SHA256 Credential=a/20270101/us-east-1/cloudcontrolapi/aws4_request, x',
          }),
        },
      });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await post('CloudApiService.ListResources', '{}', false)).toEqual([
      403,
      'MissingAuthenticationTokenException',
    ]);
    expect(await post('CloudApiService.Nothing', '{}')).toEqual([400, 'UnknownOperationException']);
    expect(await post('CloudApiService.ListResources', '{"TypeName":"AWS::S3::Bucket","Nope":1}')).toEqual([
      400,
      'ValidationException',
    ]);
    expect(await post('CloudApiService.ListResources', '{')).toEqual([400, 'SerializationException']);
  });
});

describe('references', () => {
  test('a create that names what is still being created, is gone, or is being deleted is refused', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const accepted = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        create(client, 'AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' }, `vpc${index}`),
      ),
    );
    b.now += 8_000;
    const early = (await Promise.all(accepted.map((event) => poll(client, event)))).find((event) => event.Identifier);
    const vpc = String(early?.Identifier);
    const subnet = { VpcId: vpc, CidrBlock: '10.0.1.0/24' };
    const tooSoon = await create(client, 'AWS::EC2::Subnet', subnet);
    expect(await finish(b, client, tooSoon)).toMatchObject({
      ErrorCode: 'InvalidRequest',
      StatusMessage: expect.stringContaining('still being created'),
    });
    const fine = await made(b, client, 'AWS::EC2::Subnet', subnet);
    await finish(b, client, await remove(client, 'AWS::EC2::Subnet', fine));
    const going = await remove(client, 'AWS::EC2::VPC', vpc);
    const meanwhile = await create(client, 'AWS::EC2::Subnet', subnet);
    expect(await finish(b, client, meanwhile)).toMatchObject({
      StatusMessage: expect.stringContaining('being deleted'),
    });
    expect(await poll(client, going)).toMatchObject({ OperationStatus: 'SUCCESS' });
    expect(await finish(b, client, await create(client, 'AWS::EC2::Subnet', subnet))).toMatchObject({
      StatusMessage: expect.stringContaining('does not exist'),
    });
  });

  test('what was never made here may be named', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: 'vpc-12345678' });
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: 'vpc-0123456789abcdef0' });
    await made(b, client, 'AWS::Lambda::Function', {
      Code: { ZipFile: 'x' },
      Role: 'arn:aws:iam::123456789012:role/elsewhere',
    });
  });

  test('a name at a place where the service demands a resource must stand', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const policy = { PolicyName: 'p', PolicyDocument: {}, Roles: ['missing'] };
    expect(await finish(b, client, await create(client, 'AWS::IAM::Policy', policy))).toMatchObject({
      ErrorCode: 'InvalidRequest',
      StatusMessage: expect.stringContaining("AWS::IAM::Role 'missing' named at /Roles/0 does not exist"),
    });
    await create(client, 'AWS::IAM::Role', { RoleName: 'app', AssumeRolePolicyDocument: TRUST });
    const early = await create(client, 'AWS::Lambda::Function', {
      Code: {},
      Role: 'arn:aws:iam::123456789012:role/app',
    });
    expect(await finish(b, client, early)).toMatchObject({
      StatusMessage: expect.stringContaining('still being created'),
    });
  });

  test('a delete of what another resource names is refused until that one is gone', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const vpc = await made(b, client, 'AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
    const subnet = await made(b, client, 'AWS::EC2::Subnet', { VpcId: vpc });
    expect(await finish(b, client, await remove(client, 'AWS::EC2::VPC', vpc))).toMatchObject({
      OperationStatus: 'FAILED',
      ErrorCode: 'InvalidRequest',
      StatusMessage: expect.stringContaining(subnet),
    });
    const going = await remove(client, 'AWS::EC2::Subnet', subnet);
    const tooSoon = await remove(client, 'AWS::EC2::VPC', vpc);
    expect(await finish(b, client, tooSoon)).toMatchObject({ OperationStatus: 'FAILED' });
    expect(await poll(client, going)).toMatchObject({ OperationStatus: 'SUCCESS' });
    expect(await finish(b, client, await remove(client, 'AWS::EC2::VPC', vpc))).toMatchObject({
      OperationStatus: 'SUCCESS',
    });
  });

  test('a generated name counts wherever it stands: in an ARN inside a policy, too', async () => {
    const { bench: b, client } = await bench();
    await using _ = b;
    const queue = await made(b, client, 'AWS::SQS::Queue', {});
    const { Arn } = await read(client, 'AWS::SQS::Queue', queue);
    await made(b, client, 'AWS::IAM::Role', {
      RoleName: 'r',
      AssumeRolePolicyDocument: { Statement: [{ Resource: `${Arn}/*` }] },
    });
    expect(await finish(b, client, await remove(client, 'AWS::SQS::Queue', queue))).toMatchObject({
      ErrorCode: 'InvalidRequest',
    });
  });
});

describe('updates', () => {
  test('apply a JSON Patch to what a read returns', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
    await using _ = b;
    await made(b, client, type, { BucketName: 'photos' });
    await expect(update(client, type, 'photos', patch)).rejects.toMatchObject({ name });
  });

  test('must give required write-only values again; others stay', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
    await using _ = b;
    for (const type of ['AWS::EC2::SubnetRouteTableAssociation', 'AWS::IAM::Policy']) {
      await expect(update(client, type, 'x', [{ op: 'add', path: '/Roles', value: [] }])).rejects.toMatchObject({
        name: 'UnsupportedActionException',
      });
    }
  });
});

describe('client tokens', () => {
  test('answer the same request with the same event, for 36 hours', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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
      const { bench: b, client } = await bench();
      await using _ = b;
      identifiers.push((await finish(b, client, await create(client, 'AWS::EC2::VPC', {}, token))).Identifier);
    }
    expect(identifiers[0]).toBe(identifiers[1]);
    expect(identifiers[2]).not.toBe(identifiers[0]);
  });
});

describe('requests', () => {
  test('are remembered for seven days', async () => {
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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
    const { bench: b, client } = await bench();
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

test('resources are listed in pages, with no more than what identifies them', async () => {
  const { bench: b, client } = await bench();
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

test('policies without a read handler overwrite by name and role, and the first delete takes both along', async () => {
  const { bench: b, sandbox, client } = await bench();
  await using _ = b;
  await made(b, client, 'AWS::IAM::Role', { RoleName: 'app', AssumeRolePolicyDocument: TRUST });
  const policy = (Effect: string) => ({ PolicyName: 'p', PolicyDocument: { Effect }, Roles: ['app'] });
  const effective = async () => {
    const { resources } = (await (await fetch(`${sandbox.url}/_sandbox/resources`)).json()) as {
      resources: { type: string; effective?: boolean }[];
    };
    return resources.filter(({ type }) => type === 'AWS::IAM::Policy').map((policy) => policy.effective);
  };
  const first = await made(b, client, 'AWS::IAM::Policy', policy('Allow'));
  expect(await effective()).toEqual([true]);
  await made(b, client, 'AWS::IAM::Policy', policy('Deny'));
  expect(await effective()).toEqual([false, true]);
  await finish(b, client, await remove(client, 'AWS::IAM::Policy', first));
  expect(await effective()).toEqual([false]);
  await expect(read(client, 'AWS::IAM::Policy', first)).rejects.toMatchObject({ name: 'UnsupportedActionException' });
});
