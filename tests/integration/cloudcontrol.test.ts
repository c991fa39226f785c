// The Cloud Control adapter over HTTP against a server that answers whatever a service can answer.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCloudControl } from '../../src/adapters/aws/cloud-control.ts';
import { type AwsCredentials, connect } from '../../src/adapters/aws/connection.ts';
import type { Cloud } from '../../src/app/ports.ts';
import { Unreachable } from '../../src/domain/errors.ts';
import { type Reply, type Scripted, scriptedServer } from '../support/scripted-server.ts';
import { selfSigned } from '../support/self-signed.ts';

const CREDENTIALS: AwsCredentials = { accessKeyId: '123456789012', secretAccessKey: 'secret' };

let server: Scripted;
let cloud: Cloud;

async function open(endpoint: string, answerMs = 5_000): Promise<Cloud> {
  return openCloudControl(await connect({ region: 'eu-west-1', endpoint, credentials: CREDENTIALS }), {
    connectMs: 3_000,
    answerMs,
  });
}

beforeEach(async () => {
  server = await scriptedServer();
  cloud = await open(server.url);
});

afterEach(async () => {
  cloud.close();
  await server.close();
});

const CALLS: Record<string, (cloud: Cloud) => Promise<unknown>> = {
  create: (c) => c.create({ typeName: 'AWS::SQS::Queue', desiredState: '{}', clientToken: 't' }),
  update: (c) => c.update({ typeName: 'AWS::SQS::Queue', identifier: 'q', patch: '[]', clientToken: 't' }),
  delete: (c) => c.delete({ typeName: 'AWS::SQS::Queue', identifier: 'q', clientToken: 't' }),
  poll: (c) => c.poll('r'),
  get: (c) => c.get({ typeName: 'AWS::SQS::Queue', identifier: 'q' }),
};

const failure = (status: number, type: string, message = 'because'): Reply => ({
  status,
  body: { __type: type, message },
});

