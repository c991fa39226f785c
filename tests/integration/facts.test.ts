// Facts over HTTP: identity, parameters, zones, secrets, against a server that answers what a test tells it.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connect, type Wanted } from '../../src/adapters/aws/connection.ts';
import { openFacts } from '../../src/adapters/aws/facts.ts';
import { InvalidInput, Unreachable } from '../../src/domain/errors.ts';
import { type Reply, type Scripted, type Seen, scriptedServer } from '../support/scripted-server.ts';
import { selfSigned } from '../support/self-signed.ts';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

let server: Scripted;
const opened: { close(): void }[] = [];

beforeEach(async () => {
  server = await scriptedServer();
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});

afterEach(async () => {
  for (const facts of opened.splice(0)) facts.close();
  vi.unstubAllEnvs();
  await server.close();
});

async function factsAt(wanted: Wanted = {}, identityMs?: number) {
  const facts = openFacts(
    await connect({ region: 'eu-west-1', endpoint: server.url, credentials: CREDENTIALS, ...wanted }),
    identityMs,
  );
  opened.push(facts);
  return facts;
}

const refused = (type: string, status = 400): Reply => ({ status, body: { __type: type, message: 'because' } });

/** STS and EC2 speak XML. */
const xml = (body: string, status = 200): Reply => ({ status, headers: { 'content-type': 'text/xml' }, body });
const xmlError = (code: string, status: number): Reply =>
  xml(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>because</Message></Error></ErrorResponse>`,
    status,
  );
const caller = (account: string, arn: string): Reply =>
  xml(
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );

describe('identity', () => {
  test('is what STS says, partition included', async () => {
    server.reply = () => caller('210987654321', 'arn:aws-cn:sts::210987654321:assumed-role/deployer/me');
    expect(await (await factsAt()).identity()).toEqual({
      account: '210987654321',
      partition: 'aws-cn',
      region: 'eu-west-1',
    });
    expect(server.seen.map(({ operation }) => operation)).toEqual(['GetCallerIdentity']);
  });

  test.each<[string, Reply]>([
    ['refuses', xmlError('InvalidClientTokenId', 403)],
    ['does not know the action', xmlError('InvalidAction', 400)],
    ['fails', xmlError('InternalFailure', 500)],
    ['answers something else', { body: { hello: 'world' } }],
    ['names no account', caller('', '')],
    ['ends the connection', 'reset'],
  ])('beside a custom endpoint whose STS %s is refused, never guessed: --account is the way out', async (_, reply) => {
    server.reply = () => reply;
    const error = await (await factsAt()).identity().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(server.url),
      ways: [{ option: 'account' }],
    });
    server.seen.length = 0;
    const said = await factsAt({ account: '111122223333', region: 'cn-north-1' });
    expect(await said.identity()).toEqual({ account: '111122223333', partition: 'aws-cn', region: 'cn-north-1' });
    expect(server.seen).toEqual([]);
  });

  test('beside a custom endpoint whose STS hangs is refused, within the time', async () => {
    server.reply = () => 'hang';
    const error = await (await factsAt({}, 200)).identity().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Unreachable', ways: [{ option: 'account' }] });
  });

  test('behind a proxy that answers with a page is unreachable, and the way out is the proxy', async () => {
    server.reply = () => ({
      status: 403,
      headers: { 'content-type': 'text/html' },
      body: '<html><body>Blocked</body></html>',
    });
    const error = await (await factsAt()).identity().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Unreachable', help: expect.stringContaining('HTTPS_PROXY') });
  });

  test('behind a certificate that nobody signed is unreachable, and the way out is the certificate', async () => {
    const secure = await selfSigned();
    const error = await (await factsAt({ endpoint: secure.url })).identity().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Unreachable', help: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    secure.close();
  });

  test('waits for a slow STS', async () => {
    let asked = 0;
    server.reply = () => {
      asked += 1;
      return asked < 3 ? xmlError('InternalFailure', 500) : caller('210987654321', 'arn:aws:iam::210987654321:user/me');
    };
    expect((await (await factsAt()).identity()).account).toBe('210987654321');
  });

  test('is what an access key of twelve digits says, which only emulators take, with a warning', async () => {
    server.reply = () => xmlError('InvalidAction', 400);
    const facts = await factsAt({ credentials: { accessKeyId: '555566667777', secretAccessKey: 'x' } });
    expect(await facts.identity()).toMatchObject({ account: '555566667777', warning: expect.any(String) });
  });

  test('that differs from the account said is refused', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', server.url);
    server.reply = () => caller('210987654321', 'arn:aws:iam::210987654321:user/me');
    const facts = await factsAt({ endpoint: undefined, account: '111122223333' });
    await expect(facts.identity()).rejects.toMatchObject({ code: 'account_differs' });
    const same = await factsAt({ endpoint: undefined, account: '210987654321' });
    expect((await same.identity()).account).toBe('210987654321');
    await expect(factsAt({ account: '1234' })).rejects.toMatchObject({ code: 'account_invalid' });
    await expect(factsAt({ region: '' })).rejects.toMatchObject({ code: 'region_invalid' });
  });

  test('is not guessed where nothing listens: exit code 5, and soon', async () => {
    const { url } = server;
    await server.close();
    const started = performance.now();
    const error = await (await factsAt({ endpoint: url })).identity().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining(url) });
    expect(performance.now() - started).toBeLessThan(10_000);
    server = await scriptedServer();
  });

  test('waits a moment for an endpoint that is just being started', async () => {
    const { url } = server;
    await server.close();
    const identity = (await factsAt({ endpoint: url })).identity();
    await new Promise((resolve) => setTimeout(resolve, 600));
    server = await scriptedServer(Number(new URL(url).port));
    server.reply = () => caller('210987654321', 'arn:aws:iam::210987654321:user/me');
    expect((await identity).account).toBe('210987654321');
  });

  test('with only a Cloud Control endpoint set, STS is asked at its own', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDCONTROL', `${server.url}/path`);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', server.url);
    server.reply = () => caller('210987654321', 'arn:aws:iam::210987654321:user/me');
    const facts = await factsAt({ endpoint: undefined });
    expect(await facts.identity()).toEqual({ account: '210987654321', partition: 'aws', region: 'eu-west-1' });
  });

  test.each<[string, Reply]>([
    ['refuses the credentials', xmlError('ExpiredToken', 403)],
    ['denies access', xmlError('AccessDenied', 403)],
    ['fails', xmlError('InternalFailure', 500)],
    ['hangs up', 'reset'],
  ])('is never guessed with AWS itself: when STS %s, exit code 5', async (_, reply) => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', server.url);
    server.reply = () => reply;
    const facts = await factsAt({ endpoint: undefined });
    const error = await facts.identity().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).toMatchObject({ kind: 'unreachable' });
  });

  test('without any credentials is refused with exit code 5, also beside a custom endpoint', async () => {
    const facts = await factsAt({ credentials: undefined });
    const error = await facts.identity().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'Unreachable',
      kind: 'unreachable',
      message: expect.stringContaining('credentials'),
    });
    expect(server.seen).toEqual([]);
  });
});

describe('a role', () => {
  test('is assumed with the credentials found, and used', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDBASE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);
    server.reply = ({ operation }) =>
      operation === 'AssumeRole'
        ? xml(
            `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
          )
        : caller('210987654321', 'arn:aws:sts::210987654321:assumed-role/deployer/assent');
    const roleArn = 'arn:aws:iam::210987654321:role/deployer';
    const facts = await factsAt({ endpoint: undefined, credentials: undefined, roleArn });
    expect((await facts.identity()).account).toBe('210987654321');
    const keys = server.seen.map(({ operation, headers }) => [
      operation,
      /=(\w+)\//.exec(String(headers.authorization))?.[1],
    ]);
    expect(keys[0]).toEqual(['AssumeRole', 'AKIDBASE']);
    expect(keys.at(-1)).toEqual(['GetCallerIdentity', 'AKIDROLE']);
    expect(new URLSearchParams(server.seen[0]?.body).get('RoleArn')).toBe(roleArn);
  });

  test('is assumed where its cloud is, when that is not AWS, whatever the environment says', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDBASE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    server.reply = () => xmlError('AccessDenied', 403);
    const roleArn = 'arn:aws:iam::210987654321:role/deployer';
    const facts = await factsAt({ credentials: undefined, roleArn, externalId: 'ours' });
    await expect(facts.identity()).rejects.toMatchObject({ name: 'Unreachable' });
    expect(server.seen[0]?.operation).toBe('AssumeRole');
    expect(new URLSearchParams(server.seen[0]?.body).get('ExternalId')).toBe('ours');
  });

  test('that may not be assumed is named, exit code 5', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDBASE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);
    server.reply = () => xmlError('AccessDenied', 403);
    const facts = await factsAt({
      endpoint: undefined,
      credentials: undefined,
      roleArn: 'arn:aws:iam::210987654321:role/deployer',
    });
    await expect(facts.identity()).rejects.toMatchObject({
      name: 'Unreachable',
      kind: 'unreachable',
      message: expect.stringContaining('role/deployer'),
      help: expect.stringContaining('external id'),
    });
  });
});

