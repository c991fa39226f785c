// What happens when a deployment fails, as a user meets it: processes, the real core, the real SDK, a sandbox that fails.
import { CloudControlClient, GetResourceCommand, ListResourcesCommand } from '@aws-sdk/client-cloudcontrol';
import { afterEach, expect, test } from 'vitest';
import { type AnyDocument, type Started, Workspace } from '../support/cli.ts';
import { config } from '../support/sandbox.ts';

const ACCOUNT = '123456789012';
const [QUEUE, TOPIC, BUCKET] = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket', 'AWS::SSM::Parameter'];
const SLOW = { timeout: 240_000 };

let place: Place | undefined;
afterEach(async () => {
  await place?.close();
  place = undefined;
});

type Resources = Record<string, object>;

class Place {
  readonly space: Workspace;
  readonly client: CloudControlClient;
  readonly #server: Started;

  private constructor(space: Workspace, server: Started, url: string) {
    this.space = space;
    this.#server = server;
    this.client = new CloudControlClient(config(url, 'us-east-1', ACCOUNT));
    const keys = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
    Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
  }

  static async open(...rules: object[]): Promise<Place> {
    const space = new Workspace();
    const faults = space.file('faults.json', { rules });
    const server = space.start(['sandbox', '--speed', '1000', '--format', 'json', '--faults', faults]);
    await server.says(/"url"/);
    place = new Place(space, server, JSON.parse(server.stdout()).url);
    return place;
  }

  deployArgs(Resources: Resources, ...more: string[]): string[] {
    const file = this.space.file('t.json', { Resources });
    return ['deploy', file, '--stack', 'web', '--cloud', 'aws', '--yes', ...more];
  }

  deploy(Resources: Resources, ...more: string[]) {
    return this.space.json(...this.deployArgs(Resources, ...more));
  }

  async exists(TypeName: string): Promise<string[]> {
    const { ResourceDescriptions = [] } = await this.client.send(new ListResourcesCommand({ TypeName }));
    return ResourceDescriptions.map(({ Identifier = '' }) => Identifier).sort();
  }

  async read(TypeName: string, Identifier: string): Promise<AnyDocument> {
    const { ResourceDescription } = await this.client.send(new GetResourceCommand({ TypeName, Identifier }));
    return JSON.parse(String(ResourceDescription?.Properties));
  }

  async recorded(): Promise<Record<string, string>> {
    const { code, document } = await this.space.json('status', '--stack', 'web', '--cloud', 'aws');
    if (code !== 0) return {};
    const rows = (document.stacks[0]?.resources ?? []) as AnyDocument[];
    return Object.fromEntries(rows.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
  }

  async close(): Promise<void> {
    this.client.destroy();
    this.#server.child.kill('SIGKILL');
    await this.#server.ended;
    this.space[Symbol.dispose]();
  }
}

/** The nth operation of this kind is refused by its handler. */
function refuses(operation: string, type: string, nth: number, more: object = {}): object {
  return {
    match: { operation, type, nth },
    fault: { kind: 'fail', errorCode: 'AccessDenied', message: 'not you', ...more },
  };
}

const queue = (Properties: object = {}, DependsOn: string[] = []): object => ({ Type: QUEUE, Properties, DependsOn });
const topic = (DependsOn: string[] = []): object => ({ Type: TOPIC, Properties: {}, DependsOn });
const by = (document: AnyDocument, id: string): AnyDocument =>
  document.resources.find(({ logicalId }: AnyDocument) => logicalId === id);

test('a new stack that fails is gone again, and the next deployment makes it', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  const template = { A: queue(), B: queue({}, ['A']), T: topic(['B']), Never: queue({}, ['T']) };
  const { code, document } = await place.deploy(template);
  expect({ code, document }).toMatchObject({
    code: 3,
    document: { outcome: 'rolled_back', code: 'deployment_failed' },
  });
  expect(document.resources.map(({ status }: AnyDocument) => status)).toEqual([
    'rolled_back',
    'rolled_back',
    'blocked',
    'failed',
  ]);
  expect(by(document, 'T')).toMatchObject({ errorCode: 'AccessDenied', message: 'not you' });
  expect(document.rollback.unrestored).toEqual([]);
  expect(await place.exists(QUEUE)).toEqual([]);
  expect(await place.recorded()).toEqual({});
  expect(await place.deploy(template)).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
});

test('what was updated is patched back, what was replaced is in force again, what is new is gone', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  const first = { U: queue({ VisibilityTimeout: 30 }), R: queue({ QueueName: 'old' }), D: queue() };
  expect((await place.deploy(first)).code).toBe(0);
  const before = await place.recorded();
  const { R: old = '', U: updated = '' } = before;
  const second = {
    U: queue({ VisibilityTimeout: 60, DelaySeconds: 5 }),
    R: queue({ QueueName: 'new' }),
    N: queue(),
    T: topic(['U', 'R', 'N']),
  };
  const { code, document } = await place.deploy(second);
  expect({ code, document }).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
  // What is in force again is not said to wait for its deletion.
  expect(document.resources.find(({ logicalId }: AnyDocument) => logicalId === 'R')).not.toHaveProperty('replaced');
  expect(await place.recorded()).toEqual(before);
  expect(await place.exists(QUEUE)).toEqual(Object.values(before).sort());
  const now = await place.read(QUEUE, updated);
  expect(now).toMatchObject({ VisibilityTimeout: 30 });
  expect(now.DelaySeconds ?? 0).toBe(0);
  expect(await place.read(QUEUE, old)).toMatchObject({ QueueName: 'old' });
  const file = place.space.file('t.json', { Resources: first });
  const { document: plan } = await place.space.json('plan', file, '--stack', 'web', '--cloud', 'aws');
  expect(plan.actions.map(({ action }: AnyDocument) => action)).toEqual(['noop', 'noop', 'noop']);
  expect(await place.deploy(second)).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
});

