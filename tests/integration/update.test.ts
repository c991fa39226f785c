// Changes of a stack that exists, as a user meets them: processes, the real core, the real SDK, a sandbox of its own.
import {
  CloudControlClient,
  CreateResourceCommand,
  GetResourceCommand,
  GetResourceRequestStatusCommand,
  UpdateResourceCommand,
} from '@aws-sdk/client-cloudcontrol';
import { afterEach, expect, test } from 'vitest';
import { type AnyDocument, type Started, Workspace } from '../support/cli.ts';
import { config } from '../support/sandbox.ts';

const ACCOUNT = '123456789012';
/** Up to ten processes a test, on machines that do other things too. */
const SLOW_MS = 300_000;

/** A sandbox as a process, a client of it, and the command line pointed at it. */
class Place implements AsyncDisposable {
  readonly space: Workspace;
  readonly client: CloudControlClient;
  readonly #server: Started;

  private constructor(space: Workspace, server: Started, url: string) {
    this.space = space;
    this.client = new CloudControlClient(config(url, 'us-east-1', ACCOUNT));
    this.#server = server;
    Object.assign(space.env, {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_REGION: 'us-east-1',
    });
  }

  static async open({ speed = 1000, rules }: { speed?: number; rules?: object[] } = {}): Promise<Place> {
    const space = new Workspace();
    const faults = rules === undefined ? [] : ['--faults', space.file('faults.json', { rules })];
    const server = space.start(['sandbox', '--speed', String(speed), '--format', 'json', ...faults]);
    await server.says(/"url"/);
    return new Place(space, server, JSON.parse(server.stdout()).url);
  }

  /** Writes the template and runs the command over it. */
  json(command: 'plan' | 'deploy', template: object, ...more: string[]) {
    const yes = command === 'deploy' && !more.includes('--approve') ? ['--yes'] : [];
    const file = this.space.file('t.json', template);
    return this.space.json(command, file, '--stack', 'web', '--cloud', 'aws', ...yes, ...more);
  }

  async deployed(template: object, ...more: string[]): Promise<AnyDocument> {
    const { code, document } = await this.json('deploy', template, ...more);
    expect({ code, document }).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
    expect(await this.json('plan', template, ...more)).toMatchObject({ code: 0 });
    return document;
  }

  async recorded(): Promise<Record<string, string>> {
    const { document } = await this.space.json('status', '--stack', 'web');
    return Object.fromEntries(
      document.stacks[0].resources.map(({ logicalId, physicalId }: AnyDocument) => [logicalId, physicalId]),
    );
  }

