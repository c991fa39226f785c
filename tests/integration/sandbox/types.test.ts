// The sandbox over the core's whole schema table: every provisionable type can be made, and what is made fits the
// type's own schema.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { bring } from '../../../src/sandbox/attributes/index.ts';
import { at, type Json, type JsonObject } from '../../../src/sandbox/json.ts';
import { tokensIn } from '../../../src/sandbox/mint.ts';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import type { ResourceType, Shape } from '../../../src/sandbox/shape.ts';
import { validateDesired, validateWhole } from '../../../src/sandbox/validate.ts';

const schemas = coreSchemas();
const DURATIONS = new URL('../../../wasm-core/schema/durations.tsv', import.meta.url);
const types = readFileSync(DURATIONS, 'utf8')
  .split('\n')
  .slice(1)
  .map((line) => schemas(line.split('\t')[0] ?? ''))
  .filter((type): type is ResourceType => type?.handlers.create === true);

/** The least that a shape demands. */
function least(shape: Shape | undefined, depth = 0): Json {
  if (!shape) return {};
  if (shape.choices?.[0] !== undefined) return shape.choices[0];
  if (shape.anyOf) return least(shape.anyOf[0], depth);
  switch (shape.kinds[0]) {
    case 'string':
      return 'given';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    default:
      return Object.fromEntries((shape.required ?? []).map((key) => [key, least(shape.properties?.[key], depth + 1)]));
  }
}

const make = (type: ResourceType, given?: JsonObject) => {
  const model = structuredClone(given ?? (least(type.root) as JsonObject));
  const identifier = bring({
    type,
    model,
    account: '123456789012',
    region: 'us-east-1',
    partition: 'aws',
    seed: type.typeName,
    now: 1_800_000_000_000,
    lookup: () => undefined,
  });
  return { model, identifier };
};

/** A type by name, which the table must have. */
function typeOf(name: string): ResourceType {
  const type = schemas(name);
  if (!type) throw new Error(`no ${name}`);
  return type;
}

test('the table has many types', () => {
  expect(types.length).toBeGreaterThan(900);
});

test('the least desired state of every type is valid, and what is made of it fits the schema', () => {
  const problems = types.flatMap((type) => {
    const desired = least(type.root) as JsonObject;
    return [...validateDesired(type, desired), ...validateWhole(type, make(type).model)].map(
      (why) => `${type.typeName} ${why}`,
    );
  });
  expect(problems).toEqual([]);
});

test('every type gets an identifier without empty parts, the same one for the same seed', () => {
  // Its destination may be one of three optional properties, none of which is given here.
  const exempt = ['AWS::EC2::Route'];
  const bad = types
    .filter(({ typeName }) => !exempt.includes(typeName))
    .map((type) => [type.typeName, make(type).identifier, make(type).identifier] as const)
    .filter(([, one, other]) => one !== other || one.split('|').includes(''));
  expect(bad).toEqual([]);
});

test('every plain read-only attribute of every type is there, but for those that depend on what was asked for', () => {
  const missing = types.flatMap((type) => {
    const { model } = make(type);
    return type.readOnly
      .filter((path) => path.length === 1 && at(model, path) === undefined)
      .map((path) => `${type.typeName} ${path}`);
  });
  expect(missing.map((each) => each.split(' ')[0]).filter((name, index, all) => all.indexOf(name) === index)).toEqual([
    'AWS::Cognito::UserPoolClient',
    'AWS::DynamoDB::Table',
    'AWS::EKS::Cluster',
    'AWS::RDS::DBInstance',
  ]);
});

