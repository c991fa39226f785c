// 500 made-up stacks and what became of every change to them. This file knows nothing of experts, and they nothing of it:
// it imports only the random numbers, and what made a change end badly is in no template.
//
// How the causes were chosen: most edits are harmless; some are dangerous and look it; some are dangerous and look like
// nothing (`visibility`, `memory`: everybody is wrong together); some look dangerous and are not (`public-door`, and
// everything in a `playground`, a stack where nobody minds: the same experts are wrong again and again). Stacks differ in
// how fragile they are, and 3 % of outcomes are noise. About one change in five ends badly (DORA's surveys of
// 2024 put the change failure rate of teams between 5 and 40 %). Fixed after a trial of 50 histories with another seed.
import { chance } from '../measure.ts';

/** What a stack looks like, as far as edits change it. */
interface World {
  version: number;
  timeout: number;
  visibility: number;
  memory: number;
  actions: string[];
  resource: string;
  ports: { port: number; cidr: string }[];
  tables: number;
  spare: boolean;
  least: number;
  instances: number;
  queues: number;
  generation: number;
  blocked: boolean;
  trusted: string[];
}

/** A change to a stack: its template afterwards, what was edited, and whether it ended well. */
export interface Change {
  template: string;
  edits: string[];
  good: boolean;
  /** Probability that it ends badly, for whoever knows everything but chance: what no judge can beat. */
  risk: number;
}

/** A stack's changes in order. A change that ended badly was taken back before the next. */
export interface History {
  stack: string;
  /** What was there before the first change. */
  start: string;
  changes: Change[];
}

type Next = () => number;

interface Edit {
  name: string;
  /** How often, against the others. */
  weight: number;
  /** Probability that it ends badly, and the same in a playground. */
  harm: readonly [number, number];
  change: (world: World, next: Next) => Partial<World>;
}

const EDITS: readonly Edit[] = [
  { name: 'version', weight: 100, harm: [0.02, 0.02], change: ({ version }) => ({ version: version + 1 }) },
  { name: 'timeout', weight: 15, harm: [0.03, 0.03], change: ({ version }) => ({ timeout: 10 + version }) },
  { name: 'queue', weight: 25, harm: [0.03, 0.03], change: ({ queues }) => ({ queues: queues + 1 }) },
  // Nobody can see these coming.
  { name: 'visibility', weight: 3, harm: [0.6, 0.6], change: () => ({ visibility: 1 }) },
  { name: 'memory', weight: 3, harm: [0.5, 0.5], change: () => ({ memory: 128 }) },
  // Look worse than they are.
  {
    name: 'public-door',
    weight: 6,
    harm: [0.03, 0.03],
    change: ({ ports }) => ({ ports: [...ports, { port: 443 + ports.length, cidr: '0.0.0.0/0' }] }),
  },
  { name: 'narrower', weight: 4, harm: [0.08, 0.04], change: () => ({ actions: ['sqs:SendMessage'] }) },
  // As bad as they look, mostly.
  {
    name: 'wildcard',
    weight: 5,
    harm: [0.5, 0.03],
    change: () => ({ actions: ['*'], resource: '*' }),
  },
  {
    name: 'stranger',
    weight: 3,
    harm: [0.4, 0.03],
    change: ({ trusted }, next) => ({
      trusted: [...trusted, `arn:aws:iam::${100_000_000_000 + Math.floor(next() * 9e11)}:root`],
    }),
  },
  { name: 'public-bucket', weight: 3, harm: [0.5, 0.05], change: () => ({ blocked: false }) },
  { name: 'no-spare', weight: 4, harm: [0.4, 0.02], change: () => ({ spare: false }) },
  { name: 'one-left', weight: 4, harm: [0.4, 0.02], change: () => ({ least: 1 }) },
  { name: 'table', weight: 4, harm: [0.8, 0.15], change: ({ tables }) => ({ tables: tables + 1 }) },
  { name: 'renamed', weight: 3, harm: [0.5, 0.1], change: ({ generation }) => ({ generation: generation + 1 }) },
  { name: 'fleet', weight: 3, harm: [0.3, 0.4], change: ({ instances }) => ({ instances: instances + 12 }) },
];

const NOISE = 0.03;
const PLAYGROUNDS = 0.25;

/** Histories of these many stacks with so many changes each; the same for the same seed, everywhere. */
export function histories(stacks: number, changes: number, seed: number): History[] {
  const next = chance(seed);
  return Array.from({ length: stacks }, (_, at) => history(`stack-${at}`, changes, next));
}