  /** Live properties; undefined where there is nothing. */
  async read(TypeName: string, Identifier: string): Promise<AnyDocument> {
    try {
      const { ResourceDescription } = await this.client.send(new GetResourceCommand({ TypeName, Identifier }));
      return JSON.parse(String(ResourceDescription?.Properties));
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  /** Somebody else's change. */
  async change(TypeName: string, Identifier: string, path: string, value: unknown): Promise<void> {
    const PatchDocument = JSON.stringify([{ op: 'add', path, value }]);
    await this.#ended(await this.client.send(new UpdateResourceCommand({ TypeName, Identifier, PatchDocument })));
  }

  async create(TypeName: string, desired: object): Promise<string> {
    const DesiredState = JSON.stringify(desired);
    return this.#ended(await this.client.send(new CreateResourceCommand({ TypeName, DesiredState })));
  }

  async #ended({ ProgressEvent: event }: AnyDocument): Promise<string> {
    for (;;) {
      const { ProgressEvent } = await this.client.send(
        new GetResourceRequestStatusCommand({ RequestToken: event.RequestToken }),
      );
      if (ProgressEvent?.OperationStatus === 'SUCCESS') return String(ProgressEvent.Identifier);
      if (ProgressEvent?.OperationStatus === 'FAILED') throw new Error(ProgressEvent.StatusMessage);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Everything goes, and nothing of these types is left. */
  async destroyed(): Promise<AnyDocument> {
    const { code, document } = await this.space.json('destroy', '--stack', 'web', '--cloud', 'aws', '--yes');
    expect({ code, document }).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
    return document;
  }

  /** Everything that exists. */
  async everything(): Promise<AnyDocument[]> {
    const answer = await fetch(`${this.space.env['AWS_ENDPOINT_URL']}/_sandbox/resources`);
    const { resources } = (await answer.json()) as AnyDocument;
    return resources;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    this.#server.child.kill('SIGINT');
    await this.#server.ended;
    this.space[Symbol.dispose]();
  }
}

let place: Place | undefined;
afterEach(async () => {
  await place?.[Symbol.asyncDispose]();
  place = undefined;
});

const action = (document: AnyDocument, id: string) =>
  document.actions.find(({ logicalId }: AnyDocument) => logicalId === id);
const resource = (document: AnyDocument, id: string) =>
  document.resources.find(({ logicalId }: AnyDocument) => logicalId === id);

const QUEUE = 'AWS::SQS::Queue';

const queue = (properties: object, more: object = {}) => ({
  Resources: { Q: { Type: QUEUE, Properties: properties, ...more } },
  Outputs: { Url: { Value: { Ref: 'Q' } }, Arn: { Value: { 'Fn::GetAtt': ['Q', 'Arn'] } } },
});

test('a property is updated in place; what somebody else changed elsewhere survives', {
  timeout: SLOW_MS,
}, async () => {
  place = await Place.open();
  const first = await place.deployed(queue({ VisibilityTimeout: 30, DelaySeconds: 1 }));
  const { Q: url = '' } = await place.recorded();
  await place.change(QUEUE, url, '/DelaySeconds', 7);
  const wanted = queue({ VisibilityTimeout: 60, DelaySeconds: 1 });
  const { document: plan } = await place.json('plan', wanted);
  expect(action(plan, 'Q')).toMatchObject({
    action: 'update',
    reasons: ['VisibilityTimeout changes'],
    patch: [
      { op: 'test', path: '/VisibilityTimeout' },
      { op: 'replace', path: '/VisibilityTimeout' },
    ],
  });
  expect(plan.problems).toMatchObject([{ code: 'drifted', severity: 'warning', line: 1 }]);
  const document = await place.deployed(wanted);
  expect(document).toMatchObject({ calls: { create: 0, update: 1, delete: 0 }, outputs: first.outputs });
  expect(resource(document, 'Q')).toMatchObject({ action: 'update', status: 'succeeded', physicalId: url });
  expect(await place.read(QUEUE, url)).toMatchObject({ VisibilityTimeout: 60, DelaySeconds: 7 });
  // A property that is no longer wanted goes.
  await place.deployed(queue({ DelaySeconds: 1 }));
  expect(await place.json('deploy', queue({ DelaySeconds: 1 }))).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes' },
  });
  await place.destroyed();
});

test('a create-only property replaces: dependents move over, the old one goes last', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  const template = (fifo: boolean) => ({
    Resources: {
      Dead: { Type: QUEUE, Properties: fifo ? { FifoQueue: true } : {} },
      Jobs: {
        Type: QUEUE,
        Properties: {
          ...(fifo ? { FifoQueue: true } : {}),
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
        },
      },
      Url: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: { Ref: 'Jobs' } } },
    },
  });
  await place.deployed(template(false));
  const before = await place.recorded();
  const { document: plan } = await place.json('plan', template(true));
  expect(action(plan, 'Jobs')).toMatchObject({ action: 'replace', replacement: 'createBeforeDelete' });
  expect(action(plan, 'Jobs').reasons).toContain('FifoQueue can only be set at creation');
  expect(action(plan, 'Url')).toMatchObject({ action: 'update' });
  const document = await place.deployed(template(true));
  const after = await place.recorded();
  expect(document.calls).toMatchObject({ create: 2, update: 1, delete: 2 });
  for (const id of ['Dead', 'Jobs']) {
    expect(after[id]).not.toBe(before[id]);
    expect(resource(document, id)).toMatchObject({
      action: 'replace',
      status: 'succeeded',
      physicalId: after[id],
      replaced: [{ physicalId: before[id], type: QUEUE, status: 'succeeded' }],
    });
    expect(await place.read(QUEUE, before[id] ?? '')).toBeUndefined();
  }
  expect(await place.read('AWS::SSM::Parameter', after['Url'] ?? '')).toMatchObject({ Value: after['Jobs'] });
  await place.destroyed();
  expect(await place.everything()).toEqual([]);
});

