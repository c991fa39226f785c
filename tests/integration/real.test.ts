// What real accounts do, one behaviour at a time and all together: the command line against a sandbox that does the same.
import { afterEach, expect, test } from 'vitest';
import { type AnyDocument, type Started, Workspace } from '../support/cli.ts';

const ACCOUNT = '123456789012';
const SLOW = { timeout: 120_000 };
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: ['lambda.amazonaws.com'] } }],
};
const POLICY = (action: string) => ({
  Version: '2012-10-17',
  Statement: [
    { Sid: 'A', Effect: 'Allow', Action: [action], Resource: '*', Principal: { AWS: [ACCOUNT] } },
    { Sid: 'B', Effect: 'Deny', Action: ['s3:DeleteObject'], Resource: ['*'], Principal: '*' },
  ],
});
const fn = (role: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Role: { 'Fn::GetAtt': [role, 'Arn'] },
    Handler: 'index.handler',
    Runtime: 'nodejs22.x',
    Code: { ZipFile: 'exports.handler = async () => 1' },
    ...more,
  },
});
const topic = { Type: 'AWS::SNS::Topic' };
const role = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: TRUST } };

let open: { space: Workspace; server: Started } | undefined;
afterEach(async () => {
  open?.server.child.kill('SIGKILL');
  await open?.server.ended;
  open?.space[Symbol.dispose]();
  open = undefined;
});

const account = (...real: string[]) => accountAt(1000, ...real);

async function opened(speed: number, ...real: string[]) {
  const space = new Workspace();
  const server = space.start([
    'sandbox',
    '--speed',
    String(speed),
    '--format',
    'json',
    ...(real.length === 0 ? [] : ['--real', real.join(',')]),
  ]);
  open = { space, server };
  await server.says(/"url"/);
  const { url } = JSON.parse(server.stdout());
  const keys = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
  return { space, server, url };
}

async function accountAt(speed: number, ...real: string[]) {
  const { space, url } = await opened(speed, ...real);
  const cloud = ['--stack', 'real', '--cloud', 'aws'];
  return {
    deploy: (Resources: object, more: object = {}) =>
      space.json('deploy', space.file('t.json', { Resources, ...more }), ...cloud, '--yes', '--skip-experts'),
    plan: (Resources: object) => space.json('plan', space.file('t.json', { Resources }), ...cloud),
    destroy: () => space.json('destroy', ...cloud, '--yes', '--allow-data-loss', 'all'),
    drift: () => space.json('drift', ...cloud),
    resources: async (): Promise<AnyDocument[]> =>
      ((await (await fetch(`${url}/_sandbox/resources`)).json()) as AnyDocument).resources,
  };
}

const problems = ({ resources = [] }: AnyDocument) =>
  resources.filter(({ errorCode }: AnyDocument) => errorCode !== undefined);

/** Deployed, found as it should be, and gone again without a trace. */
async function lives(cloud: Awaited<ReturnType<typeof account>>, Resources: object): Promise<void> {
  const { code, document } = await cloud.deploy(Resources);
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  expect((await cloud.drift()).document).toMatchObject({ inSync: true });
  const { document: plan } = await cloud.plan(Resources);
  expect(plan.actions.filter(({ action }: AnyDocument) => action !== 'noop')).toEqual([]);
  const gone = await cloud.destroy();
  expect({ code: gone.code, problems: problems(gone.document) }).toEqual({ code: 0, problems: [] });
  expect(await cloud.resources()).toEqual([]);
}

test('a role that is new in IAM is waited for', SLOW, async () => {
  await lives(await account('fresh-iam'), { Role: role, One: fn('Role'), Two: fn('Role', { FunctionName: 'two' }) });
});

test("a hiccup of a handler's own credentials is nothing to worry about", SLOW, async () => {
  const queues = Array.from({ length: 8 }, (_, n) => [`Q${n}`, { Type: 'AWS::SQS::Queue' }]);
  await lives(await account('token-hiccup'), Object.fromEntries(queues));
});

