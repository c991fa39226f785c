// Behaviours of real accounts, one at a time, as the real SDK sees them.

import { CancelResourceRequestCommand, type CloudControlClient } from '@aws-sdk/client-cloudcontrol';
import { expect, test } from 'vitest';
import { parseReal, REAL } from '../../../src/sandbox/real.ts';
import { coreSchemas } from '../../../src/sandbox/schema.ts';
import { type Bench, create, made, openBench, poll, read, remove, update } from '../../support/sandbox.ts';

const open = (...real: string[]) => openBench({ schemas: coreSchemas(), real });
const DONE = 3_600_000;
const gone = async (b: Bench, client: CloudControlClient, type: string, identifier: string) => {
  const event = await remove(client, type, identifier);
  b.now += DONE;
  expect((await poll(client, event)).OperationStatus).toBe('SUCCESS');
};

test('all is everything but what takes hours', () => {
  expect([...parseReal(['all'])]).toEqual(REAL.filter((name) => name !== 'stuck-operations'));
  expect(parseReal(['all', 'stuck-operations']).size).toBe(REAL.length);
});

test('stuck-operations: the fifth stays pending until it is cancelled, and leaves nothing', async () => {
  const { bench: b, client } = await open('stuck-operations');
  await using _ = b;
  const events = [];
  for (let n = 0; n < 6; n++) events.push(await create(client, 'AWS::SQS::Queue', { QueueName: `q${n}` }, `t${n}`));
  b.now += 100 * DONE;
  const states = await Promise.all(events.map(async (event) => (await poll(client, event)).OperationStatus));
  expect(states).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'PENDING', 'SUCCESS']);
  await client.send(new CancelResourceRequestCommand({ RequestToken: String(events[4]?.RequestToken) }));
  b.now += DONE;
  expect((await poll(client, events[4])).OperationStatus).toBe('CANCEL_COMPLETE');
  await made(b, client, 'AWS::SQS::Queue', { QueueName: 'q4' });
});

const KEYS = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
};

test('late-attributes: not in the model, nor in reads for six seconds, after a creation', async () => {
  const { bench: b, client } = await open('late-attributes');
  await using _ = b;
  const type = 'AWS::Events::Connection';
  const started = await create(client, type, { Name: 'c', AuthorizationType: 'API_KEY' });
  b.now = Number(started?.EventTime?.getTime());
  let event = started;
  while (event?.OperationStatus !== 'SUCCESS') {
    b.now += 500;
    event = await poll(client, started);
  }
  expect(event.ResourceModel ?? '{}').not.toContain('"Arn"');
  expect(await read(client, type, 'c')).not.toHaveProperty('Arn');
  b.now += 7_000;
  expect(await read(client, type, 'c')).toHaveProperty('Arn');
});

test('late-attributes: of a table also after the update that switches its stream on, and it goes with it', async () => {
  const { bench: b, client } = await open('late-attributes');
  await using _ = b;
  const type = 'AWS::DynamoDB::Table';
  const table = await made(b, client, type, KEYS);
  expect(await read(client, type, table)).not.toHaveProperty('StreamArn');
  const switched = async (operation: object) => {
    const event = await update(client, type, table, [operation]);
    let now = event;
    while (now?.OperationStatus !== 'SUCCESS') {
      b.now += 500;
      now = await poll(client, event);
    }
  };
  const on = { op: 'add', path: '/StreamSpecification', value: { StreamViewType: 'NEW_IMAGE' } };
  await switched(on);
  expect(await read(client, type, table)).not.toHaveProperty('StreamArn');
  // Another update meanwhile does not lose it.
  await switched({ op: 'add', path: '/TableClass', value: 'STANDARD' });
  b.now += 7_000;
  expect(await read(client, type, table)).toMatchObject({
    StreamArn: expect.stringMatching(/:table\/.*\/stream\/20/),
    TableClass: 'STANDARD',
  });
  await switched({ op: 'remove', path: '/StreamSpecification' });
  expect(await read(client, type, table)).not.toHaveProperty('StreamArn');
});

test('missing-types: one type is not in one region', async () => {
  const { bench: b, sandbox, client } = await open('missing-types');
  await using _ = b;
  const runner = { SourceConfiguration: { ImageRepository: { ImageIdentifier: 'i', ImageRepositoryType: 'ECR' } } };
  await expect(create(b.client(sandbox, 'eu-north-1'), 'AWS::AppRunner::Service', runner)).rejects.toMatchObject({
    name: 'TypeNotFoundException',
  });
  expect(await create(client, 'AWS::AppRunner::Service', runner)).toBeDefined();
});

const SHOWN = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' };
const rules = (search: object) => [
  {
    Name: 'r',
    Priority: 0,
    Action: { Block: {} },
    VisibilityConfig: SHOWN,
    Statement: {
      ByteMatchStatement: {
        ...search,
        PositionalConstraint: 'CONTAINS',
        FieldToMatch: { UriPath: {} },
        TextTransformations: [{ Priority: 0, Type: 'NONE' }],
      },
    },
  },
];
const acl = (search: object) => ({
  Scope: 'REGIONAL',
  DefaultAction: { Allow: {} },
  VisibilityConfig: SHOWN,
  Rules: rules(search),
});