test('a name that changes replaces; one that stays is freed first', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  await place.deployed(queue({ QueueName: 'one' }));
  await place.deployed(queue({ QueueName: 'two' }));
  const { Q: two = '' } = await place.recorded();
  expect(two).toMatch(/two$/);
  const topic = (fifo: boolean) => ({
    Resources: {
      R: {
        Type: 'AWS::IAM::Role',
        Properties: { RoleName: 'r', Path: fifo ? '/b/' : '/a/', AssumeRolePolicyDocument: {} },
      },
    },
  });
  await place.destroyed();
  await place.deployed(topic(false));
  const { document: plan } = await place.json('plan', topic(true));
  expect(action(plan, 'R')).toMatchObject({ action: 'replace', replacement: 'deleteBeforeCreate' });
  expect(action(plan, 'R').notes[0]).toContain('it keeps its name (RoleName)');
  await place.deployed(topic(true));
  expect(await place.read('AWS::IAM::Role', 'r')).toMatchObject({ Path: '/b/' });
  await place.destroyed();
  expect(await place.everything()).toEqual([]);
});

test('what drifted on a touched path is refused: after approval by digest, during a run by AWS', {
  timeout: SLOW_MS,
}, async () => {
  place = await Place.open({ speed: 25 });
  const template = (seconds: number) => ({
    Resources: {
      Slow: { Type: QUEUE, Properties: { VisibilityTimeout: seconds } },
      Q: { Type: QUEUE, DependsOn: 'Slow', Properties: { VisibilityTimeout: seconds } },
    },
  });
  await place.deployed(template(30));
  const { Q: url = '' } = await place.recorded();
  const { document: plan } = await place.json('plan', template(60));
  await place.change(QUEUE, url, '/VisibilityTimeout', 45);
  expect(await place.json('deploy', template(60), '--approve', plan.digest)).toMatchObject({
    code: 1,
    document: { code: 'plan_changed' },
  });
  const file = place.space.file('t.json', template(60));
  const args = ['deploy', file, '--stack', 'web', '--cloud', 'aws', '--yes', '--format', 'jsonl'];
  const { ended, says } = place.space.start(args);
  await says(/"logicalId":"Slow".*"in_progress"/);
  await place.change(QUEUE, url, '/VisibilityTimeout', 50);
  const { code, stdout } = await ended;
  const document = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect({ code, document }).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'drifted' } });
  expect(resource(document, 'Slow')).toMatchObject({ status: 'rolled_back' });
  expect(resource(document, 'Q')).toMatchObject({ status: 'failed', errorCode: 'drifted' });
  expect(resource(document, 'Q').message).toContain(
    'was deployed as 30, read as 45 for the plan, is 50 now and was to become 60',
  );
  expect(await place.read(QUEUE, url)).toMatchObject({ VisibilityTimeout: 50 });
  await place.deployed(template(60));
  expect(await place.read(QUEUE, url)).toMatchObject({ VisibilityTimeout: 60 });
  await place.destroyed();
});

test('an approval does not overwrite what was changed while the person thought', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  const port = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' };
  const template = (seconds: number, open: object[] = []) => ({
    Resources: {
      Q: { Type: QUEUE, Properties: { VisibilityTimeout: seconds } },
      G: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'g', SecurityGroupIngress: open } },
    },
  });
  await place.deployed(template(30));
  const { Q: url = '' } = await place.recorded();
  // A split circle: the run waits.
  const { code, document } = await place.json('deploy', template(60, [port]), '--fail-on', 'none');
  expect({ code, document }).toMatchObject({ code: 7, document: { outcome: 'waiting_approval' } });
  await place.change(QUEUE, url, '/VisibilityTimeout', 45);
  const approved = await place.space.json('approve', document.runId, '--cloud', 'aws');
  expect(approved).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'drifted' } });
  expect(await place.read(QUEUE, url)).toMatchObject({ VisibilityTimeout: 45 });
});

