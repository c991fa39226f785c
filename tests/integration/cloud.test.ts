// The wiring that chooses a cloud, and the adapters against the bundled sandbox.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openCloudControl } from '../../src/adapters/aws/cloud-control.ts';
import { connect } from '../../src/adapters/aws/connection.ts';
import { openFacts } from '../../src/adapters/aws/facts.ts';
import type { Answer, Progress } from '../../src/app/ports.ts';
import { type CloudChoice, openCloud } from '../../src/edge/cloud.ts';
import { Bench } from '../support/sandbox.ts';

let state: string;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'assent-cloud-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

/** Endpoint a choice is bound to. */
async function endpointOf(choice: Partial<CloudChoice>): Promise<string> {
  const open = await openCloud({ cloud: 'aws', state, ...choice });
  await open.close();
  return open.endpoint;
}

describe('the sandbox', () => {
  test('needs no account, keeps its state in the folder and is one place', async () => {
    const open = await openCloud({ cloud: 'sandbox', state });
    try {
      expect(open.endpoint).toBe('sandbox');
      const identity = await open.facts.identity();
      expect(identity).toEqual({ account: expect.stringMatching(/^\d{12}$/), partition: 'aws', region: 'us-east-1' });
      expect(await open.facts.lookup({ kind: 'availabilityZones', region: 'us-east-1' })).toContain('us-east-1a');
      expect(await open.facts.lookup({ kind: 'ssmParameter', name: '/not/there' })).toBeNull();
      expect(await open.cloud.poll('00000000-0000-0000-0000-000000000000')).toMatchObject({
        error: { kind: 'rejected', errorCode: 'RequestTokenNotFoundException' },
      });
      expect(await readdir(state)).toContain('sandbox.db');
    } finally {
      await open.close();
    }
  });

  test('is what --cloud sandbox means, whatever the environment says of AWS', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDCONTROL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_PROFILE', 'missing');
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', '999999999999');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const open = await openCloud({ cloud: 'sandbox', state });
    try {
      const identity = await open.facts.identity();
      expect(identity).toMatchObject({ region: 'us-east-1', account: expect.not.stringContaining('9999') });
      expect(identity.warning).toBeUndefined();
    } finally {
      await open.close();
    }
  });

  test('has the region that is asked for', async () => {
    const open = await openCloud({ cloud: 'sandbox', state, region: 'ap-southeast-2' });
    expect(await open.facts.identity()).toMatchObject({ region: 'ap-southeast-2' });
    await open.close();
  });

  test.each([
    [{ profile: 'p' }, 'option_needs_aws'],
    [{ roleArn: 'arn:aws:iam::123456789012:role/r' }, 'option_needs_aws'],
    [{ region: 'no such region' }, 'region_invalid'],
  ])('refuses %o', async (choice, code) => {
    await expect(openCloud({ cloud: 'sandbox', state, ...choice })).rejects.toMatchObject({ code, kind: 'invalid' });
  });
});

describe('AWS', () => {
  test.each([
    ['us-east-1', {}],
    ['cn-north-1', {}],
    ['us-gov-west-1', {}],
    ['eusc-de-east-1', {}],
    ['us-iso-east-1', {}],
    ['us-isob-east-1', {}],
    ['us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }],
    ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
    ['us-east-1', { AWS_ENDPOINT_URL_CLOUDCONTROL: 'https://vpce-1.cloudcontrolapi.us-east-1.vpce.amazonaws.com' }],
    ['us-east-1', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }],
  ])('in %s with %o is one place', async (region, variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(await endpointOf({ region })).toBe('aws');
  });

  test.each([
    // An emulator takes a new port at every start: its stacks are those of before.
    [{ AWS_ENDPOINT_URL: 'http://localhost:4566/' }, 'http://localhost'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:49152' }, 'http://localhost'],
    [{ AWS_ENDPOINT_URL: 'http://[::1]:1' }, 'http://localhost'],
    [{ AWS_ENDPOINT_URL: 'http://localhost.example.org:4566' }, 'http://localhost.example.org:4566'],
    [{ AWS_ENDPOINT_URL_CLOUDCONTROL: 'https://cc.example.com/some/path?x=1' }, 'https://cc.example.com'],
    [{ AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_CLOUDCONTROL: 'http://b:2' }, 'http://b:2'],
    [{ AWS_ENDPOINT_URL_S3: 'http://a:1' }, 'aws'],
    [{ AWS_ENDPOINT_URL: 'https://amazonaws.com.example.org' }, 'https://amazonaws.com.example.org'],
  ])('with %o is bound to %s', async (variables, endpoint) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(await endpointOf({ region: 'us-east-1' })).toBe(endpoint);
  });

  test.each([['AWS_REGION'], ['AWS_DEFAULT_REGION']])(
    'takes the region from %s when no option names one',
    async (name) => {
      vi.stubEnv(name, 'eu-central-1');
      await using bench = new Bench();
      vi.stubEnv('AWS_ENDPOINT_URL', (await bench.start()).url);
      vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
      for (const [region, expected] of [
        [undefined, 'eu-central-1'],
        ['us-west-2', 'us-west-2'],
      ]) {
        const open = await openCloud({ cloud: 'aws', state, region });
        expect(await open.facts.identity()).toMatchObject({ account: '123456789012', region: expected });
        await open.close();
      }
    },
  );

  test.each([
    [{}, {}, 'region_missing'],
    [{ region: 'not/a/region' }, {}, 'region_invalid'],
    [{ region: 'us-east-1' }, { AWS_ENDPOINT_URL: 'not a url' }, 'endpoint_invalid'],
  ])('refuses %o with %o', async (choice, variables, code) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const error = await openCloud({ cloud: 'aws', state, ...choice }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'InvalidInput', code, kind: 'invalid' });
  });
});