function history(stack: string, length: number, next: Next): History {
  const playground = next() < PLAYGROUNDS ? 1 : 0;
  // Few stacks are very fragile: the mean is 6 %.
  const fragility = 0.18 * next() ** 2;
  let world: World = {
    version: 1,
    timeout: 10,
    visibility: 60,
    memory: 512,
    actions: ['sqs:SendMessage', 'sqs:ReceiveMessage'],
    resource: 'arn:aws:sqs:us-east-1:123456789012:jobs',
    ports: [{ port: 443, cidr: '10.0.0.0/8' }],
    tables: 1,
    spare: true,
    least: 2,
    instances: Math.floor(next() * 3),
    queues: 1 + Math.floor(next() * 4),
    generation: 1,
    blocked: true,
    trusted: [],
  };
  const start = templateOf(world);
  const changes = Array.from({ length }, (): Change => {
    const wanted = structuredClone(world);
    const edits = edited(wanted, next);
    const harmless = edits.reduce((left, { harm }) => left * (1 - harm[playground]), 1 - fragility);
    const harmed = edits.filter(({ harm }) => next() < harm[playground]).length > 0;
    const unlucky = next() < fragility;
    const good = (!harmed && !unlucky) !== next() < NOISE;
    if (good) world = wanted;
    return {
      template: templateOf(wanted),
      edits: edits.map(({ name }) => name),
      good,
      risk: NOISE + (1 - 2 * NOISE) * (1 - harmless),
    };
  });
  return { stack, start, changes };
}

/** One or two edits that change something. */
function edited(world: World, next: Next): Edit[] {
  const before = templateOf(world);
  const edits: Edit[] = [];
  const wanted = 1 + Math.floor(2 * next() ** 2);
  while (edits.length < wanted || templateOf(world) === before) {
    const edit = drawn(next);
    if (edits.includes(edit)) continue;
    const without = templateOf(world);
    Object.assign(world, edit.change(world, next));
    if (templateOf(world) !== without) edits.push(edit);
  }
  return edits;
}

function drawn(next: Next): Edit {
  let left = next() * EDITS.reduce((sum, { weight }) => sum + weight, 0);
  for (const edit of EDITS) {
    left -= edit.weight;
    if (left < 0) return edit;
  }
  return EDITS[0] as Edit;
}

/** A worker with its queue, table, database, fleet and whoever may reach them. */
function templateOf(world: World): string {
  const tags = [{ Key: 'team', Value: 'shop' }];
  const statement = { Effect: 'Allow', Action: world.actions, Resource: world.resource };
  const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const strangers = world.trusted.map((arn) => ({
    Effect: 'Allow',
    Principal: { AWS: arn },
    Action: 'sts:AssumeRole',
  }));
  const numbered = (name: string, count: number, resource: object) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, resource]));
  return JSON.stringify({
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [lambda, ...strangers] },
          Policies: [{ PolicyName: 'work', PolicyDocument: { Version: '2012-10-17', Statement: [statement] } }],
          Tags: tags,
        },
      },
      Worker: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Code: { ZipFile: `exports.version = ${world.version}` },
          Handler: 'index.handler',
          Runtime: 'nodejs22.x',
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Timeout: world.timeout,
          MemorySize: world.memory,
          Tags: tags,
        },
      },
      Jobs: {
        Type: 'AWS::SQS::Queue',
        Properties: { VisibilityTimeout: world.visibility, SqsManagedSseEnabled: true, Tags: tags },
      },
      Events: {
        Type: 'AWS::SNS::Topic',
        Properties: { TopicName: `events-${world.generation}`, KmsMasterKeyId: 'alias/aws/sns', Tags: tags },
      },
      Subscription: {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'Events' },
          Protocol: 'sqs',
          Endpoint: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
        },
      },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        DeletionPolicy: 'Retain',
        Properties: {
          // Another name is another table: the data stays in the old one, which is deleted.
          TableName: `items-${world.tables}`,
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
          Tags: tags,
        },
      },
      Files: {
        Type: 'AWS::S3::Bucket',
        DeletionPolicy: 'Retain',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: world.blocked,
            BlockPublicPolicy: world.blocked,
            IgnorePublicAcls: world.blocked,
            RestrictPublicBuckets: world.blocked,
          },
          VersioningConfiguration: { Status: 'Enabled' },
          Tags: tags,
        },
      },
      Group: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'who may come in',
          SecurityGroupIngress: world.ports.map(({ port, cidr }) => ({
            IpProtocol: 'tcp',
            FromPort: port,
            ToPort: port,
            CidrIp: cidr,
            Description: 'clients',
          })),
          Tags: tags,
        },
      },
      Database: {
        Type: 'AWS::RDS::DBInstance',
        DeletionPolicy: 'Snapshot',
        Properties: {
          Engine: 'postgres',
          DBInstanceClass: 'db.t3.medium',
          AllocatedStorage: '20',
          StorageEncrypted: true,
          BackupRetentionPeriod: 7,
          MultiAZ: world.spare,
          MasterUsername: 'shop',
          ManageMasterUserPassword: true,
          Tags: tags,
        },
      },
      Fleet: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: { MinSize: String(world.least), MaxSize: '6', VPCZoneIdentifier: ['subnet-a', 'subnet-b'] },
      },
      ...numbered('Queue', world.queues, {
        Type: 'AWS::SQS::Queue',
        Properties: { SqsManagedSseEnabled: true, Tags: tags },
      }),
      ...numbered('Host', world.instances, {
        Type: 'AWS::EC2::Instance',
        Properties: { InstanceType: 'm5.xlarge', ImageId: 'ami-12345678', Tags: tags },
      }),
    },
  });
}