describe('requests', () => {
  test('carry the operation, its input, and the region in their signature', async () => {
    server.reply = ({ operation }) =>
      operation === 'GetResource'
        ? { body: { TypeName: 'T', ResourceDescription: { Identifier: 'q', Properties: '{"A":[1]}' } } }
        : { body: { ProgressEvent: { RequestToken: 'r', OperationStatus: 'IN_PROGRESS' } } };
    await cloud.create({ typeName: 'AWS::SQS::Queue', desiredState: '{"A":1}', clientToken: 'token-1' });
    await cloud.update({
      typeName: 'AWS::SQS::Queue',
      identifier: 'q|1',
      patch: '[{"op":"test"}]',
      clientToken: 'token-2',
    });
    await cloud.delete({ typeName: 'AWS::SQS::Queue', identifier: 'q|1', clientToken: 'token-3' });
    await cloud.poll('request-1');
    expect(await cloud.get({ typeName: 'AWS::SQS::Queue', identifier: 'q|1' })).toEqual({
      ok: true,
      value: { A: [1] },
    });
    expect(server.seen.map(({ operation, body }) => [operation, JSON.parse(body)])).toEqual([
      ['CreateResource', { TypeName: 'AWS::SQS::Queue', DesiredState: '{"A":1}', ClientToken: 'token-1' }],
      [
        'UpdateResource',
        { TypeName: 'AWS::SQS::Queue', Identifier: 'q|1', PatchDocument: '[{"op":"test"}]', ClientToken: 'token-2' },
      ],
      ['DeleteResource', { TypeName: 'AWS::SQS::Queue', Identifier: 'q|1', ClientToken: 'token-3' }],
      ['GetResourceRequestStatus', { RequestToken: 'request-1' }],
      ['GetResource', { TypeName: 'AWS::SQS::Queue', Identifier: 'q|1' }],
    ]);
    for (const { headers } of server.seen) {
      expect(headers.authorization).toMatch(/Credential=123456789012\/\d{8}\/eu-west-1\/cloudcontrolapi\/aws4_request/);
    }
  });

  test('256 are on the wire at most; the next one waits for a connection', async () => {
    let open = 0;
    const full = new Promise<void>((resolve) => {
      server.reply = () => {
        open += 1;
        if (open === 256) resolve();
        return 'hang';
      };
    });
    const stuck = Array.from({ length: 256 }, (_, index) => cloud.poll(`r${index}`));
    await full;
    server.reply = () => ({ body: { ProgressEvent: { RequestToken: 't', OperationStatus: 'IN_PROGRESS' } } });
    const queued = cloud.poll('more');
    // Whoever comes later waits for a connection and is not on the wire.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(open).toBe(256);
    expect(server.seen).toHaveLength(256);
    cloud.close();
    const answers = await Promise.all(stuck);
    expect(answers.every((answer) => !answer.ok && answer.error.kind === 'lost')).toBe(true);
    await queued;
  });

  test('600 at once are all answered', async () => {
    server.reply = () => ({ body: { ProgressEvent: { RequestToken: 't', OperationStatus: 'IN_PROGRESS' } } });
    const answers = await Promise.all(Array.from({ length: 600 }, (_, index) => cloud.poll(`r${index}`)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(600);
  });
});

describe('progress', () => {
  const answer = (event: unknown): Reply => ({ body: { ProgressEvent: event } });

  test('comes with everything that was in it', async () => {
    const soon = Date.now() + 20_250;
    server.reply = () =>
      answer({
        RequestToken: 'r',
        Operation: 'CREATE',
        OperationStatus: 'FAILED',
        Identifier: 'q|1',
        ResourceModel: '{"Arn":"arn:q"}',
        ErrorCode: 'AlreadyExists',
        StatusMessage: 'exists',
        RetryAfter: soon / 1_000,
        EventTime: 1_800_000_000,
      });
    expect(await cloud.poll('r')).toEqual({
      ok: true,
      value: {
        requestToken: 'r',
        status: 'FAILED',
        identifier: 'q|1',
        model: { Arn: 'arn:q' },
        errorCode: 'AlreadyExists',
        message: 'exists',
        retryAfter: soon,
      },
    });
  });

  test('has no fields that were not in it', async () => {
    server.reply = () => answer({ RequestToken: 'r', OperationStatus: 'PENDING' });
    expect(await cloud.poll('r')).toEqual({ ok: true, value: { requestToken: 'r', status: 'PENDING' } });
  });

  test.each([
    ['', '{"Arn":'],
    ['an empty', ''],
    ['a cut', '{"Arn":"arn:q'],
  ])('with %s malformed model is told without it', async (_, model) => {
    server.reply = () =>
      answer({ RequestToken: 'r', OperationStatus: 'SUCCESS', Identifier: 'q', ResourceModel: model });
    expect(await cloud.poll('r')).toEqual({
      ok: true,
      value: { requestToken: 'r', status: 'SUCCESS', identifier: 'q' },
    });
  });

  test.each([
    ['no event', {}],
    ['an event without token', { ProgressEvent: { OperationStatus: 'SUCCESS' } }],
    ['an event without status', { ProgressEvent: { RequestToken: 'r' } }],
    ['a status that does not exist', { ProgressEvent: { RequestToken: 'r', OperationStatus: 'DONE' } }],
    ['a time that is none', { ProgressEvent: { RequestToken: 'r', OperationStatus: 'SUCCESS', RetryAfter: 'soon' } }],
    ['what is not JSON', '<html>welcome</html>'],
    ['half of JSON', '{"ProgressEvent":{"RequestToken":"r"'],
  ])('an answer with %s counts as lost', async (_, body) => {
    server.reply = () => ({ body });
    for (const call of ['create', 'update', 'delete', 'poll']) {
      expect(await CALLS[call]?.(cloud), call).toMatchObject({ ok: false, error: { kind: 'lost' } });
    }
  });

  test.each([
    ['no description', {}],
    ['no properties', { ResourceDescription: { Identifier: 'q' } }],
    ['properties that are not JSON', { ResourceDescription: { Identifier: 'q', Properties: '{"A' } }],
  ])('a read answered with %s counts as lost, never as absent', async (_, body) => {
    server.reply = () => ({ body });
    expect(await CALLS['get']?.(cloud)).toMatchObject({ ok: false, error: { kind: 'lost' } });
  });
});

describe('errors', () => {
  test.each<[number, string]>([
    [400, 'ThrottlingException'],
    [400, 'com.amazonaws.cloudapiservice#ThrottlingException'],
    [400, 'Throttling'],
    [400, 'TooManyRequestsException'],
    [400, 'RequestLimitExceeded'],
    [429, 'SomethingElse'],
    [503, 'ThrottlingException'],
    [503, 'SlowDown'],
  ])('%i %s is throttling, whichever the call, and is not retried', async (status, type) => {
    server.reply = () => failure(status, type);
    for (const [name, call] of Object.entries(CALLS)) {
      expect(await call(cloud), name).toMatchObject({ ok: false, error: { kind: 'throttled' } });
    }
    expect(server.seen).toHaveLength(5);
  });

  test('429 without a body is throttling', async () => {
    server.reply = () => ({ status: 429, body: '' });
    expect(await cloud.poll('r')).toMatchObject({ ok: false, error: { kind: 'throttled' } });
  });

  test.each<[string, Reply]>([
    ['500 ServiceInternalErrorException', failure(500, 'ServiceInternalErrorException')],
    ['502 HandlerInternalFailureException', failure(502, 'HandlerInternalFailureException')],
    ['502 NetworkFailureException', failure(502, 'NetworkFailureException')],
    ['503 with a page', { status: 503, body: '<h1>Service Unavailable</h1>' }],
    ['504 without a body', { status: 504, body: '' }],
    ['408 RequestTimeoutException', failure(408, 'RequestTimeoutException')],
    ['a connection that ends', 'reset'],
  ])('%s leaves open what happened, whichever the call, and is not retried', async (_, reply) => {
    server.reply = () => reply;
    for (const [name, call] of Object.entries(CALLS)) {
      expect(await call(cloud), name).toMatchObject({ ok: false, error: { kind: 'lost' } });
    }
    expect(server.seen).toHaveLength(5);
  });

  test.each([
    'AlreadyExistsException',
    'ClientTokenConflictException',
    'ConcurrentModificationException',
    'ConcurrentOperationException',
    'GeneralServiceException',
    'InvalidRequestException',
    'NotStabilizedException',
    'NotUpdatableException',
    'RequestTokenNotFoundException',
    'ServiceLimitExceededException',
    'TypeNotFoundException',
    'UnsupportedActionException',
    'ValidationException',
    'AccessDeniedException',
    'ExceptionOfNextYear',
  ])('%s is a rejection under its own name, whatever its message says', async (type) => {
    server.reply = () => failure(400, type, 'Throttling: Rate exceeded. Not found. ExpiredToken. timeout 500');
    for (const [name, call] of Object.entries(CALLS)) {
      expect(await call(cloud), name).toEqual({
        ok: false,
        error: {
          kind: 'rejected',
          errorCode: type,
          message: 'Throttling: Rate exceeded. Not found. ExpiredToken. timeout 500',
        },
      });
    }
  });

  test('the name may come in a header alone', async () => {
    const headers = { 'x-amzn-errortype': 'AlreadyExistsException:http://internal.amazon.com/' };
    server.reply = () => ({ status: 400, headers, body: { Message: 'exists' } });
    expect(await CALLS['create']?.(cloud)).toMatchObject({
      error: { kind: 'rejected', errorCode: 'AlreadyExistsException' },
    });
  });

  test('ResourceNotFoundException means absent only as the answer to a read', async () => {
    server.reply = () => failure(400, 'ResourceNotFoundException', 'no such queue');
    expect(await CALLS['get']?.(cloud)).toEqual({ ok: false, error: { kind: 'notFound', message: 'no such queue' } });
    for (const name of ['create', 'update', 'delete', 'poll']) {
      expect(await CALLS[name]?.(cloud), name).toMatchObject({
        error: { kind: 'rejected', errorCode: 'ResourceNotFoundException' },
      });
    }
  });

  test.each<[string, Reply]>([
    ['404 without a body', { status: 404, body: '' }],
    ['404 with a page', { status: 404, body: '<html>Not Found ResourceNotFoundException</html>' }],
    ['a NotFound of another kind', failure(404, 'NotFoundException')],
    ['TypeNotFoundException', failure(404, 'TypeNotFoundException')],
  ])('%s is not "absent"', async (_, reply) => {
    server.reply = () => reply;
    const answer = await cloud.get({ typeName: 'AWS::SQS::Queue', identifier: 'q' });
    expect(answer.ok).toBe(false);
    expect(!answer.ok && answer.error.kind).toMatch(/^(lost|rejected)$/);
  });

  test.each<[number, string]>([
    [400, 'ExpiredTokenException'],
    [403, 'ExpiredToken'],
    [403, 'InvalidClientTokenId'],
    [400, 'UnrecognizedClientException'],
    [400, 'InvalidSignatureException'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'InvalidCredentialsException'],
    [403, 'MissingAuthenticationTokenException'],
  ])('%i %s rejects with Unreachable, exit code 5', async (status, type) => {
    server.reply = () => failure(status, type);
    for (const [name, call] of Object.entries(CALLS)) {
      const error = await call(cloud).catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(Unreachable);
      expect(error).toMatchObject({ kind: 'unreachable', code: 'unreachable', message: expect.stringContaining(type) });
    }
  });

  test('a clock that is off loses one call; the next is signed with the right time', async () => {
    const ahead = new Date(Date.now() + 3_600_000);
    server.reply = ({ headers }) => {
      const hour = String(headers['x-amz-date']).slice(9, 11);
      if (Number(hour) === ahead.getUTCHours()) {
        return { body: { ProgressEvent: { RequestToken: 'r', OperationStatus: 'SUCCESS' } } };
      }
      return { ...(failure(403, 'InvalidSignatureException') as object), headers: { date: ahead.toUTCString() } };
    };
    expect(await cloud.poll('r')).toMatchObject({ ok: false, error: { kind: 'lost' } });
    expect(await cloud.poll('r')).toMatchObject({ ok: true });
  });

  test('nobody listens: lost, with what the system said', async () => {
    const gone = await scriptedServer();
    await gone.close();
    const unreachable = await open(gone.url);
    for (const [name, call] of Object.entries(CALLS)) {
      expect(await call(unreachable), name).toMatchObject({
        ok: false,
        error: { kind: 'lost', message: expect.stringContaining('ECONNREFUSED') },
      });
    }
    unreachable.close();
  });

  test('a host that does not exist: lost', async () => {
    const nowhere = await open('http://cloud.invalid:1');
    expect(await nowhere.poll('r')).toMatchObject({ ok: false, error: { kind: 'lost' } });
    nowhere.close();
  });

  test.each<Reply>(['hang', 'stall'])(
    'a server that does not finish (%s): lost within the time allowed',
    async (reply) => {
      server.reply = () => reply;
      const hasty = await open(server.url, 200);
      const started = performance.now();
      expect(await hasty.poll('r')).toMatchObject({ ok: false, error: { kind: 'lost' } });
      expect(performance.now() - started).toBeLessThan(3_000);
      hasty.close();
    },
  );

  test('an answer that drips is lost within the time, however steadily it drips', async () => {
    server.reply = () => 'drip';
    const hasty = await open(server.url, 300);
    expect(await hasty.poll('r')).toMatchObject({
      ok: false,
      error: { kind: 'lost', message: expect.stringMatching(/no complete answer/) },
    });
    hasty.close();
  });

  test.each([401, 403, 407])(
    'a page with status %i, which a proxy wrote, ends the work and says what to do',
    async (status) => {
      server.reply = () => ({
        status,
        headers: { 'content-type': 'text/html' },
        body: '<!DOCTYPE html><h1>Blocked</h1>',
      });
      for (const [name, call] of Object.entries(CALLS)) {
        const error = await call(cloud).catch((thrown: unknown) => thrown);
        expect(error, name).toMatchObject({
          name: 'Unreachable',
          message: expect.stringContaining(`${status} with a page`),
          help: expect.stringContaining('HTTPS_PROXY'),
        });
      }
    },
  );

  test('a certificate that nobody signed ends the work and says what to do', async () => {
    const secure = await selfSigned();
    const untrusting = await open(secure.url);
    const error = await untrusting.poll('r').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'Unreachable',
      message: expect.stringContaining('certificate'),
      help: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    untrusting.close();
    secure.close();
  });

  test('an endpoint that does not speak TLS is said to be one', async () => {
    const plain = await open(server.url.replace('http:', 'https:'));
    await expect(plain.poll('r')).rejects.toMatchObject({
      name: 'Unreachable',
      help: expect.stringContaining('http://'),
    });
    plain.close();
  });

  test('credentials that cannot be had reject with Unreachable before anything is sent', async () => {
    const connection = await connect({ region: 'eu-west-1', endpoint: server.url, credentials: CREDENTIALS });
    const { NoCredentials } = await import('../../src/adapters/aws/errors.ts');
    const without = await openCloudControl({
      ...connection,
      credentials: async () => {
        throw new NoCredentials('Role arn:x could not be assumed: AccessDenied', { help: 'sign in', cause: undefined });
      },
    });
    await expect(CALLS['create']?.(without)).rejects.toThrow(Unreachable);
    await expect(CALLS['create']?.(without)).rejects.toThrow('Role arn:x could not be assumed');
    expect(server.seen).toEqual([]);
    without.close();
  });
});