describe('the adapters against the sandbox', () => {
  async function open(bench: Bench, options: Parameters<Bench['start']>[0] = {}) {
    const { url } = await bench.start(options);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const connection = await connect({ region: 'us-east-1', endpoint: url, credentials });
    return { cloud: await openCloudControl(connection), facts: openFacts(connection) };
  }

  function value(answer: Answer<Progress>): Progress {
    if (!answer.ok) throw new Error(`${answer.error.kind}: ${answer.error.message}`);
    return answer.value;
  }

  test('a resource is created, read, updated, deleted and then absent', async () => {
    await using bench = new Bench();
    const { cloud, facts } = await open(bench);
    const typeName = 'AWS::SQS::Queue';
    const started = value(
      await cloud.create({ typeName, desiredState: '{"QueueName":"jobs","DelaySeconds":1}', clientToken: 'c-1' }),
    );
    expect(started.status).toMatch(/^(PENDING|IN_PROGRESS)$/);
    // The sandbox's clock is turned; a wait is a wait on ours.
    expect((started.retryAfter ?? 0) - Date.now()).toBeGreaterThan(0);
    const again = value(
      await cloud.create({ typeName, desiredState: '{"QueueName":"jobs","DelaySeconds":1}', clientToken: 'c-1' }),
    );
    expect(again.requestToken).toBe(started.requestToken);
    bench.now += 3_600_000;
    const created = value(await cloud.poll(started.requestToken));
    expect(created).toMatchObject({ status: 'SUCCESS', identifier: expect.stringContaining('jobs') });
    const identifier = String(created.identifier);
    expect(await cloud.get({ typeName, identifier })).toMatchObject({ ok: true, value: { DelaySeconds: 1 } });

    const patch = JSON.stringify([
      { op: 'test', path: '/DelaySeconds', value: 1 },
      { op: 'replace', path: '/DelaySeconds', value: 2 },
    ]);
    const updating = value(await cloud.update({ typeName, identifier, patch, clientToken: 'u-1' }));
    bench.now += 3_600_000;
    expect(value(await cloud.poll(updating.requestToken)).status).toBe('SUCCESS');
    expect(await cloud.get({ typeName, identifier })).toMatchObject({ ok: true, value: { DelaySeconds: 2 } });

    const deleting = value(await cloud.delete({ typeName, identifier, clientToken: 'd-1' }));
    bench.now += 3_600_000;
    expect(value(await cloud.poll(deleting.requestToken)).status).toBe('SUCCESS');
    expect(await cloud.get({ typeName, identifier })).toMatchObject({ ok: false, error: { kind: 'notFound' } });
    cloud.close();
    facts.close();
  });

  test('its refusals come under the names AWS gives them', async () => {
    await using bench = new Bench();
    const { cloud, facts } = await open(bench);
    const create = (typeName: string, desiredState: string, clientToken: string) =>
      cloud.create({ typeName, desiredState, clientToken });
    await create('AWS::SQS::Queue', '{}', 'same');
    expect(await create('AWS::SQS::Queue', '{"DelaySeconds":1}', 'same')).toMatchObject({
      error: { kind: 'rejected', errorCode: 'ClientTokenConflictException' },
    });
    expect(await create('AWS::No::Such', '{}', 't2')).toMatchObject({
      error: { kind: 'rejected', errorCode: 'TypeNotFoundException' },
    });
    expect(await create('AWS::CodeBuild::Project', '{}', 't3')).toMatchObject({
      error: { kind: 'rejected', errorCode: 'UnsupportedActionException' },
    });
    cloud.close();
    facts.close();
  });

  test('its throttling is throttling', async () => {
    await using bench = new Bench();
    const { cloud, facts } = await open(bench, { rate: { perSecond: 0.001, burst: 2 } });
    const get = () => cloud.get({ typeName: 'AWS::SQS::Queue', identifier: 'q' });
    const answers = [await get(), await get(), await get()];
    expect(answers.map((answer) => !answer.ok && answer.error.kind)).toEqual(['notFound', 'notFound', 'throttled']);
    cloud.close();
    facts.close();
  });

  test('a parameter and a generated secret can be read where they were made', async () => {
    await using bench = new Bench();
    const { cloud, facts } = await open(bench);
    const desired = [
      ['AWS::SSM::Parameter', { Name: '/app/size', Type: 'String', Value: 'small' }],
      ['AWS::SecretsManager::Secret', { Name: 'db', SecretString: '{"password":"hunter2"}' }],
    ] as const;
    for (const [typeName, state] of desired) {
      const started = value(
        await cloud.create({
          typeName,
          desiredState: JSON.stringify(state),
          clientToken: state.Name.replace(/\W/g, ''),
        }),
      );
      bench.now += 3_600_000;
      expect(value(await cloud.poll(started.requestToken)).status).toBe('SUCCESS');
    }
    expect(await facts.lookup({ kind: 'ssmParameter', name: '/app/size' })).toBe('small');
    expect((await facts.secret('secretsmanager:db:SecretString:password')).reveal()).toBe('hunter2');
    cloud.close();
    facts.close();
  });
});
