// Calls that are signed here, against a server of this process: what is sent, and what becomes of its answers.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EventBus } from '../../../../src/adapters/aws/event-bus.ts';
import { signed } from '../../../../src/adapters/aws/sigv4.ts';

let server: Server;
let endpoint: string;
let answer: { status: number; body: object | string };
let got: { headers: IncomingMessage['headers']; body: string }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      response.writeHead(answer.status).end(text);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  got = [];
  answer = { status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } };
});

const key = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' };
const at = Date.UTC(2026, 10, 26);
const bus = () =>
  new EventBus({ region: 'eu-west-1', bus: 'mine', endpoint, credentials: async () => key, now: () => at });

test('an event is put on the bus, signed', async () => {
  await bus().put('Run status changed', { runId: 'r' });
  const [{ headers, body }] = got as [(typeof got)[0]];
  const entry = { Source: 'assent', DetailType: 'Run status changed', EventBusName: 'mine', Detail: '{"runId":"r"}' };
  expect(JSON.parse(body)).toEqual({ Entries: [{ ...entry, Time: at / 1_000 }] });
  expect(headers).toMatchObject({ 'x-amz-target': 'AWSEvents.PutEvents', 'x-amz-security-token': 'token' });
  const named = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' };
  const request = { method: 'POST', url: new URL(endpoint), headers: named, body };
  const expected = signed(request, key, { region: 'eu-west-1', service: 'events', at });
  expect(headers.authorization).toBe(expected['authorization']);
});

test.each<[string, number, object | string, object]>([
  [
    'an entry that was not taken',
    200,
    { FailedEntryCount: 1, Entries: [{ ErrorCode: 'Throttled' }] },
    { message: /Throttled/ },
  ],
  ['a refusal, by its name', 400, { __type: 'com.amazonaws#AccessDeniedException' }, { name: 'AccessDeniedException' }],
  ['a refusal without one', 503, 'no', { name: 'JsonCallFailed', status: 503 }],
])('%s is an error that quotes nothing', async (_, status, body, expected) => {
  answer = { status, body };
  const error = await bus()
    .put('x', { secret: 'canary' })
    .catch((one: unknown) => one as Error);
  expect(error).toBeInstanceOf(Error);
  const { message, ...rest } = expected as { message?: RegExp };
  if (message !== undefined) expect((error as Error).message).toMatch(message);
  expect(error).toMatchObject(rest);
  expect(String(error)).not.toContain('canary');
});
