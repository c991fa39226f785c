// A service as its client meets it: answers, problems, a gateway's own words, nothing at all. Over a real socket.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServiceClient } from '../../../../src/adapters/aws/service-client.ts';

let server: Server;
let client: ServiceClient;
let seen: IncomingMessage[];
let answers: ((response: ServerResponse, request: IncomingMessage) => void)[];
let paused: number[];

beforeEach(async () => {
  seen = [];
  answers = [];
  paused = [];
  server = createServer((request, response) => {
    seen.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  client = new ServiceClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`,
    identity: { token: 'canary-4711' },
    now: () => 0,
    pause: async (ms) => void paused.push(ms),
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const says =
  (status: number, document: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(typeof document === 'string' ? document : JSON.stringify(document));
  };
const breaks = (_: ServerResponse, request: IncomingMessage) => void request.socket.destroy();

test('a document, with where to look and who asks', async () => {
  answers = [says(202, { a: 1 }, { location: '/there' })];
  const answer = await client.call('POST', '/plans', {
    body: { b: 1 },
    query: { c: 'd e', none: undefined },
    key: 'k',
  });
  expect(answer).toEqual({ status: 202, location: '/there', document: { a: 1 } });
  expect(seen[0]?.url).toBe('/base/plans?c=d+e');
  expect(seen[0]?.headers).toMatchObject({
    authorization: 'Bearer canary-4711',
    'idempotency-key': 'k',
    'content-type': 'application/json',
  });
});

test.each([
  [
    409,
    { code: 'lease_held', detail: 'Held.', errorKind: 'held', help: 'Wait.' },
    { code: 'lease_held', kind: 'held', help: 'Wait.' },
  ],
  [422, { code: 'no_template', detail: 'None.', errorKind: 'invalid' }, { code: 'no_template', kind: 'invalid' }],
  [
    400,
    { code: 'invalid_body', detail: 'No.', problems: [{ path: 'a' }] },
    { kind: 'invalid', problems: [{ path: 'a' }] },
  ],
  [404, { code: 'no_such_route', detail: 'None.' }, { kind: 'not_found' }],
  [403, { code: 'not_allowed', detail: 'No.' }, { kind: 'refused' }],
  [500, { code: 'internal_error', detail: 'Failed.' }, { kind: 'unreachable' }],
  [401, { message: 'Unauthorized' }, { code: 'unauthorized', kind: 'unreachable' }],
  [403, { message: 'Forbidden' }, { code: 'forbidden', kind: 'unreachable' }],
  [500, { message: 'Internal Server Error' }, { kind: 'unreachable' }],
  [200, '<html>', { kind: 'unreachable' }],
  [404, 'not found', { kind: 'unreachable' }],
])('%i %j', async (status, document, expected) => {
  answers = [says(status, document)];
  const error = await client.call('GET', '/x').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(expected);
  expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('canary');
});

test('what changes nothing is sent again while the service is out of breath', async () => {
  answers = [breaks, says(503, { message: 'Service Unavailable' }), says(429, {}), says(200, { a: 1 })];
  expect((await client.call('GET', '/x')).document).toEqual({ a: 1 });
  expect(paused).toEqual([500, 1_000, 2_000]);
});

test('so is what begins something, with its key; without one it is sent once', async () => {
  answers = [breaks, says(202, { a: 1 })];
  expect((await client.call('POST', '/x', { key: 'k', body: {} })).status).toBe(202);
  expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k']);
  seen = [];
  answers = [breaks];
  await expect(client.call('POST', '/x', { body: {} })).rejects.toMatchObject({ kind: 'unreachable' });
  expect(seen).toHaveLength(1);
});

test('it gives up in the end', async () => {
  answers = [breaks];
  await expect(client.call('GET', '/x')).rejects.toMatchObject({ code: 'unreachable' });
  expect(seen).toHaveLength(4);
});

test('nobody is followed elsewhere with a token', async () => {
  answers = [says(302, {}, { location: '/elsewhere' }), says(200, {})];
  await expect(client.call('POST', '/x', { body: {} })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('where in which trace it is asked goes along, signed or not', async () => {
  const { url } = client;
  const given = new ServiceClient({
    url,
    identity: { token: 't' },
    now: () => 0,
    pause: async () => undefined,
    traceparent: () => '00-a-b-01',
  });
  answers = [says(200, {}), says(200, {})];
  await given.call('GET', '/x');
  await client.call('GET', '/x');
  expect(seen.map(({ headers }) => headers['traceparent'])).toEqual(['00-a-b-01', undefined]);
});