describe('an SSM parameter', () => {
  const parameter = (Type: string, Value: string): Reply => ({ body: { Parameter: { Name: 'p', Type, Value } } });

  test('is asked for by its full name and without decryption', async () => {
    server.reply = () => parameter('String', 'v');
    expect(await (await factsAt()).lookup({ kind: 'ssmParameter', name: '/app/p:3' })).toBe('v');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ Name: '/app/p:3', WithDecryption: false });
  });

  test('of type StringList is a list', async () => {
    server.reply = () => parameter('StringList', 'a,b,,c');
    expect(await (await factsAt()).lookup({ kind: 'ssmParameter', name: 'p' })).toEqual(['a', 'b', '', 'c']);
  });

  test('of type SecureString is refused, and its cipher text is nowhere', async () => {
    server.reply = () => parameter('SecureString', 'AQICcipher');
    const error = await (await factsAt())
      .lookup({ kind: 'ssmParameter', name: 'p' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'ssm_parameter_secure', kind: 'invalid' });
    expect(JSON.stringify(error) + String(error)).not.toContain('AQICcipher');
  });

  test.each(['ParameterNotFound', 'ParameterVersionNotFound'])('that is absent (%s) is null', async (type) => {
    server.reply = () => refused(type);
    expect(await (await factsAt()).lookup({ kind: 'ssmParameter', name: 'p' })).toBeNull();
  });

  test.each([
    ['AccessDeniedException', 'InvalidInput', 'lookup_refused', 'invalid'],
    ['ValidationException', 'InvalidInput', 'lookup_refused', 'invalid'],
    ['ExpiredTokenException', 'Unreachable', 'unreachable', 'unreachable'],
    ['ThrottlingException', 'Unreachable', 'unreachable', 'unreachable'],
    ['InternalServerError', 'Unreachable', 'unreachable', 'unreachable'],
  ])('answered with %s is %s %s', async (type, name, code, kind) => {
    server.reply = () => refused(type, type === 'InternalServerError' ? 500 : 400);
    await expect((await factsAt()).lookup({ kind: 'ssmParameter', name: 'p' })).rejects.toMatchObject({
      name,
      code,
      kind,
      message: expect.stringContaining(code === 'lookup_refused' ? type : ''),
    });
  });

  test('is asked for again when the answer was lost', async () => {
    server.reply = () => (server.seen.length === 1 ? 'reset' : parameter('String', 'v'));
    expect(await (await factsAt()).lookup({ kind: 'ssmParameter', name: 'p' })).toBe('v');
  });

  test('that cannot be asked for is unreachable', async () => {
    const facts = await factsAt({ endpoint: 'http://127.0.0.1:1' });
    await expect(facts.lookup({ kind: 'ssmParameter', name: 'p' })).rejects.toThrow(Unreachable);
  });
});

