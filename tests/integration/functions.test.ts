// Handlers that take a body and answer at once, with the whole of their middleware and the built core, fed from events/: what
// they refuse, and what they log. Every event through its handler: events.test.ts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { embeddedService } from '../../scripts/embedded-service.ts';
import { handlerOf, localContext } from '../../scripts/invocation.ts';
import type { ApiHandler } from '../../src/edge/http/api.ts';
import { BODY_BYTES } from '../../src/edge/http/api.ts';
import { routes as allRoutes } from '../../src/edge/http/routes.ts';
import { problemDetails } from '../../src/edge/http/schemas.ts';
import { serveWith } from '../../src/edge/service/open.ts';

const root = join(import.meta.dirname, '../..');
const routes = allRoutes.filter(({ path }) => path === '/scans' || path === '/consensus');
const dir = mkdtempSync(join(tmpdir(), 'assent-functions-'));
let opened: Awaited<ReturnType<typeof embeddedService>>;

function captured(name: string): APIGatewayProxyEventV2 {
  return JSON.parse(readFileSync(join(root, 'events/api', `post-${name === 'scan' ? 'scans' : name}.json`), 'utf8'));
}

async function call(name: string, event: APIGatewayProxyEventV2) {
  const handler = (await handlerOf(name)) as ApiHandler;
  const { statusCode, headers, body } = await handler(event, localContext(name));
  return { status: statusCode, type: headers?.['content-type'], document: JSON.parse(body ?? '') };
}

const logged: string[] = [];
beforeAll(async () => {
  opened = await embeddedService({ dir });
  serveWith(Promise.resolve(opened.service));
  // The logger writes to the console that tests can listen to.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  for (const level of ['info', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void logged.push(line));
  }
});

afterAll(async () => {
  await opened?.close();
  rmSync(dir, { recursive: true, force: true });
});

test.each(routes)('$method $path answers a captured event with a document of its schema', async (route) => {
  const { status, type, document } = await call(route.function, captured(route.function));
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
  expect(route.answer.parse(document)).toEqual(document);
});

test('a body in Base64 is read like any other', async () => {
  const event = captured('scan');
  const body = Buffer.from(event.body ?? '').toString('base64');
  const { document } = await call('scan', { ...event, body, isBase64Encoded: true });
  expect(document.findings.length).toBeGreaterThan(0);
});

test.each<[string, Partial<APIGatewayProxyEventV2>, number, string]>([
  ['nothing', { body: '' }, 400, 'malformed_body'],
  ['a hundred thousand brackets', { body: '['.repeat(100_000) + ']'.repeat(100_000) }, 400, 'invalid_body'],
  ['half of a character', { body: '{"template": "\\ud800"}' }, 400, 'malformed_body'],
  ['a list', { body: '[]' }, 400, 'invalid_body'],
  [
    'bytes that are no text',
    { body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'), isBase64Encoded: true },
    400,
    'malformed_body',
  ],
  ['one byte too many', { body: 'x'.repeat(BODY_BYTES + 1) }, 413, 'body_too_large'],
  ['characters of more bytes than allowed', { body: 'é'.repeat(BODY_BYTES / 2 + 1) }, 413, 'body_too_large'],
  ['another type', { headers: { 'content-type': 'application/jsonlines' } }, 415, 'unsupported_media_type'],
  ['no type', { headers: {} }, 415, 'unsupported_media_type'],
])('%s is refused by name', async (_, change, status, code) => {
  for (const { function: name } of routes) {
    const answer = await call(name, { ...captured(name), ...change });
    expect(answer).toMatchObject({ status, type: 'application/problem+json', document: { status, code } });
    problemDetails.parse(answer.document);
  }
});

test('every mistake in a body is told with its place', async () => {
  const body = JSON.stringify({ votes: [{ expert: 'a', confidence: 2 }], quorm: 1 });
  const { document } = await call('consensus', { ...captured('consensus'), body });
  expect(document.problems.map(({ path }: { path: string }) => path)).toEqual(['votes/0/confidence', 'quorm']);
});

test('what was sent is in no log', async () => {
  const body = JSON.stringify({
    template: 'Resources: {A: {Type: AWS::S3::Bucket}}',
    name: 'canary-4711',
    canary4712: 1,
  });
  logged.length = 0;
  await call('scan', { ...captured('scan'), body });
  await call('scan', { ...captured('scan'), body: body.replace(',"canary4712":1', '') });
  expect(logged).toHaveLength(2);
  expect(logged.join()).not.toMatch(/canary/);
});

test('a key of nothing would make all requests the same run, so it is refused', async () => {
  const event = JSON.parse(readFileSync(join(root, 'events/api/post-deployments.json'), 'utf8'));
  const answer = await call('deploy', { ...event, headers: { ...event.headers, 'idempotency-key': ' ' } });
  expect(answer).toMatchObject({ status: 400, document: { code: 'invalid_header' } });
  expect(opened.asked.started).toEqual([]);
});
