// A whole application through the SDK over the core's schema table: built in order, taken down in reverse, and
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code of a function under test
// refused in any other order.

import { CreateResourceCommand, DeleteResourceCommand, GetResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { expect, test } from 'vitest';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { Bench, finish } from '../../support/sandbox.ts';

type Attributes = Record<string, Record<string, string>>;
interface Step {
  id: string;
  type: string;
  desired: (of: Attributes) => object;
}
const step = (id: string, type: string, desired: Step['desired']): Step => ({ id, type, desired });
const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

const STACK: Step[] = [
  step('vpc', 'AWS::EC2::VPC', () => ({ CidrBlock: '10.0.0.0/16', Tags: [{ Key: 'Name', Value: 'a' }] })),
  step('igw', 'AWS::EC2::InternetGateway', () => ({})),
  step('attachment', 'AWS::EC2::VPCGatewayAttachment', ({ vpc, igw }) => ({
    VpcId: vpc?.['VpcId'],
    InternetGatewayId: igw?.['InternetGatewayId'],
  })),
  step('subnet', 'AWS::EC2::Subnet', ({ vpc }) => ({ VpcId: vpc?.['VpcId'], CidrBlock: '10.0.1.0/24' })),
  step('table', 'AWS::EC2::RouteTable', ({ vpc }) => ({ VpcId: vpc?.['VpcId'] })),
  step('association', 'AWS::EC2::SubnetRouteTableAssociation', ({ subnet, table }) => ({
    SubnetId: subnet?.['SubnetId'],
    RouteTableId: table?.['RouteTableId'],
  })),
  step('route', 'AWS::EC2::Route', ({ table, igw }) => ({
    RouteTableId: table?.['RouteTableId'],
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: igw?.['InternetGatewayId'],
  })),
  step('address', 'AWS::EC2::EIP', () => ({ Domain: 'vpc' })),
  step('nat', 'AWS::EC2::NatGateway', ({ subnet, address }) => ({
    SubnetId: subnet?.['SubnetId'],
    AllocationId: address?.['AllocationId'],
  })),
  step('firewall', 'AWS::EC2::SecurityGroup', ({ vpc }) => ({
    VpcId: vpc?.['VpcId'],
    GroupDescription: 'web',
    SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' }],
  })),
  step('balancer', 'AWS::ElasticLoadBalancingV2::LoadBalancer', ({ subnet, firewall }) => ({
    Subnets: [subnet?.['SubnetId']],
    SecurityGroups: [firewall?.['GroupId']],
  })),
  step('targets', 'AWS::ElasticLoadBalancingV2::TargetGroup', ({ vpc }) => ({
    VpcId: vpc?.['VpcId'],
    Port: 80,
    Protocol: 'HTTP',
  })),
  step('listener', 'AWS::ElasticLoadBalancingV2::Listener', ({ balancer, targets }) => ({
    LoadBalancerArn: balancer?.['LoadBalancerArn'],
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targets?.['TargetGroupArn'] }],
  })),
  step('key', 'AWS::KMS::Key', () => ({ KeyPolicy: { Version: '2012-10-17', Statement: [] } })),
  step('bucket', 'AWS::S3::Bucket', ({ key }) => ({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key?.['Arn'] } },
      ],
    },
  })),
  step('bucketPolicy', 'AWS::S3::BucketPolicy', ({ bucket }) => ({
    Bucket: bucket?.['BucketName'],
    PolicyDocument: {
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `${bucket?.['Arn']}/*` }],
    },
  })),
  step('table2', 'AWS::DynamoDB::Table', () => ({
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  })),
  step('role', 'AWS::IAM::Role', () => ({
    AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
    ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
  })),
  step('policy', 'AWS::IAM::Policy', ({ role, table2 }) => ({
    PolicyName: 'data',
    Roles: [role?.['RoleName']],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'dynamodb:*', Resource: table2?.['Arn'] }],
    },
  })),
  step('code', 'AWS::Lambda::Function', ({ role, table2 }) => ({
    Role: role?.['Arn'],
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Code: { ZipFile: 'exports.handler = async () => `${process.env.TABLE}`' },
    Environment: { Variables: { TABLE: table2?.['TableName'] } },
  })),
  step('queue', 'AWS::SQS::Queue', () => ({ VisibilityTimeout: 60 })),
  step('mapping', 'AWS::Lambda::EventSourceMapping', ({ queue, code }) => ({
    FunctionName: code?.['Arn'],
    EventSourceArn: queue?.['Arn'],
  })),
  step('api', 'AWS::ApiGatewayV2::Api', () => ({ Name: 'api', ProtocolType: 'HTTP' })),
  step('integration', 'AWS::ApiGatewayV2::Integration', ({ api, code }) => ({
    ApiId: api?.['ApiId'],
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: code?.['Arn'],
    PayloadFormatVersion: '2.0',
  })),
  step('path', 'AWS::ApiGatewayV2::Route', ({ api, integration }) => ({
    ApiId: api?.['ApiId'],
    RouteKey: 'GET /',
    Target: `integrations/${integration?.['IntegrationId']}`,
  })),
  step('permission', 'AWS::Lambda::Permission', ({ code, api }) => ({
    FunctionName: code?.['FunctionName'],
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:aws:execute-api:us-east-1:123456789012:${api?.['ApiId']}/*`,
  })),
  step('logs', 'AWS::Logs::LogGroup', ({ code }) => ({
    LogGroupName: `/aws/lambda/${code?.['FunctionName']}`,
    RetentionInDays: 14,
  })),
  step('topic', 'AWS::SNS::Topic', () => ({})),
  step('alarm', 'AWS::CloudWatch::Alarm', ({ topic, code }) => ({
    AlarmActions: [topic?.['TopicArn']],
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 1,
    Threshold: 1,
    MetricName: 'Errors',
    Namespace: 'AWS/Lambda',
    Period: 60,
    Statistic: 'Sum',
    Dimensions: [{ Name: 'FunctionName', Value: code?.['FunctionName'] }],
  })),
];

async function bench() {
  const bench = new Bench();
  const client = bench.client(await bench.start({ schemas: coreSchemas() }));
  const create = async ({ type, desired }: Step, of: Attributes) => {
    const DesiredState = JSON.stringify(desired(of));
    const { ProgressEvent } = await client.send(new CreateResourceCommand({ TypeName: type, DesiredState }));
    return finish(bench, client, ProgressEvent);
  };
  const remove = async (TypeName: string, Identifier: string) => {
    const { ProgressEvent } = await client.send(new DeleteResourceCommand({ TypeName, Identifier }));
    return finish(bench, client, ProgressEvent);
  };
  /** Properties as the deployment sees them: a read where there is one, else nothing. */
  const read = async (TypeName: string, Identifier: string) => {
    const answer = await client.send(new GetResourceCommand({ TypeName, Identifier })).catch((error: Error) => error);
    if (answer instanceof Error) {
      expect(answer.name).toBe('UnsupportedActionException');
      return {};
    }
    return JSON.parse(String(answer.ResourceDescription?.Properties)) as Record<string, string>;
  };
  const of: Attributes = {};
  const identifiers = new Map<string, string>();
  const build = async () => {
    for (const each of STACK) {
      const event = await create(each, of);
      expect(event, `${each.id}: ${event.StatusMessage}`).toMatchObject({ OperationStatus: 'SUCCESS' });
      identifiers.set(each.id, String(event.Identifier));
      of[each.id] = await read(each.type, String(event.Identifier));
    }
  };
  return { bench, create, remove, build, of, identifiers };
}

test('stands when built in order, and goes when taken down in reverse', async () => {
  const { bench: b, build, remove, identifiers } = await bench();
  await using _ = b;
  await build();
  for (const { id, type } of STACK.toReversed()) {
    const event = await remove(type, String(identifiers.get(id)));
    expect(event, `${id}: ${event.StatusMessage}`).toMatchObject({ OperationStatus: 'SUCCESS' });
  }
});

test('gives up nothing that is in use, and takes nothing whose foundation is gone', async () => {
  const { bench: b, build, create, remove, of, identifiers } = await bench();
  await using _ = b;
  await build();
  const used = [
    'vpc',
    'igw',
    'subnet',
    'table',
    'address',
    'firewall',
    'balancer',
    'targets',
    'bucket',
    'table2',
    'role',
    'code',
    'queue',
    'api',
    'integration',
    'topic',
  ];
  for (const { id, type } of STACK) {
    if (!used.includes(id)) continue;
    expect(await remove(type, String(identifiers.get(id))), id).toMatchObject({
      OperationStatus: 'FAILED',
      ErrorCode: 'InvalidRequest',
    });
  }
  for (const { id, type } of STACK.toReversed()) await remove(type, String(identifiers.get(id)));
  const founded = STACK.filter(({ desired }) => JSON.stringify(desired(of)) !== JSON.stringify(desired({})));
  expect(founded.length).toBeGreaterThan(18);
  for (const each of founded) {
    expect(await create(each, of), each.id).toMatchObject({ OperationStatus: 'FAILED', ErrorCode: 'InvalidRequest' });
  }
});
