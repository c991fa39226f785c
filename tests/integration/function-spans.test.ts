// Spans of the functions that answer at once, as a collector gets them: each function's handler, fed from events/.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { embeddedService } from '../../scripts/embedded-service.ts';
import { handlerOf, localContext } from '../../scripts/invocation.ts';
import type { ApiHandler } from '../../src/edge/http/api.ts';
import { serveWith } from '../../src/edge/service/open.ts';
import { type AnyMessage, attributesOf, Collector } from '../support/collector.ts';

const ROOT = join(import.meta.dirname, '../..');
const API = join(ROOT, 'events/api');
const GIVEN = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const TRACEPARENT = `00-${GIVEN.traceId}-${GIVEN.spanId}-01`;
const XRAY = { traceId: '5759e988bd862e3fe1be46a994272793', spanId: '53995c3f42cd8ad8' };

const dir = mkdtempSync(join(tmpdir(), 'assent-spans-'));
const collector = new Collector();
let opened: Awaited<ReturnType<typeof embeddedService>>;

beforeAll(async () => {
  // Before anything is opened: a process looks at its variables once.
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await collector.open());
  vi.stubEnv('OTEL_SERVICE_NAME', 'assent-test');
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1');
  for (const level of ['log', 'info', 'warn'] as const) vi.spyOn(console, level).mockReturnValue();
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  opened = await embeddedService({ dir });
  serveWith(Promise.resolve(opened.service));
});