test('a failed update that was half applied and a failed creation that left something are mended', SLOW, async () => {
  const place = await Place.open(
    refuses('update', QUEUE, 1, { leaveRemnant: true }),
    refuses('create', BUCKET, 1, { leaveRemnant: true }),
  );
  expect((await place.deploy({ U: queue({ VisibilityTimeout: 30 }) })).code).toBe(0);
  const before = await place.recorded();
  const { U: updated = '' } = before;
  const second = { U: queue({ VisibilityTimeout: 60 }), B: { Type: BUCKET } };
  const { code, document } = await place.deploy(second);
  expect({ code, document }).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
  expect(await place.read(QUEUE, updated)).toMatchObject({ VisibilityTimeout: 30 });
  expect(await place.exists(BUCKET)).toEqual([]);
  expect(await place.recorded()).toEqual(before);
});

test('what cannot be undone is listed with the next step: exit 4', SLOW, async () => {
  const place = await Place.open(
    refuses('create', TOPIC, 1),
    refuses('delete', BUCKET, 1),
    refuses('delete', BUCKET, 2),
  );
  const { code, document } = await place.deploy({ B: { Type: BUCKET }, T: topic(['B']) });
  expect({ code, document }).toMatchObject({ code: 4, document: { outcome: 'failed', code: 'deployment_failed' } });
  expect(by(document, 'B')).toMatchObject({ status: 'rollback_failed' });
  const [one] = document.rollback.unrestored;
  expect(one).toMatchObject({ logicalId: 'B', type: BUCKET, message: 'not you' });
  expect(one.help).not.toBe('');
  expect(Object.keys(await place.recorded())).toEqual(['B']);
  const text = await place.space.run('status', '--stack', 'web', '--cloud', 'aws');
  expect(text.stdout).toContain('B');
});

test('--on-failure keep keeps, and the next deployment goes on from there', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  const template = { A: queue(), T: topic(['A']) };
  const { code, document } = await place.deploy(template, '--on-failure', 'keep');
  expect({ code, document }).toMatchObject({ code: 4, document: { outcome: 'failed' } });
  expect(document.rollback).toBeUndefined();
  expect(await place.exists(QUEUE)).toHaveLength(1);
  expect(await place.deploy(template)).toMatchObject({ code: 0 });
  expect(await place.exists(QUEUE)).toHaveLength(1);
});

test('--on-failure delete deletes a new stack, record and all, and is refused for one that exists', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  const { code, document } = await place.deploy({ A: queue(), T: topic(['A']) }, '--on-failure', 'delete');
  expect({ code, document }).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
  expect(await place.exists(QUEUE)).toEqual([]);
  expect((await place.space.json('status', '--cloud', 'aws')).document.stacks).toEqual([]);
  expect((await place.deploy({ A: queue() })).code).toBe(0);
  expect(await place.deploy({ A: queue({ DelaySeconds: 1 }) }, '--on-failure', 'delete')).toMatchObject({
    code: 2,
    document: { kind: 'error', code: 'on_failure_delete' },
  });
});

test('a rollback that is killed goes on where it was, by resume and by the next deployment', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1), refuses('create', TOPIC, 2));
  const many = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`Q${at}`, queue()]));
  const template = { ...many, T: topic(Object.keys(many)) };
  for (const goesOn of ['resume', 'deploy']) {
    const { child, ended, says } = place.space.start(
      place.deployArgs(template, '--max-concurrency', '2', '--format', 'jsonl'),
    );
    await says(/"event":"rolling_back"[\s\S]*"action":"delete","status":"succeeded"/);
    child.kill('SIGKILL');
    await ended;
    if (goesOn === 'resume') {
      const { code, document } = await place.space.json('resume', '--cloud', 'aws');
      expect({ code, document }).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
      expect(by(document, 'T')).toMatchObject({ status: 'failed', message: 'not you' });
      expect(await place.exists(QUEUE)).toEqual([]);
      expect(await place.recorded()).toEqual({});
    } else {
      expect(await place.deploy(template)).toMatchObject({ code: 0 });
      expect(await place.exists(QUEUE)).toHaveLength(6);
    }
  }
});

test('what a failed deployment renamed is called as before again, changed or not', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  expect(await place.deploy({ A: queue(), B: queue(), C: queue({}, ['A']) })).toMatchObject({ code: 0 });
  const before = await place.recorded();
  const after = {
    A2: queue(),
    B2: queue({ DelaySeconds: 5 }),
    C: queue({}, ['A2']),
    T: topic(['A2', 'B2', 'C']),
  };
  const moved = ['--moved', 'A=A2', '--moved', 'B=B2'];
  const { code, document } = await place.deploy(after, ...moved);
  expect({ code, document }).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
  expect(await place.recorded()).toEqual(before);
  expect(await place.exists(QUEUE)).toHaveLength(3);
  expect(await place.deploy({ A: queue(), B: queue(), C: queue({}, ['A']) })).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes' },
  });
});

test('people read what failed, what was undone and what comes next', SLOW, async () => {
  const place = await Place.open(refuses('create', TOPIC, 1));
  const { code, stdout, stderr } = await place.space.run(...place.deployArgs({ A: queue(), T: topic(['A']) }));
  expect(code).toBe(3);
  expect(stdout).toContain('Failed and rolled back');
  expect(stdout).toContain('AccessDenied: not you');
  expect(stdout).toContain('1 rolled back');
  expect(stderr).toContain('rolling back 1 resource');
  expect(stdout).not.toContain('Not undone');
});
