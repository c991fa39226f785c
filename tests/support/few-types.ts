// A few resource types by hand, so that tests of the sandbox do not depend on what AWS changes.

import type { ResourceType, Schemas, Shape } from '../../src/sandbox/shape.ts';

const text: Shape = { kinds: ['string'] };
const whole: Shape = { kinds: ['integer'] };
const flag: Shape = { kinds: ['boolean'] };
const any: Shape = { kinds: [] };
const free: Shape = { kinds: ['object'] };
const list = (items: Shape): Shape => ({ kinds: ['array'], items });
const object = (properties: Record<string, Shape>, ...required: string[]): Shape => ({
  kinds: ['object'],
  properties,
  required,
});
const tags: Shape = { ...list(object({ Key: text, Value: text }, 'Key', 'Value')), unordered: true };

interface Lists {
  id: string[];
  readOnly?: string[];
  createOnly?: string[];
  writeOnly?: string[];
  without?: (keyof ResourceType['handlers'])[];
  seconds?: number;
}

function type(typeName: string, root: Shape, lists: Lists): ResourceType {
  const paths = (list: string[] = []) => list.map((path) => path.split('/'));
  const has = (handler: keyof ResourceType['handlers']) => !lists.without?.includes(handler);
  const seconds = lists.seconds ?? 10;
  return {
    typeName,
    primaryIdentifier: paths(lists.id),
    createOnly: paths(lists.createOnly),
    readOnly: paths(lists.readOnly),
    writeOnly: paths(lists.writeOnly),
    handlers: {
      create: has('create'),
      read: has('read'),
      update: has('update'),
      delete: has('delete'),
      list: has('list'),
    },
    root,
    seconds: { create: seconds, update: seconds, delete: seconds },
  };
}

const TYPES = [
  type(
    'AWS::S3::Bucket',
    object({
      BucketName: text,
      Arn: text,
      DomainName: text,
      DualStackDomainName: text,
      RegionalDomainName: text,
      WebsiteURL: text,
      AccessControl: { kinds: ['string'], choices: ['Private', 'PublicRead'] },
      VersioningConfiguration: object({ Status: { kinds: ['string'], choices: ['Enabled', 'Suspended'] } }, 'Status'),
      BucketEncryption: free,
      OwnershipControls: free,
      PublicAccessBlockConfiguration: free,
      Tags: tags,
    }),
    {
      id: ['BucketName'],
      readOnly: ['Arn', 'DomainName', 'DualStackDomainName', 'RegionalDomainName', 'WebsiteURL'],
      createOnly: ['BucketName'],
      writeOnly: ['AccessControl'],
    },
  ),
  type(
    'AWS::IAM::Role',
    object(
      {
        RoleName: text,
        Path: text,
        Description: text,
        MaxSessionDuration: whole,
        AssumeRolePolicyDocument: { kinds: [], anyOf: [free, text] },
        RoleId: text,
        Arn: text,
      },
      'AssumeRolePolicyDocument',
    ),
    { id: ['RoleName'], readOnly: ['Arn', 'RoleId'], createOnly: ['RoleName', 'Path'] },
  ),
  type(
    'AWS::IAM::Policy',
    object(
      { PolicyName: text, PolicyDocument: free, Roles: list(text), Users: list(text), Groups: list(text), Id: text },
      'PolicyName',
      'PolicyDocument',
    ),
    { id: ['Id'], readOnly: ['Id'], createOnly: [], without: ['read', 'list'] },
  ),
  type(
    'AWS::SQS::Queue',
    object({
      QueueName: text,
      QueueUrl: text,
      Arn: text,
      DelaySeconds: whole,
      VisibilityTimeout: whole,
      FifoQueue: flag,
      RedrivePolicy: any,
      Tags: tags,
    }),
    { id: ['QueueUrl'], readOnly: ['QueueUrl', 'Arn'], createOnly: ['QueueName', 'FifoQueue'] },
  ),
  type('AWS::EC2::VPC', object({ VpcId: text, CidrBlock: text, DefaultSecurityGroup: text, Tags: tags }), {
    id: ['VpcId'],
    readOnly: ['VpcId', 'DefaultSecurityGroup'],
    createOnly: ['CidrBlock'],
  }),
  type('AWS::EC2::Subnet', object({ SubnetId: text, VpcId: text, CidrBlock: text, AvailabilityZone: text }, 'VpcId'), {
    id: ['SubnetId'],
    readOnly: ['SubnetId'],
    createOnly: ['VpcId', 'CidrBlock', 'AvailabilityZone'],
  }),
  type(
    'AWS::EC2::SubnetRouteTableAssociation',
    object({ Id: text, RouteTableId: text, SubnetId: text }, 'RouteTableId', 'SubnetId'),
    { id: ['Id'], readOnly: ['Id'], createOnly: ['RouteTableId', 'SubnetId'], without: ['update'] },
  ),
  type(
    'AWS::Lambda::Function',
    object(
      {
        FunctionName: text,
        Role: text,
        Runtime: text,
        MemorySize: whole,
        Code: object({ ZipFile: text, S3Bucket: text }),
        Environment: object({ Variables: { kinds: ['object'], values: text } }),
        Arn: text,
      },
      'Code',
      'Role',
    ),
    {
      id: ['FunctionName'],
      readOnly: ['Arn'],
      createOnly: ['FunctionName'],
      writeOnly: ['Code/ZipFile', 'Code/S3Bucket'],
    },
  ),
  type('AWS::SSM::Parameter', object({ Name: text, Type: text, Value: text, Description: text }, 'Type', 'Value'), {
    id: ['Name'],
    createOnly: ['Name'],
    writeOnly: ['Description'],
  }),
  type(
    'AWS::SecretsManager::Secret',
    object({ Id: text, Name: text, SecretString: text, GenerateSecretString: free }),
    {
      id: ['Id'],
      readOnly: ['Id'],
      createOnly: ['Name'],
      writeOnly: ['SecretString', 'GenerateSecretString'],
    },
  ),
  type('AWS::ApiGateway::Resource', object({ RestApiId: text, ParentId: text, PathPart: text, ResourceId: text }), {
    id: ['RestApiId', 'ResourceId'],
    readOnly: ['ResourceId'],
    createOnly: ['RestApiId', 'ParentId', 'PathPart'],
  }),
  type(
    'AWS::Example::Thing',
    object({
      ThingId: text,
      Arn: text,
      CreatedAt: text,
      Size: { kinds: ['number'] },
      Endpoint: object({ Address: text, Port: whole }),
      Options: object({ Wanted: text, Made: text }),
    }),
    { id: ['ThingId'], readOnly: ['ThingId', 'Arn', 'CreatedAt', 'Endpoint/Address', 'Endpoint/Port', 'Options/Made'] },
  ),
  type('AWS::CodeBuild::Project', object({ Id: text }), {
    id: ['Id'],
    without: ['create', 'read', 'update', 'delete', 'list'],
  }),
];

const byName = new Map(TYPES.map((each) => [each.typeName, each]));
export const fewTypes: Schemas = (typeName) => byName.get(typeName);