afterAll(async () => {
  await opened?.close();
  await collector[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

beforeEach(() => {
  collector.answer = () => 200;
  collector.received.length = 0;
});

interface Change {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: string;
  id?: string;
}

async function call(name: string, file: string, { headers, query, body, id }: Change = {}) {
  const event = JSON.parse(readFileSync(join(API, `${file}.json`), 'utf8')) as APIGatewayProxyEventV2;
  Object.assign(event.headers, headers);
  if (query !== undefined) event.queryStringParameters = query;
  if (body !== undefined) event.body = body;
  if (id !== undefined) event.pathParameters = { id };
  const answer = await ((await handlerOf(name)) as ApiHandler)(event, localContext(name));
  return { status: answer.statusCode, location: String(answer.headers?.['location']) };
}

/** Each span by its name under the one that it is in. */
function tree(): string[] {
  const spans = collector.spans();
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  return spans.map((span) => `${names.get(span.parentSpanId) ?? ''} > ${span.name}`).toSorted();
}

function only(name: string): AnyMessage {
  const found = collector.spans().filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0];
}

const with_ = { headers: { traceparent: TRACEPARENT } };

test.each<[string, string, Change, string[]]>([
  ['scan', 'post-scans', {}, ['keep', 'scan']],
  ['metrics', 'get-metrics', {}, ['collect', 'expose']],
  ['metrics', 'get-metrics', { headers: { accept: 'application/json' } }, ['collect']],
  ['metrics', 'get-metrics', { query: { compare: 'true' } }, ['compare']],
])('%s: the stages of %s are below its invocation, sent before it is frozen', async (name, file, change, stages) => {
  const { status } = await call(name, file, { ...change, headers: { ...with_.headers, ...change.headers } });
  expect(status).toBe(200);
  const [method = '', path = ''] = file.split('-');
  const root = `${method.toUpperCase()} /${path}`;
  expect(tree()).toEqual([` > ${root}`, ...stages.map((stage) => `${root} > ${stage}`)].toSorted());
  const span = only(root);
  expect(span).toMatchObject({ traceId: GIVEN.traceId, parentSpanId: GIVEN.spanId });
  expect(span.links).toMatchObject([XRAY]);
  expect(attributesOf(span)).toEqual({ 'assent.outcome': '200' });
  const [{ message }] = collector.received as [AnyMessage];
  expect(attributesOf(message.resourceSpans[0].resource)).toMatchObject({ 'service.name': 'assent-test' });
});

test('a scan that is looked at again is found and read', async () => {
  const { location } = await call('scan', 'post-scans');
  collector.received.length = 0;
  const id = location.replace('/scans/', '');
  expect((await call('scan', 'get-scans-id', { id })).status).toBe(200);
  const root = 'GET /scans/{id}';
  expect(tree()).toEqual([` > ${root}`, `${root} > find`, `${root} > read`]);
  // Nobody said a trace: it is in X-Ray's own.
  expect(only(root)).toMatchObject({ traceId: XRAY.traceId, parentSpanId: XRAY.spanId });
  expect(only(root).links).toBeUndefined();
});

test('an answer by votes names each expert and how it voted, never what for; a flood of them is bounded', async () => {
  const votes = [
    { expert: 'ann', option: 'canary-4711', reasons: ['canary-4711'] },
    { expert: 'bob', option: 'canary-4711' },
    { expert: 'carl', status: 'timed_out' },
  ];
  await call('consensus', 'post-consensus', { body: JSON.stringify({ question: 'canary-4711?', votes }) });
  expect(tree()).toEqual([' > POST /consensus', 'POST /consensus > consult', ...votes.map(() => 'consult > expert')]);
  const experts = collector.spans().filter(({ name }) => name === 'expert');
  expect(experts.map(attributesOf)).toEqual([
    { 'assent.expert': 'ann', 'assent.outcome': 'ok' },
    { 'assent.expert': 'bob', 'assent.outcome': 'ok' },
    { 'assent.expert': 'carl', 'assent.outcome': 'timed_out' },
  ]);
  expect(attributesOf(only('consult'))).toEqual({});
  for (const { body } of collector.received) expect(body.includes('canary')).toBe(false);

  collector.received.length = 0;
  const many = Array.from({ length: 3_000 }, (_, at) => ({ expert: `e${at}`, option: 'approve', confidence: 0.9 }));
  await call('consensus', 'post-consensus', { body: JSON.stringify({ votes: many }) });
  expect(collector.spans().filter(({ name }) => name === 'expert')).toHaveLength(256);
  expect(attributesOf(only('consult'))).toEqual({ 'assent.outcome': 'approve' });
});

test.each<[string, string, string]>([
  ['scan', 'post-scans', 'POST /scans'],
  ['consensus', 'post-consensus', 'POST /consensus'],
])('a refusal by %s is in the trace, with its status and nothing of what was sent', async (name, file, root) => {
  expect((await call(name, file, { ...with_, body: '{"canary": 1' })).status).toBe(400);
  expect(tree()).toEqual([` > ${root}`]);
  expect(attributesOf(only(root))).toEqual({ 'assent.outcome': '400' });
  for (const { body } of collector.received) expect(body.includes('canary')).toBe(false);
});

test('a trace that its caller does not sample is not sent', async () => {
  const traceparent = TRACEPARENT.replace(/01$/, '00');
  expect((await call('metrics', 'get-metrics', { headers: { traceparent } })).status).toBe(200);
  expect(collector.received).toEqual([]);
});

test.each([
  ['scan', 'post-scans'],
  ['consensus', 'post-consensus'],
  ['metrics', 'get-metrics'],
])('%s answers as ever where the collector refuses', async (name, file) => {
  collector.answer = () => 401;
  expect((await call(name, file)).status).toBe(200);
  expect(collector.received).toEqual([]);
});

test('every function is told where to', () => {
  for (const file of globSync('functions/*/function.yml', { cwd: ROOT })) {
    const functions = Object.entries<AnyMessage>(parse(readFileSync(join(ROOT, file), 'utf8'), { logLevel: 'error' }));
    for (const [name, { environment }] of functions) {
      const told = Object.keys(environment).filter((variable) => variable.startsWith('OTEL_'));
      expect([name, ...told.toSorted()]).toEqual([
        name,
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        'OTEL_EXPORTER_OTLP_HEADERS',
        'OTEL_SERVICE_NAME',
      ]);
    }
  }
});