test(
  'what a failure is can be told where nobody may see its message: a NoEcho value that a destruction does not know',
  SLOW,
  async () => {
    const { space, server } = await opened(1000, 'token-hiccup');
    const cloud = ['--stack', 'sealed', '--cloud', 'aws', '--yes'];
    const sealed = (n: number) => [
      `S${n}`,
      { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: { Ref: 'P' } } },
    ];
    const template = {
      Parameters: { P: { Type: 'String', NoEcho: true } },
      Resources: Object.fromEntries(Array.from({ length: 8 }, (_, n) => sealed(n))),
    };
    const file = space.file('sealed.json', template);
    const deployed = await space.json('deploy', file, ...cloud, '--skip-experts', '--parameters', 'P=canary-4711');
    expect(deployed).toMatchObject({ code: 0 });
    const gone = await space.json('destroy', ...cloud, '--allow-data-loss', 'all');
    expect({ code: gone.code, problems: problems(gone.document) }).toEqual({ code: 0, problems: [] });
    // It did meet the hiccup.
    expect(gone.document.resources.some(({ attempts }: AnyDocument) => attempts > 1)).toBe(true);
    expect(server.stdout()).not.toContain('canary-4711');
  },
);

test('what a failed creation left is taken over where it is as asked for, also with a chosen name', SLOW, async () => {
  const topics = Array.from({ length: 12 }, (_, n) => [
    `T${n}`,
    { Type: 'AWS::SNS::Topic', Properties: n % 2 ? { TopicName: `topic-${n}`, DisplayName: 'x' } : {} },
  ]);
  await lives(await account('remnants'), Object.fromEntries(topics));
});

test('one read that finds nothing is not absence', SLOW, async () => {
  const topics = Array.from({ length: 10 }, (_, n) => [`T${n}`, { Type: 'AWS::SNS::Topic' }]);
  await lives(await account('late-reads'), Object.fromEntries(topics));
});

test('what the template does not name can be told by its name all the same', SLOW, async () => {
  const cloud = await account('random-names');
  const table = (Properties: object) => ({ Type: 'AWS::Logs::LogGroup', Properties });
  const resources = { Role: role, Logs: table({}), Chosen: table({ LogGroupName: 'chosen' }), Topic: topic };
  const { code, document } = await cloud.deploy(resources);
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  const ids = Object.fromEntries(document.resources.map((one: AnyDocument) => [one.logicalId, one.physicalId]));
  expect(ids).toEqual({
    Role: expect.stringMatching(/^real-Role-[A-Z0-9]{12}$/),
    Logs: expect.stringMatching(/^real-Logs-[A-Z0-9]{12}$/),
    Chosen: 'chosen',
    Topic: expect.stringMatching(/:real-Topic-[A-Z0-9]{12}$/),
  });
  await lives(cloud, resources);
});

test('what reads show although nobody declared it is no drift and reaches no update', SLOW, async () => {
  const cloud = await account('injected-arrays');
  const bucket = (status: string) => ({
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: status } } },
  });
  expect((await cloud.deploy(bucket('Enabled'))).code).toBe(0);
  const { code, document } = await cloud.deploy(bucket('Suspended'));
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  await lives(cloud, bucket('Suspended'));
});

test('policies that come back in another form are the same policies', SLOW, async () => {
  const cloud = await account('reshaped');
  const resources = (action: string) => ({
    Role: role,
    Bucket: { Type: 'AWS::S3::Bucket' },
    Policy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: POLICY(action) },
    },
  });
  expect((await cloud.deploy(resources('s3:GetObject'))).code).toBe(0);
  await lives(cloud, resources('s3:PutObject'));
});

test('network interfaces that outlive their function are waited for', SLOW, async () => {
  await lives(await account('network-interfaces'), {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.0.0/24' } },
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: { VpcId: { Ref: 'Vpc' }, GroupDescription: 'of the function' },
    },
    Role: role,
    Function: fn('Role', { VpcConfig: { SubnetIds: [{ Ref: 'Subnet' }], SecurityGroupIds: [{ Ref: 'Group' }] } }),
  });
});

test('a service that throttles its own writes slows only itself', SLOW, async () => {
  const models = Array.from({ length: 60 }, (_, n) => [
    `M${n}`,
    {
      Type: 'AWS::ApiGateway::Model',
      Properties: { RestApiId: { Ref: 'Api' }, ContentType: 'application/json', Schema: { type: 'object' } },
    },
  ]);
  const api = { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'api' } };
  await lives(await account('service-throttles'), { Api: api, ...Object.fromEntries(models) });
});

const secret = {
  Type: 'AWS::SecretsManager::Secret',
  Properties: { Name: 'app/key', GenerateSecretString: { PasswordLength: 20 } },
};

