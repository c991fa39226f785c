// Resources that name one another: nothing too early, nothing torn out, and policies that overwrite each other.

import { describe, expect, test } from 'vitest';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { create, finish, made, openBench, poll, read, remove, TRUST } from '../../support/sandbox.ts';

describe('references', () => {
  test('a create that names what is still being created, is gone, or is being deleted is refused', async () => {
    const { bench: b, client } = await openBench();
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
    const { bench: b, client } = await openBench();
    await using _ = b;
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: 'vpc-12345678' });
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: 'vpc-0123456789abcdef0' });
    await made(b, client, 'AWS::Lambda::Function', {
      Code: { ZipFile: 'x' },
      Role: 'arn:aws:iam::123456789012:role/elsewhere',
    });
  });

  test('a name at a place where the service demands a resource must stand', async () => {
    const { bench: b, client } = await openBench();
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
    const { bench: b, client } = await openBench();
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

  test('a key goes whatever is encrypted with it, as it does in AWS', async () => {
    const { bench: b, client } = await openBench({ schemas: coreSchemas() });
    await using _ = b;
    const key = await made(b, client, 'AWS::KMS::Key', {});
    await made(b, client, 'AWS::SQS::Queue', { KmsMasterKeyId: key });
    expect(await finish(b, client, await remove(client, 'AWS::KMS::Key', key))).toMatchObject({
      OperationStatus: 'SUCCESS',
    });
  });

  test('an instance stands in the zone of its subnet, and an interface has every address asked for', async () => {
    const { bench: b, client } = await openBench({ schemas: coreSchemas() });
    await using _ = b;
    const subnet = await made(b, client, 'AWS::EC2::Subnet', { VpcId: 'vpc-12345678', AvailabilityZone: 'us-east-1c' });
    const instance = await made(b, client, 'AWS::EC2::Instance', { SubnetId: subnet, ImageId: 'ami-12345678' });
    expect(await read(client, 'AWS::EC2::Instance', instance)).toMatchObject({ AvailabilityZone: 'us-east-1c' });
    const addresses = async (more: object) => {
      const card = await made(b, client, 'AWS::EC2::NetworkInterface', { SubnetId: subnet, ...more });
      return (await read(client, 'AWS::EC2::NetworkInterface', card))['SecondaryPrivateIpAddresses'];
    };
    const counted = await addresses({ SecondaryPrivateIpAddressCount: 2 });
    expect(counted).toEqual([expect.stringMatching(/^10\./), expect.stringMatching(/^10\./)]);
    const [first, second] = ['10.0.0.5', '10.0.0.6'].map((address, at) => ({
      PrivateIpAddress: address,
      Primary: at === 0,
    }));
    expect(await addresses({ PrivateIpAddresses: [first, second] })).toEqual(['10.0.0.6']);
    expect(await addresses({})).toEqual([]);
  });

  test('a generated name counts wherever it stands: in an ARN inside a policy, too', async () => {
    const { bench: b, client } = await openBench();
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

test('policies without a read handler overwrite by name and role, and the first delete takes both along', async () => {
  const { bench: b, sandbox, client } = await openBench();
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