describe('availability zones', () => {
  const zone = (name: string, state: string, type: string, optIn: string) =>
    `<item><zoneName>${name}</zoneName><zoneState>${state}</zoneState><zoneType>${type}</zoneType><optInStatus>${optIn}</optInStatus></item>`;
  const zones = (...items: string[]) =>
    xml(
      `<DescribeAvailabilityZonesResponse><availabilityZoneInfo>${items.join('')}</availabilityZoneInfo></DescribeAvailabilityZonesResponse>`,
    );

  test('are those of the region asked for that can be used, sorted', async () => {
    server.reply = () =>
      zones(
        zone('us-west-2b', 'available', 'availability-zone', 'opt-in-not-required'),
        zone('us-west-2a', 'available', 'availability-zone', 'opted-in'),
        zone('us-west-2c', 'impaired', 'availability-zone', 'opt-in-not-required'),
        zone('us-west-2-lax-1a', 'available', 'local-zone', 'opted-in'),
        zone('us-west-2d', 'available', 'availability-zone', 'not-opted-in'),
      );
    const found = await (await factsAt()).lookup({ kind: 'availabilityZones', region: 'us-west-2' });
    expect(found).toEqual(['us-west-2a', 'us-west-2b']);
    expect(server.seen[0]?.headers.authorization).toContain('/us-west-2/ec2/');
  });

  test('that may not be read are a refusal', async () => {
    server.reply = () =>
      xml(
        '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>',
        403,
      );
    await expect((await factsAt()).lookup({ kind: 'availabilityZones', region: 'us-west-2' })).rejects.toThrow(
      InvalidInput,
    );
  });
});