test('twins: both forms are shown whichever was given, and an update that leaves both fails', async () => {
  const { bench: b, client } = await open('twins');
  await using _ = b;
  const type = 'AWS::WAFv2::WebACL';
  const both = { SearchString: 'bad', SearchStringBase64: 'YmFk' };
  for (const given of [{ SearchString: 'bad' }, { SearchStringBase64: 'YmFk' }]) {
    const id = await made(b, client, type, acl(given));
    const shown = (await read(client, type, id)) as { Rules: ReturnType<typeof rules> };
    expect(shown.Rules[0]?.Statement.ByteMatchStatement).toMatchObject(both);
    const described = { op: 'add', path: '/Description', value: 'd' };
    const left = await update(client, type, id, [described]);
    b.now += DONE;
    expect(await poll(client, left)).toMatchObject({
      ErrorCode: 'GeneralServiceException',
      StatusMessage: 'You must only specify exactly one of SearchString and SearchStringBase64',
    });
    const again = { op: 'replace', path: '/Rules', value: rules(given) };
    const right = await update(client, type, id, [described, again]);
    b.now += DONE;
    expect(await poll(client, right)).toMatchObject({ OperationStatus: 'SUCCESS' });
  }
});

test('injected-items: an empty list shows in items, and an update that leaves it there is refused', async () => {
  const { bench: b, client } = await open('injected-items');
  await using _ = b;
  const type = 'AWS::WAFv2::WebACL';
  const id = await made(b, client, type, acl({ SearchString: 'bad' }));
  expect(await read(client, type, id)).toMatchObject({ Rules: [{ RuleLabels: [] }] });
  const described = { op: 'add', path: '/Description', value: 'd' };
  await expect(update(client, type, id, [described])).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('#/Rules/0/RuleLabels: expected minimum item count: 1, found: 0'),
  });
  const again = { op: 'replace', path: '/Rules', value: rules({ SearchString: 'bad' }) };
  expect(await update(client, type, id, [described, again])).toBeDefined();
});

test('rewritten: the service writes protocols and domain names in its own case', async () => {
  const { bench: b, client } = await open('rewritten');
  await using _ = b;
  const options = await made(b, client, 'AWS::EC2::DHCPOptions', { DomainName: 'Example.COM' });
  expect(await read(client, 'AWS::EC2::DHCPOptions', options)).toMatchObject({ DomainName: 'example.com' });
  const vpc = await made(b, client, 'AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
  const group = await made(b, client, 'AWS::EC2::SecurityGroup', {
    GroupDescription: 'g',
    VpcId: vpc,
    SecurityGroupIngress: [{ IpProtocol: 'TCP', FromPort: 1, ToPort: 2, CidrIp: '10.0.0.0/8' }],
  });
  const shown = await read(client, 'AWS::EC2::SecurityGroup', group);
  expect(shown).toMatchObject({ SecurityGroupIngress: [{ IpProtocol: 'tcp' }] });
});

test('a block of a subnet and a listener of a target group show in them, and go again', async () => {
  const { bench: b, client } = await open();
  await using _ = b;
  const vpc = await made(b, client, 'AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
  const [one, two] = [
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: vpc, CidrBlock: '10.0.1.0/24' }),
    await made(b, client, 'AWS::EC2::Subnet', { VpcId: vpc, CidrBlock: '10.0.2.0/24' }),
  ];
  const block = { SubnetId: one, Ipv6CidrBlock: '2001:db8:1::/64' };
  const six = await made(b, client, 'AWS::EC2::SubnetCidrBlock', block);
  expect(await read(client, 'AWS::EC2::Subnet', one)).toMatchObject({ Ipv6CidrBlocks: ['2001:db8:1::/64'] });
  await gone(b, client, 'AWS::EC2::SubnetCidrBlock', six);
  expect(await read(client, 'AWS::EC2::Subnet', one)).toMatchObject({ Ipv6CidrBlocks: [] });

  const elb = (name: string) => `AWS::ElasticLoadBalancingV2::${name}`;
  const group = (Name: string) => made(b, client, elb('TargetGroup'), { Name, Port: 80, Protocol: 'HTTP', VpcId: vpc });
  const [a, c] = [await group('a'), await group('c')];
  const balancer = await made(b, client, elb('LoadBalancer'), { Scheme: 'internal', Subnets: [one, two] });
  const to = (arn: string) => [{ Type: 'forward', TargetGroupArn: arn }];
  const listener = await made(b, client, elb('Listener'), {
    LoadBalancerArn: balancer,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: to(a),
  });
  const balancers = async (arn: string) => (await read(client, elb('TargetGroup'), arn))['LoadBalancerArns'];
  expect(await balancers(a)).toEqual([balancer]);
  const rule = await made(b, client, elb('ListenerRule'), {
    ListenerArn: listener,
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
    Actions: to(c),
  });
  expect(await balancers(c)).toEqual([balancer]);
  const turned = await update(client, elb('Listener'), listener, [
    { op: 'replace', path: '/DefaultActions', value: to(c) },
  ]);
  b.now += DONE;
  expect(await poll(client, turned)).toMatchObject({ OperationStatus: 'SUCCESS' });
  expect([await balancers(a), await balancers(c)]).toEqual([[], [balancer]]);
  await gone(b, client, elb('ListenerRule'), rule);
  expect(await balancers(c)).toEqual([balancer]);
  await gone(b, client, elb('Listener'), listener);
  expect(await balancers(c)).toEqual([]);
});