describe('identifiers and attributes look like those of AWS', () => {
  const cases: [type: string, given: JsonObject, identifier: RegExp, attributes: Record<string, RegExp>][] = [
    ['AWS::EC2::VPC', {}, /^vpc-0[0-9a-f]{16}$/, { DefaultSecurityGroup: /^sg-0[0-9a-f]{16}$/ }],
    ['AWS::EC2::EIP', {}, /^[\d.]+\|eipalloc-0[0-9a-f]{16}$/, { AllocationId: /^eipalloc-/ }],
    ['AWS::EC2::VPCGatewayAttachment', { VpcId: 'vpc-1', InternetGatewayId: 'igw-1' }, /^IGW\|vpc-1$/, {}],
    ['AWS::EC2::Route', { RouteTableId: 'rtb-1', DestinationCidrBlock: '0.0.0.0/0' }, /^rtb-1\|0\.0\.0\.0\/0$/, {}],
    [
      'AWS::EC2::Instance',
      {},
      /^i-0[0-9a-f]{16}$/,
      { PrivateIp: /^10\./, PublicDnsName: /^ec2-[\d-]+\.us-east-1\.compute\.amazonaws\.com$/ },
    ],
    [
      'AWS::IAM::Role',
      { Path: '/a/', RoleName: 'r' },
      /^r$/,
      { Arn: /^arn:aws:iam::123456789012:role\/a\/r$/, RoleId: /^AROA[0-9A-Z]{17}$/ },
    ],
    [
      'AWS::Lambda::Function',
      {},
      /^Function-[0-9A-Z]{12}$/,
      { Arn: /^arn:aws:lambda:us-east-1:123456789012:function:Function-/ },
    ],
    [
      'AWS::Lambda::Version',
      { FunctionName: 'f' },
      /^arn:aws:lambda:us-east-1:123456789012:function:f:1$/,
      { Version: /^1$/ },
    ],
    [
      'AWS::SQS::Queue',
      { QueueName: 'q' },
      /^https:\/\/sqs\.us-east-1\.amazonaws\.com\/123456789012\/q$/,
      { Arn: /^arn:aws:sqs:us-east-1:123456789012:q$/ },
    ],
    ['AWS::SNS::Topic', { TopicName: 't' }, /^arn:aws:sns:us-east-1:123456789012:t$/, {}],
    ['AWS::KMS::Key', {}, /^[0-9a-f]{8}-/, { Arn: /^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/ }],
    ['AWS::CloudFront::Distribution', {}, /^E[0-9A-Z]{13}$/, { DomainName: /^d[0-9a-z]{13}\.cloudfront\.net$/ }],
    ['AWS::ApiGateway::RestApi', {}, /^[0-9a-z]{10}$/, { RootResourceId: /^[0-9a-z]{10}$/ }],
    [
      'AWS::RDS::DBInstance',
      { Engine: 'postgres' },
      /^dbinstance-[0-9a-z]{12}$/,
      { DbiResourceId: /^db-[0-9A-Z]{26}$/ },
    ],
    ['AWS::ECS::TaskDefinition', { Family: 'web' }, /^arn:aws:ecs:us-east-1:123456789012:task-definition\/web:1$/, {}],
    [
      'AWS::ECS::Service',
      { ServiceName: 's', Cluster: 'arn:aws:ecs:us-east-1:1:cluster/c' },
      /^arn:aws:ecs:us-east-1:123456789012:service\/c\/s\|arn/,
      { Name: /^s$/ },
    ],
    [
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      { Name: 'web', Type: 'network' },
      /:loadbalancer\/net\/web\/[0-9a-f]{16}$/,
      { DNSName: /^web-[0-9a-f]{16}\.elb\.us-east-1\.amazonaws\.com$/ },
    ],
    [
      'AWS::Cognito::UserPool',
      {},
      /^us-east-1_\w{9}$/,
      { ProviderName: /^cognito-idp\.us-east-1\.amazonaws\.com\/us-east-1_/ },
    ],
    ['AWS::Route53::HostedZone', {}, /^Z[0-9A-Z]{20}$/, {}],
    [
      'AWS::Events::Rule',
      { Name: 'r', EventBusName: 'bus' },
      /^arn:aws:events:us-east-1:123456789012:rule\/bus\/r$/,
      {},
    ],
  ];
  test.each(cases)('%s %j', (typeName, given, identifier, attributes) => {
    const made = make(typeOf(typeName), given);
    expect(made.identifier).toMatch(identifier);
    for (const [path, pattern] of Object.entries(attributes)) expect(at(made.model, [path])).toMatch(pattern);
  });

  test.each(['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'])(
    '%s gets an endpoint with the port of its engine',
    (typeName) => {
      const { model } = make(typeOf(typeName), { Engine: 'aurora-postgresql' });
      expect(model['Endpoint']).toMatchObject({
        Address: expect.stringMatching(/\.us-east-1\.rds\.amazonaws\.com$/),
        Port: '5432',
      });
    },
  );
});

test('what only AWS could have thought up is recognised as made here', () => {
  const generated = [
    'AWS::EC2::Subnet',
    'AWS::KMS::Key',
    'AWS::ApiGateway::RestApi',
    'AWS::S3::Bucket',
    'AWS::IAM::Role',
    'AWS::SecretsManager::Secret',
    'AWS::CloudFront::Distribution',
    'AWS::Cognito::UserPool',
    'AWS::ElasticLoadBalancingV2::TargetGroup',
    'AWS::WAFv2::WebACL',
  ];
  expect(generated.filter((name) => tokensIn(make(typeOf(name)).identifier).length === 0)).toEqual([]);
});

test('a type the registry does not know, and one without handlers', () => {
  expect(schemas('AWS::No::Such')).toBeUndefined();
  expect(typeOf('AWS::CodeBuild::Project').handlers).toEqual({
    create: false,
    read: false,
    update: false,
    delete: false,
    list: false,
  });
  expect(createRequire(import.meta.url)('#wasm')).toHaveProperty('resourceSchema');
});
