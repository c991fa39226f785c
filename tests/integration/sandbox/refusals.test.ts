// What the sandbox refuses, and how, as the real SDK sees it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts that Sub would have replaced are the point

import { CreateResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { describe, expect, test } from 'vitest';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { create, finish, openBench, poll, read, remove, update } from '../../support/sandbox.ts';

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
  ];
  test.each(refusals)('%s', async (_why, type, desired, name, message) => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    await expect(
      client.send(new CreateResourceCommand({ TypeName: type, DesiredState: JSON.stringify(desired) })),
    ).rejects.toMatchObject({ name, message: expect.stringMatching(message), $metadata: { httpStatusCode: 400 } });
  });

  test.each([
    ['IAM policy variables', { AssumeRolePolicyDocument: { a: '${aws:username}' } }],
    ['shell variables', { AssumeRolePolicyDocument: 'echo ${HOME}' }],
    ['templates within', { AssumeRolePolicyDocument: { TemplateBody: '{"Fn::Sub": "${AWS::Region}"}' } }],
    ['JSON Schema references', { AssumeRolePolicyDocument: { items: { $ref: '#/definitions/x' } } }],
  ])('but not %s', async (_why, desired) => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    expect(await create(client, 'AWS::IAM::Role', desired)).toMatchObject({ Operation: 'CREATE' });
  });

  test('a desired state that is not JSON, and one that is too large', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const send = (DesiredState: string) =>
      client.send(new CreateResourceCommand({ TypeName: 'AWS::S3::Bucket', DesiredState }));
    await expect(send('{')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(send(JSON.stringify({ BucketName: 'x'.repeat(262_144) }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('a second create of the same name, also while the first is in progress', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    const first = await create(client, 'AWS::S3::Bucket', { BucketName: 'one' });
    const second = await create(client, 'AWS::S3::Bucket', { BucketName: 'one' });
    expect(await finish(b, client, second)).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'AlreadyExists' });
    expect(await poll(client, first)).toMatchObject({ OperationStatus: 'SUCCESS' });
    const elsewhere = b.client(await b.start(), 'eu-west-1', '999999999999');
    const third = await create(elsewhere, 'AWS::S3::Bucket', { BucketName: 'one' });
    expect(await finish(b, elsewhere, third)).toMatchObject({ ErrorCode: 'AlreadyExists' });
  });

  test.each([
    ['AWS::SNS::Topic', { TopicName: 'one' }, {}],
    ['AWS::SQS::Queue', { QueueName: 'one' }, {}],
    ['AWS::Events::Rule', { Name: 'one', ScheduleExpression: 'rate(1 day)' }, {}],
    ['AWS::IAM::ManagedPolicy', { ManagedPolicyName: 'one', PolicyDocument: {} }, { Path: '/elsewhere/' }],
    ['AWS::StepFunctions::StateMachine', { StateMachineName: 'one', RoleArn: 'arn:aws:iam::1:role/r' }, {}],
    ['AWS::SecretsManager::Secret', { Name: 'one' }, {}],
    ['AWS::EC2::LaunchTemplate', { LaunchTemplateName: 'one', LaunchTemplateData: {} }, {}],
    ['AWS::ElasticLoadBalancingV2::TargetGroup', { Name: 'one' }, {}],
    ['AWS::VpcLattice::ServiceNetwork', { Name: 'one' }, {}],
    ['AWS::WAFv2::IPSet', { Name: 'one', Scope: 'REGIONAL', IPAddressVersion: 'IPV4', Addresses: [] }, {}],
    ['AWS::ECS::Service', { ServiceName: 'one', TaskDefinition: 't' }, {}],
  ] as const)('a second %s of the same name, whatever its identifier is', async (type, desired, more) => {
    const { bench: b, client } = await openBench({ schemas: coreSchemas() });
    await using _ = b;
    const first = await create(client, type, desired);
    const second = await create(client, type, { ...desired, ...more });
    expect(await finish(b, client, second)).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'AlreadyExists' });
    expect(await finish(b, client, first)).toMatchObject({ OperationStatus: 'SUCCESS' });
  });

  test('but a family has revisions, and keys may be called the same', async () => {
    const { bench: b, client } = await openBench({ schemas: coreSchemas() });
    await using _ = b;
    for (const [type, desired] of [
      ['AWS::ECS::TaskDefinition', { Family: 'one' }],
      ['AWS::ApiGateway::ApiKey', { Name: 'one' }],
    ] as const) {
      const made = [await create(client, type, desired), await create(client, type, desired)];
      for (const event of made) expect(await finish(b, client, event)).toMatchObject({ OperationStatus: 'SUCCESS' });
    }
  });

  test('reads, updates and deletes of what is not there', async () => {
    const { bench: b, client } = await openBench();
    await using _ = b;
    await expect(read(client, 'AWS::S3::Bucket', 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const deleted = await finish(b, client, await remove(client, 'AWS::S3::Bucket', 'none'));
    expect(deleted).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'NotFound' });
    const patch = [{ op: 'add', path: '/Tags', value: [] }];
    const updated = await finish(b, client, await update(client, 'AWS::S3::Bucket', 'none', patch));
    expect(updated).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'NotFound' });
  });

  test('operations on a resource that another one is working on', async () => {
    const { bench: b, client } = await openBench();
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
    const { bench: b, sandbox } = await openBench();
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