test('UpdateReplacePolicy Retain keeps the old one and says so', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  const keep = { UpdateReplacePolicy: 'Retain' };
  await place.deployed(queue({ QueueName: 'one' }, keep));
  const { Q: old = '' } = await place.recorded();
  const document = await place.deployed(queue({ QueueName: 'two' }, keep));
  expect(resource(document, 'Q').replaced).toEqual([{ physicalId: old, type: QUEUE, status: 'retained' }]);
  await place.destroyed();
  expect(await place.read(QUEUE, old)).toBeDefined();
  const fixed = (fifo: boolean) => queue({ QueueName: 'x.fifo', ...(fifo ? { FifoQueue: true } : {}) }, keep);
  await place.deployed(fixed(true));
  expect(await place.json('deploy', fixed(false))).toMatchObject({
    code: 2,
    document: { problems: [{ code: 'replacement_name_taken' }] },
  });
});

test('inline policies change by delete-then-create, and are in force afterwards', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  const document = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  const template = (does: string, name = 'p') => ({
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: document('sts:AssumeRole') } },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: { PolicyName: name, Roles: [{ Ref: 'Role' }], PolicyDocument: document(does) },
      },
      Q: { Type: QUEUE },
      QueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: { Queues: [{ Ref: 'Q' }], PolicyDocument: document(does) },
      },
    },
  });
  await place.deployed(template('sqs:SendMessage'));
  const { document: plan } = await place.json('plan', template('sqs:ReceiveMessage'));
  for (const id of ['Policy', 'QueuePolicy']) {
    expect(action(plan, id)).toMatchObject({ action: 'replace', replacement: 'deleteBeforeCreate' });
    expect(action(plan, id).notes[0]).toContain('in between there is none');
  }
  await place.deployed(template('sqs:ReceiveMessage'));
  const policies = (all: AnyDocument[]) => all.filter(({ type }) => type.endsWith('Policy'));
  expect(policies(await place.everything())).toMatchObject([{ effective: true }, { effective: true }]);
  const { document: renamed } = await place.json('plan', template('sqs:ReceiveMessage', 'q'));
  expect(action(renamed, 'Policy')).toMatchObject({ action: 'replace', replacement: 'createBeforeDelete' });
  await place.deployed(template('sqs:ReceiveMessage', 'q'));
  expect(policies(await place.everything())).toMatchObject([{ effective: true }, { effective: true }]);
  await place.destroyed();
  expect(await place.everything()).toEqual([]);
});

test('killed anywhere in a replacement, resumed or destroyed: nothing is lost', { timeout: SLOW_MS }, async () => {
  const template = (name: string) => ({
    Resources: {
      A: { Type: QUEUE, Properties: { QueueName: name } },
      B: { Type: QUEUE, Properties: { QueueName: `${name}-b` }, DependsOn: 'A' },
      Url: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: { Ref: 'A' } } },
    },
  });
  place = await Place.open({ speed: 60 });
  const kill = async (name: string, after: RegExp) => {
    const file = place?.space.file('t.json', template(name)) ?? '';
    const args = ['deploy', file, '--stack', 'web', '--cloud', 'aws', '--yes', '--format', 'jsonl'];
    const { child, ended, says } = (place as Place).space.start(args);
    await says(after);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
  };
  await place.deployed(template('n0'));
  const moments = [/"logicalId":"A".*"in_progress"/, /"logicalId":"A".*"succeeded"/, /"logicalId":"B".*"succeeded"/];
  for (const [n, moment] of moments.entries()) {
    await kill(`n${n + 1}`, moment);
    expect(await place.space.json('resume', '--cloud', 'aws')).toMatchObject({
      code: 0,
      document: { outcome: 'succeeded' },
    });
    expect((await place.everything()).map(({ identifier }) => identifier).sort()).toEqual(
      Object.values(await place.recorded()).sort(),
    );
  }
  // Another plan over a killed replacement still knows the old ones.
  await kill('n8', /"logicalId":"A".*"succeeded"/);
  await place.deployed(template('n9'));
  expect(await place.everything()).toHaveLength(3);
  await kill('n10', /"logicalId":"A".*"succeeded"/);
  await place.destroyed();
  expect(await place.everything()).toEqual([]);
});

