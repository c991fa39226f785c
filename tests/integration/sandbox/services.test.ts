// The few calls beside Cloud Control that plans need, through their own SDK clients.

import { CreateResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { DescribeAvailabilityZonesCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { Bench, config, finish } from '../../support/sandbox.ts';

test('STS names the caller: a 12-digit access key is its own account', async () => {
  await using b = new Bench();
  const { url } = await b.start();
  const identity = (key: string, region = 'us-east-1') =>
    new STSClient(config(url, region, key)).send(new GetCallerIdentityCommand({}));
  expect(await identity('AKIA')).toMatchObject({
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/sandbox',
  });
  expect(await identity('210987654321')).toMatchObject({ Account: '210987654321' });
  expect(await identity('AKIA', 'cn-north-1')).toMatchObject({ Arn: expect.stringMatching(/^arn:aws-cn:/) });
});

test('STS assumes a role of any account, whose credentials then work there', async () => {
  await using b = new Bench();
  const { url } = await b.start();
  const sts = new STSClient(config(url));
  const { Credentials, AssumedRoleUser } = await sts.send(
    new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::333333333333:role/path/deploy', RoleSessionName: 'run' }),
  );
  expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::333333333333:assumed-role/deploy/run');
  expect(Credentials?.Expiration?.getTime()).toBe(b.now + 3_600_000);
  const assumed = new STSClient(config(url, 'us-east-1', String(Credentials?.AccessKeyId)));
  expect(await assumed.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '333333333333' });
  await expect(
    sts.send(new AssumeRoleCommand({ RoleArn: 'not-a-role', RoleSessionName: 'run' })),
  ).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

const ROLE_ARN = 'arn:aws:iam::333333333333:role/path/deploy';
const statement = (more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111111111111:root' },
  Action: 'sts:AssumeRole',
  ...more,
});
const asks = (id: unknown) => ({ Condition: { StringEquals: { 'sts:ExternalId': id } } });

test.each<[string, object[], string | undefined, boolean]>([
  ['lets in whoever gives its external id', [statement(asks('ours'))], 'ours', true],
  ['lets in by one of several', [statement(asks(['other', 'ours']))], 'ours', true],
  ['refuses another external id', [statement(asks('ours'))], 'theirs', false],
  ['refuses who gives none', [statement(asks('ours'))], undefined, false],
  ['lets in whoever comes where it asks for nothing', [statement()], undefined, true],
  ['lets in by any of several actions', [statement({ Action: ['sts:TagSession', 'sts:AssumeRole'] })], undefined, true],
  ['refuses accounts where only services may', [statement({ Principal: { Service: 'x.amazonaws.com' } })], 'x', false],
  ['refuses where another action is allowed', [statement({ Action: 'sts:TagSession' })], undefined, false],
  ['refuses what a second statement denies', [statement(), statement({ Effect: 'Deny' })], undefined, false],
  ['refuses everybody without a statement', [], undefined, false],
])('a role that stands in the sandbox %s', async (_, Statement, ExternalId, allowed) => {
  await using b = new Bench();
  const sandbox = await b.start();
  const client = b.client(sandbox, 'us-east-1', '333333333333');
  const DesiredState = JSON.stringify({
    RoleName: 'deploy',
    Path: '/path/',
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement },
  });
  const { ProgressEvent } = await client.send(new CreateResourceCommand({ TypeName: 'AWS::IAM::Role', DesiredState }));
  expect(await finish(b, client, ProgressEvent)).toMatchObject({ OperationStatus: 'SUCCESS' });
  const sts = new STSClient(config(sandbox.url));
  const assumed = sts.send(
    new AssumeRoleCommand({ RoleArn: ROLE_ARN, RoleSessionName: 'run', ...(ExternalId && { ExternalId }) }),
  );
  if (allowed) expect((await assumed).Credentials?.AccessKeyId).toBe('333333333333');
  else await expect(assumed).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  const seen = (await (await fetch(`${sandbox.url}/_sandbox/calls`)).json()) as { calls: unknown[] };
  const trail = { operation: 'sts.AssumeRole', identifier: 'arn:aws:sts::333333333333:assumed-role/deploy/run' };
  expect(seen.calls.at(-1)).toMatchObject({ ...trail, outcome: allowed ? 'ok' : 'AccessDenied' });
});

test('EC2 names the zones of a region, and nothing else', async () => {
  await using b = new Bench();
  const { url } = await b.start();
  const zones = async (region: string) => {
    const { AvailabilityZones } = await new EC2Client(config(url, region)).send(
      new DescribeAvailabilityZonesCommand({}),
    );
    return AvailabilityZones?.map(({ ZoneName, ZoneId, State }) => `${ZoneName} ${ZoneId} ${State}`);
  };
  expect(await zones('us-east-1')).toHaveLength(6);
  expect((await zones('eu-central-1'))?.[0]).toBe('eu-central-1a euc1-az1 available');
  expect((await zones('ap-southeast-2'))?.[2]).toBe('ap-southeast-2c apse2-az3 available');
  await expect(new EC2Client(config(url)).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
    name: 'InvalidAction',
  });
});