test('the name of a secret that was deleted a moment ago is waited for', SLOW, async () => {
  const cloud = await accountAt(1, 'secret-deletions');
  await lives(cloud, { Secret: secret });
  const { document } = await cloud.deploy({ Secret: secret });
  expect(document.resources).toMatchObject([{ status: 'succeeded', attempts: expect.toSatisfy((n) => n > 1) }]);
});

test('a value that a later resource changes is what it is when it is used', SLOW, async () => {
  const cidr = { 'Fn::Select': [0, { 'Fn::GetAtt': ['Vpc', 'Ipv6CidrBlocks'] }] };
  const resources = {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    Six: {
      Type: 'AWS::EC2::VPCCidrBlock',
      Properties: { VpcId: { Ref: 'Vpc' }, AmazonProvidedIpv6CidrBlock: true },
    },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      DependsOn: 'Six',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: '10.0.1.0/24',
        Ipv6CidrBlock: { 'Fn::Select': [0, { 'Fn::Cidr': [cidr, 256, 64] }] },
      },
    },
  };
  await lives(await account(), resources);
});

test('so is one of a subnet and one of a target group, also where they stood before', SLOW, async () => {
  const att = (id: string, name: string) => ({ 'Fn::Select': [0, { 'Fn::GetAtt': [id, name] }] });
  const ref = (Ref: string) => ({ Ref });
  const elb = (name: string) => `AWS::ElasticLoadBalancingV2::${name}`;
  const subnet = (CidrBlock: string) => ({ Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref('Vpc'), CidrBlock } });
  const before = {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    One: subnet('10.0.1.0/24'),
    Two: subnet('10.0.2.0/24'),
    Group: { Type: elb('TargetGroup'), Properties: { Port: 80, Protocol: 'HTTP', VpcId: ref('Vpc') } },
  };
  const six = { 'Fn::Select': [0, { 'Fn::Cidr': [att('Vpc', 'Ipv6CidrBlocks'), 256, 64] }] };
  const after = {
    ...before,
    Six: {
      Type: 'AWS::EC2::VPCCidrBlock',
      Properties: { VpcId: ref('Vpc'), AmazonProvidedIpv6CidrBlock: true },
    },
    OfOne: {
      Type: 'AWS::EC2::SubnetCidrBlock',
      DependsOn: 'Six',
      Properties: { SubnetId: ref('One'), Ipv6CidrBlock: six },
    },
    Balancer: { Type: elb('LoadBalancer'), Properties: { Scheme: 'internal', Subnets: [ref('One'), ref('Two')] } },
    Listener: {
      Type: elb('Listener'),
      Properties: {
        LoadBalancerArn: ref('Balancer'),
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn: ref('Group') }],
      },
    },
    Block: {
      Type: 'AWS::SNS::Topic',
      DependsOn: 'OfOne',
      Properties: { DisplayName: att('One', 'Ipv6CidrBlocks') },
    },
    Arn: {
      Type: 'AWS::SSM::Parameter',
      DependsOn: 'Listener',
      Properties: { Type: 'String', Value: att('Group', 'LoadBalancerArns') },
    },
  };
  const cloud = await account();
  expect((await cloud.deploy(before)).code).toBe(0);
  await lives(cloud, after);
});

test('a value of a resource is read again when what had changed it is gone', SLOW, async () => {
  const cloud = await account();
  const Vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } };
  const Six = {
    Type: 'AWS::EC2::VPCCidrBlock',
    Properties: { VpcId: { Ref: 'Vpc' }, AmazonProvidedIpv6CidrBlock: true },
  };
  const Outputs = { Blocks: { Value: { 'Fn::Join': [',', { 'Fn::GetAtt': ['Vpc', 'Ipv6CidrBlocks'] }] } } };
  const { document } = await cloud.deploy({ Vpc, Six }, { Outputs });
  expect(document.outputs).toEqual({ Blocks: expect.stringMatching(/^2001:db8:/) });
  // This run deletes the block after the outputs were planned; what is recorded is right, and so is the next plan.
  expect((await cloud.deploy({ Vpc }, { Outputs })).code).toBe(0);
  const { code, document: without } = await cloud.deploy({ Vpc }, { Outputs });
  expect({ code, outputs: without.outputs }).toEqual({ code: 0, outputs: { Blocks: '' } });
});