test('an existing resource is taken over, with its difference; one that would be replaced is refused', {
  timeout: SLOW_MS,
}, async () => {
  place = await Place.open();
  const url = await place.create(QUEUE, { QueueName: 'mine', VisibilityTimeout: 30 });
  const wanted = queue({ QueueName: 'mine', VisibilityTimeout: 60 });
  const refusals = [
    [queue({ QueueName: 'other' }), ['--import', `Q=${url}`], 'import_differs'],
    [wanted, ['--import', `Q=${url}x`], 'import_not_found'],
    [wanted, ['--import', `Nope=${url}`], 'import_unknown'],
  ] as const;
  for (const [template, more, code] of refusals) {
    expect(await place.json('plan', template, ...more)).toMatchObject({ code: 2, document: { problems: [{ code }] } });
  }
  const document = await place.json('deploy', wanted, '--import', `Q=${url}`);
  expect(document).toMatchObject({ code: 0, document: { calls: { create: 0, update: 1 } } });
  expect(resource(document.document, 'Q')).toMatchObject({ action: 'import', status: 'succeeded', physicalId: url });
  expect(await place.read(QUEUE, url)).toMatchObject({ VisibilityTimeout: 60 });
  expect(await place.json('deploy', wanted)).toMatchObject({ code: 0, document: { outcome: 'no_changes' } });
  expect(await place.json('plan', wanted, '--import', `Q=${url}`)).toMatchObject({
    code: 2,
    document: { problems: [{ code: 'import_exists' }] },
  });
  await place.destroyed();
  expect(await place.everything()).toEqual([]);
});

test('what another stack has is not taken over until that stack has given it up', { timeout: SLOW_MS }, async () => {
  place = await Place.open();
  const url = await place.create(QUEUE, { QueueName: 'mine' });
  const kept = { Resources: { Q: { Type: QUEUE, DeletionPolicy: 'Retain', Properties: { QueueName: 'mine' } } } };
  const { space } = place;
  const other = (template: object, ...more: string[]) =>
    space.json('deploy', space.file('o.json', template), '--stack', 'other', '--cloud', 'aws', '--yes', ...more);
  expect(await other(kept, '--import', `Q=${url}`)).toMatchObject({ code: 0 });
  const wanted = { Resources: { Mine: { Type: QUEUE, Properties: { QueueName: 'mine' } } } };
  for (const command of ['plan', 'deploy'] as const) {
    expect(await place.json(command, wanted, '--import', `Mine=${url}`)).toMatchObject({
      code: 2,
      document: { code: 'import_owned', message: expect.stringContaining('stack other has it, as Q') },
    });
  }
  expect(await other({ Resources: { Else: { Type: QUEUE } } })).toMatchObject({ code: 0 });
  expect(await place.json('deploy', wanted, '--import', `Mine=${url}`)).toMatchObject({ code: 0 });
});

test('a changed NoEcho value reaches the resource; policies alone are recorded without a call', {
  timeout: SLOW_MS,
}, async () => {
  place = await Place.open();
  const template = (more: object = {}) => ({
    Parameters: { Pw: { Type: 'String', NoEcho: true } },
    Resources: {
      P: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Name: '/p', Value: { Ref: 'Pw' } }, ...more },
    },
  });
  await place.deployed(template(), '--parameters', 'Pw=correct-horse');
  expect(await place.json('deploy', template(), '--parameters', 'Pw=correct-horse')).toMatchObject({
    document: { outcome: 'no_changes' },
  });
  const document = await place.deployed(template(), '--parameters', 'Pw=battery-staple');
  expect(document.calls).toMatchObject({ update: 1 });
  expect(await place.read('AWS::SSM::Parameter', '/p')).toMatchObject({ Value: 'battery-staple' });
  const kept = template({ DeletionPolicy: 'Retain' });
  expect(await place.json('deploy', kept, '--parameters', 'Pw=battery-staple')).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes', calls: { create: 0, update: 0, delete: 0 } },
  });
  expect(resource(await place.destroyed(), 'P')).toMatchObject({ status: 'retained' });
});

test('a security group that keeps its name is deleted before its successor is created', async () => {
  await using place = await Place.open();
  const group = (GroupDescription: string) => ({
    Resources: {
      Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
      Group: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: { GroupName: 'closed', GroupDescription, VpcId: { Ref: 'Vpc' } },
      },
    },
  });
  await place.deployed(group('one'));
  // Two of that name cannot be in one VPC.
  const again = await place.json('deploy', group('two'), '--skip-experts');
  expect(again).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect((await place.json('plan', group('two'))).document.actions).toMatchObject([
    { logicalId: 'Group', action: 'noop' },
    { logicalId: 'Vpc', action: 'noop' },
  ]);
});