test('SSM knows public parameters, the CDK bootstrap version, and what was created here', async () => {
  await using b = new Bench();
  const sandbox = await b.start();
  const ssm = new SSMClient(config(sandbox.url));
  const value = async (Name: string) => (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;
  const image = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  expect(await value(image)).toMatch(/^ami-0[0-9a-f]{16}$/);
  expect(await value(image)).toBe(await value(image));
  expect(await value('/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id')).toMatch(/^ami-/);
  expect(await value('/cdk-bootstrap/hnb659fds/version')).toBe('21');
  await expect(value('/mine')).rejects.toMatchObject({ name: 'ParameterNotFound' });

  const client = b.client(sandbox);
  const DesiredState = JSON.stringify({ Name: '/mine', Type: 'StringList', Value: 'a,b' });
  const { ProgressEvent } = await client.send(
    new CreateResourceCommand({ TypeName: 'AWS::SSM::Parameter', DesiredState }),
  );
  await expect(value('/mine')).rejects.toMatchObject({ name: 'ParameterNotFound' });
  await finish(b, client, ProgressEvent);
  expect(await ssm.send(new GetParametersCommand({ Names: ['/mine', '/none'] }))).toMatchObject({
    Parameters: [{ Name: '/mine', Type: 'StringList', Value: 'a,b', Version: 1 }],
    InvalidParameters: ['/none'],
  });
});

test('a resource may name a machine image of a public parameter', async () => {
  await using b = new Bench();
  const sandbox = await b.start();
  const { Parameter } = await new SSMClient(config(sandbox.url)).send(
    new GetParameterCommand({ Name: '/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2' }),
  );
  const client = b.client(sandbox);
  const DesiredState = JSON.stringify({ Name: 'image', Type: 'String', Value: Parameter?.Value });
  const { ProgressEvent } = await client.send(
    new CreateResourceCommand({ TypeName: 'AWS::SSM::Parameter', DesiredState }),
  );
  expect(await finish(b, client, ProgressEvent)).toMatchObject({ OperationStatus: 'SUCCESS' });
});

test('Secrets Manager gives values of secrets created here, generated ones too', async () => {
  await using b = new Bench();
  const sandbox = await b.start();
  const client = b.client(sandbox);
  const secrets = new SecretsManagerClient(config(sandbox.url));
  const create = async (desired: object) => {
    const { ProgressEvent } = await client.send(
      new CreateResourceCommand({ TypeName: 'AWS::SecretsManager::Secret', DesiredState: JSON.stringify(desired) }),
    );
    return String((await finish(b, client, ProgressEvent)).Identifier);
  };
  const value = async (SecretId: string) => (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString;

  const arn = await create({ Name: 'plain', SecretString: 'hush' });
  expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:plain-\w+$/);
  expect([await value('plain'), await value(arn)]).toEqual(['hush', 'hush']);

  await create({
    Name: 'made',
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"admin"}',
      GenerateStringKey: 'password',
      PasswordLength: 40,
      ExcludePunctuation: true,
      ExcludeCharacters: 'abc',
    },
  });
  const made = JSON.parse(String(await value('made'))) as { username: string; password: string };
  expect(made).toEqual({ username: 'admin', password: expect.stringMatching(/^[d-zA-Z0-9]{40}$/) });
  expect(JSON.parse(String(await value('made')))).toEqual(made);
  await expect(value('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