describe('a secret', () => {
  const value = (SecretString?: string): Reply => ({ body: { ARN: 'a', Name: 'db', SecretString } });
  const asked = (seen: Seen | undefined): unknown => JSON.parse(seen?.body ?? 'null');

  test.each<[string, object]>([
    ['secretsmanager:db', { SecretId: 'db' }],
    ['secretsmanager:db:SecretString::AWSPREVIOUS', { SecretId: 'db', VersionStage: 'AWSPREVIOUS' }],
    ['secretsmanager:db:SecretString:::v-1', { SecretId: 'db', VersionId: 'v-1' }],
  ])('%s is asked for with nothing more', async (id, input) => {
    server.reply = () => value('hunter2');
    expect((await (await factsAt()).secret(id)).reveal()).toBe('hunter2');
    expect(asked(server.seen[0])).toEqual(input);
  });

  test.each([
    ['"text"', 'text'],
    ['""', ''],
    ['5432', '5432'],
    ['true', 'true'],
    ['{"a":1}', '{"a":1}'],
  ])('under a key, %s is the text %s', async (json, expected) => {
    server.reply = () => value(`{"key":${json},"other":"x"}`);
    expect((await (await factsAt()).secret('secretsmanager:db:SecretString:key')).reveal()).toBe(expected);
  });

  test('by ssm-secure is asked for decrypted', async () => {
    server.reply = () => ({ body: { Parameter: { Type: 'SecureString', Value: 'hunter2' } } });
    expect((await (await factsAt()).secret('ssm-secure:/app/password:3')).reveal()).toBe('hunter2');
    expect(asked(server.seen[0])).toEqual({ Name: '/app/password:3', WithDecryption: true });
  });

  test.each<[string, string, Reply]>([
    ['does not exist', 'secretsmanager:db', refused('ResourceNotFoundException')],
    ['does not exist', 'ssm-secure:db', refused('ParameterNotFound')],
    ['holds bytes', 'secretsmanager:db', value(undefined)],
    ['is no JSON', 'secretsmanager:db:SecretString:key', value('hunter2 {"key":')],
    ['is a JSON list', 'secretsmanager:db:SecretString:key', value('["hunter2"]')],
    ['is a JSON text', 'secretsmanager:db:SecretString:key', value('"hunter2"')],
    ['has no such key', 'secretsmanager:db:SecretString:key', value('{"other":"hunter2"}')],
    ['has the key only by inheritance', 'secretsmanager:db:SecretString:toString', value('{"other":"hunter2"}')],
  ])('that %s (%s) is refused without quoting it', async (_, id, reply) => {
    server.reply = () => reply;
    const error = await (await factsAt()).secret(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'secret_not_found', kind: 'invalid' });
    expect((error as Error).cause).toBeUndefined();
    expect(`${error}${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('hunter2');
  });

  test.each([
    ['AccessDeniedException', 'InvalidInput'],
    ['DecryptionFailure', 'InvalidInput'],
    ['UnrecognizedClientException', 'Unreachable'],
  ])('answered with %s is %s', async (type, name) => {
    server.reply = () => refused(type);
    await expect((await factsAt()).secret('secretsmanager:db')).rejects.toMatchObject({ name });
  });
});