const table = (more: object = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
    ...more,
  },
});

test('a value that shows only after a while is waited for, after a creation and after an update', SLOW, async () => {
  const cloud = await account('late-attributes');
  expect((await cloud.deploy({ Table: table() })).code).toBe(0);
  await lives(cloud, {
    Table: table({ StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }),
    Topic: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        DisplayName: { 'Fn::Select': [3, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Table', 'StreamArn'] }] }] },
      },
    },
    Connection: { Type: 'AWS::Events::Connection', Properties: { AuthorizationType: 'API_KEY' } },
    Arn: {
      Type: 'AWS::SSM::Parameter',
      Properties: { Type: 'String', Value: { 'Fn::GetAtt': ['Connection', 'Arn'] } },
    },
  });
});

test('what reads show in the items of lists reaches no update either', SLOW, async () => {
  const cloud = await account('twins', 'injected-items');
  const seen = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' };
  const acl = (Description: string) => ({
    Acl: {
      Type: 'AWS::WAFv2::WebACL',
      Properties: {
        Scope: 'REGIONAL',
        Description,
        DefaultAction: { Allow: {} },
        VisibilityConfig: seen,
        Rules: [
          {
            Name: 'r',
            Priority: 0,
            Action: { Block: {} },
            VisibilityConfig: seen,
            Statement: {
              ByteMatchStatement: {
                SearchString: 'bad',
                PositionalConstraint: 'CONTAINS',
                FieldToMatch: { UriPath: {} },
                TextTransformations: [{ Priority: 0, Type: 'NONE' }],
              },
            },
          },
        ],
      },
    },
  });
  expect((await cloud.deploy(acl('one'))).code).toBe(0);
  await lives(cloud, acl('two'));
});

test('an event pattern is sent as the text that its handler takes', SLOW, async () => {
  const cloud = await account('json-as-text');
  const rule = (source: string) => ({
    Rule: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: [source] }, State: 'ENABLED' } },
  });
  expect((await cloud.deploy(rule('aws.s3'))).code).toBe(0);
  const { code, document } = await cloud.deploy(rule('aws.ec2'));
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  await lives(cloud, rule('aws.ec2'));
});

test('what goes one at a time goes one at a time', SLOW, async () => {
  const permissions = Array.from({ length: 6 }, (_, n) => [
    `P${n}`,
    {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: { Ref: 'Function' },
        Action: 'lambda:InvokeFunction',
        Principal: `s${n}.amazonaws.com`,
      },
    },
  ]);
  await lives(await account('serial', 'bucket-conflict'), {
    Role: role,
    Function: fn('Role'),
    ...Object.fromEntries(permissions),
  });
});

test('all of it together, over an update, leaves nothing behind', SLOW, async () => {
  const cloud = await account('all');
  const resources = (seconds: number) => {
    const each = Array.from({ length: 4 }, (_, n) => ({
      [`Role${n}`]: role,
      [`Function${n}`]: fn(`Role${n}`, n % 2 ? { FunctionName: `fn-${n}` } : {}),
      [`Topic${n}`]: { Type: 'AWS::SNS::Topic', Properties: n % 2 ? { TopicName: `topic-${n}` } : {} },
      [`Queue${n}`]: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: seconds } },
      [`Bucket${n}`]: { Type: 'AWS::S3::Bucket' },
      [`Policy${n}`]: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: { Bucket: { Ref: `Bucket${n}` }, PolicyDocument: POLICY('s3:GetObject') },
      },
    }));
    return Object.assign({}, ...each) as object;
  };
  const { code, document } = await cloud.deploy(resources(30));
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  await lives(cloud, resources(45));
});

test('hidden-required: what no update is valid for is replaced', SLOW, async () => {
  const cloud = await account('hidden-required');
  const project = (Description: string) => ({
    Project: { Type: 'AWS::DataZone::Project', Properties: { DomainIdentifier: 'dzd-1', Name: 'n', Description } },
  });
  expect((await cloud.deploy(project('a'))).code).toBe(0);
  const { code, document } = await cloud.deploy(project('b'));
  expect({ code, problems: problems(document) }).toEqual({ code: 0, problems: [] });
  expect(document.resources).toMatchObject([{ action: 'replace', status: 'succeeded' }]);
  expect(await cloud.resources()).toHaveLength(1);
});
