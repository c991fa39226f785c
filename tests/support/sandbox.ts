// A sandbox for tests: a few resource types by hand, a clock to turn, clients of the real SDK over HTTP.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudControlClient, GetResourceRequestStatusCommand, type ProgressEvent } from '@aws-sdk/client-cloudcontrol';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
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
const tags = list(object({ Key: text, Value: text }, 'Key', 'Value'));

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
        AssumeRolePolicyDocument: { kinds: ['object', 'string'] },
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

export const TRUST = { Version: '2012-10-17', Statement: [] };

/** A sandbox over a folder of its own, its clock standing until it is turned. */
export class Bench implements AsyncDisposable {
  now = 1_800_000_000_000;
  readonly dir = mkdtempSync(join(tmpdir(), 'assent-sandbox-'));
  readonly #open: Sandbox[] = [];
  readonly #clients: CloudControlClient[] = [];

  async start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
    const sandbox = await startSandbox({
      dir: this.dir,
      rate: false,
      speed: 1,
      clock: () => this.now,
      schemas: fewTypes,
      ...options,
    });
    this.#open.push(sandbox);
    return sandbox;
  }

  /** An SDK client that never retries: what the sandbox says is what the test sees. */
  client({ url }: Sandbox, region = 'us-east-1', accessKeyId = 'test'): CloudControlClient {
    const client = new CloudControlClient(config(url, region, accessKeyId));
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await Promise.all(this.#open.map((sandbox) => sandbox.close()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const config = (endpoint: string, region = 'us-east-1', accessKeyId = 'test') => ({
  endpoint,
  region,
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: 'test' },
});

/** The event of a request. */
export async function poll(client: CloudControlClient, event: ProgressEvent | undefined): Promise<ProgressEvent> {
  const { ProgressEvent } = await client.send(
    new GetResourceRequestStatusCommand({ RequestToken: String(event?.RequestToken) }),
  );
  if (!ProgressEvent) throw new Error('no event');
  return ProgressEvent;
}

/** Turns the clock until the request has ended. */
export async function finish(
  bench: Bench,
  client: CloudControlClient,
  event: ProgressEvent | undefined,
): Promise<ProgressEvent> {
  bench.now += 3_600_000;
  return poll(client, event);
}
