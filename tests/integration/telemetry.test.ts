// What leaves the house of a command: metrics and spans at a collector, as users see them there; and nothing where nobody asked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { queues, Workspace } from '../support/cli.ts';
import { type AnyMessage, attributesOf, Collector } from '../support/collector.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../examples/web-app.yaml'), 'utf8');
const SLOW = { timeout: 240_000 };
const PARENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

/** Points of a metric, by the labels asked for. */
function pointsOf(metrics: AnyMessage[], name: string): AnyMessage[] {
  return metrics
    .filter((metric) => metric.name === name)
    .flatMap(({ exponentialHistogram, sum, gauge }) => (exponentialHistogram ?? sum ?? gauge).dataPoints);
}

test('a deployment is one tree of spans, and its measurements are those of the document', SLOW, async () => {
  await using collector = new Collector();
  using space = new Workspace({
    OTEL_EXPORTER_OTLP_ENDPOINT: await collector.open(),
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=me%20too',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    TRACEPARENT: `00-${PARENT.traceId}-${PARENT.spanId}-01`,
  });
  const { code, document } = await space.json('deploy', space.file('web.yaml', EXAMPLE), '--stack', 'web', '--yes');
  expect(code).toBe(0);
  for (const { headers, message } of collector.received) {
    expect(headers).toMatchObject({ 'x-tenant': 'me too', 'content-type': 'application/x-protobuf' });
    const [{ resource }] = message.resourceSpans ?? message.resourceMetrics;
    expect(attributesOf(resource)).toMatchObject({
      'service.name': 'assent',
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'deployment.environment.name': 'test',
    });
  }

  const spans = collector.spans();
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  const parentOf = (span: AnyMessage) => byId.get(span.parentSpanId)?.name;
  const [root, ...otherRoots] = spans.filter((span) => !byId.has(span.parentSpanId));
  expect(otherRoots).toEqual([]);
  expect(root).toMatchObject({ name: 'deploy', traceId: PARENT.traceId, parentSpanId: PARENT.spanId });
  expect(attributesOf(root)).toEqual({
    'assent.stack': 'web',
    'assent.run_id': document.runId,
    'assent.outcome': 'succeeded',
  });
  const stages = Object.fromEntries(
    spans
      .filter(({ name }) => ['submit', 'judge', 'consult', 'work', 'settle'].includes(name))
      .map((one) => [one.name, one]),
  );
  expect(Object.fromEntries(Object.entries(stages).map(([name, span]) => [name, parentOf(span)]))).toEqual({
    submit: 'deploy',
    judge: 'deploy',
    consult: 'judge',
    work: 'deploy',
    settle: 'work',
  });
  for (const span of spans) {
    expect(span.traceId).toBe(PARENT.traceId);
    const [from, to] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
    expect(from <= to).toBe(true);
    const parent = byId.get(span.parentSpanId);
    if (parent === undefined) continue;
    expect(BigInt(parent.startTimeUnixNano) <= from && to <= BigInt(parent.endTimeUnixNano)).toBe(true);
  }
  // One after the other.
  const times = ['submit', 'judge', 'work'].flatMap((name) => [
    BigInt(stages[name].startTimeUnixNano),
    BigInt(stages[name].endTimeUnixNano),
  ]);
  expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));

  const operations = spans.filter((span) => parentOf(span) === 'work' && span.name !== 'settle');
  const told = operations.map((span) => {
    const { 'assent.logical_id': id, 'assent.type': type, 'assent.outcome': outcome } = attributesOf(span);
    return [span.name, id, type, outcome, Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6];
  });
  const resources = document.resources.map((one: AnyMessage) => [
    `create ${one.type}`,
    one.logicalId,
    one.type,
    one.status,
    one.elapsedMs,
  ]);
  expect(told.toSorted()).toEqual(resources.toSorted());
  const experts = spans.filter(({ name }) => name === 'expert');
  expect(experts.map(parentOf)).toEqual(document.verdict.votes.map(() => 'consult'));
  expect(experts.map((span) => attributesOf(span)['assent.expert']).toSorted()).toEqual(
    document.verdict.votes.map(({ expert }: AnyMessage) => expert).toSorted(),
  );

  const metrics = collector.metrics();
  const created = pointsOf(metrics, 'assent.operation_duration');
  expect(created.reduce((sum, { count }) => sum + Number(count), 0)).toBe(document.resources.length);
  expect(pointsOf(metrics, 'assent.runs')).toMatchObject([{ asDouble: 1 }]);
  expect(pointsOf(metrics, 'assent.queueing').reduce((sum, { count }) => sum + Number(count), 0)).toBe(
    document.resources.length,
  );
  const calls = pointsOf(metrics, 'assent.call_duration').filter((one) => attributesOf(one)['call'] === 'create');
  // Two flushes at least: by interval into the store, and at the end.
  expect(calls.reduce((sum, { count }) => sum + Number(count), 0)).toBe(document.calls.create);
  for (const name of ['assent.engine_event', 'assent.rate', 'assent.expert_duration', 'assent.lead_time']) {
    expect(pointsOf(metrics, name).length).toBeGreaterThan(0);
  }
});

test('JSON, and a trace that its caller does not sample: metrics alone', SLOW, async () => {
  await using collector = new Collector();
  using space = new Workspace({
    OTEL_EXPORTER_OTLP_ENDPOINT: await collector.open(),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    TRACEPARENT: `00-${PARENT.traceId}-${PARENT.spanId}-00`,
  });
  expect((await space.json('deploy', space.file('t.json', queues(1, 2)), '--stack', 'web', '--yes')).code).toBe(0);
  expect(collector.spans()).toEqual([]);
  expect(collector.received.every(({ headers }) => headers['content-type'] === 'application/json')).toBe(true);
  const [point] = pointsOf(collector.metrics(), 'assent.operation_duration');
  expect(point).toMatchObject({ count: '2', scale: 6 });
});

test('a failed run and its rollback are in the tree, and no secret is', SLOW, async () => {
  await using collector = new Collector();
  using space = new Workspace({ OTEL_EXPORTER_OTLP_ENDPOINT: await collector.open() });
  const secret = 'kAn7ry-of-a-value';
  const template = {
    Parameters: { Word: { Type: 'String', NoEcho: true } },
    Resources: {
      First: { Type: 'AWS::SNS::Topic' },
      Secret: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: { Ref: 'Word' } } },
      Taken: { Type: 'AWS::SQS::Queue', DependsOn: ['First', 'Secret'], Properties: { QueueName: 'taken' } },
    },
  };
  const file = space.file('t.json', template);
  const deploy = (stack: string) =>
    space.json('deploy', file, '--stack', stack, '--yes', '--parameters', `Word=${secret}`);
  expect((await deploy('one')).code).toBe(0);
  collector.received.length = 0;
  expect((await deploy('two')).code).toBe(3);
  const spans = collector.spans();
  const failed = spans.filter(({ status }) => status?.code === 2).map(({ name }) => name);
  expect(failed).toEqual(['create AWS::SQS::Queue']);
  const back = spans.find(({ name }) => name === 'roll back');
  const undone = spans.filter(({ parentSpanId }) => parentSpanId === back?.spanId).map(({ name }) => name);
  expect(undone.toSorted()).toEqual(['delete AWS::SNS::Topic', 'delete AWS::SSM::Parameter']);
  for (const { body } of collector.received) expect(body.includes(secret)).toBe(false);
});

test('a collector that is not there, or says no, is said once on stderr and changes nothing else', SLOW, async () => {
  await using collector = new Collector();
  const url = await collector.open();
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 1));
  const deploy = (env: Record<string, string>) =>
    space.start(['deploy', file, '--stack', 'web', '--yes', '--format', 'json'], { env }).ended;
  collector.answer = () => 401;
  const refused = await deploy({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
  });
  expect([refused.code, JSON.parse(refused.stdout).outcome]).toEqual([0, 'succeeded']);
  const said = (text: string, words: string) => text.split('\n').filter((line) => line.includes(words));
  expect(said(refused.stderr, 'HTTP 401')).toEqual([
    `Measurements were not taken by ${url}/v1/metrics: HTTP 401.`,
    `Spans were not taken by ${url}/v1/traces: HTTP 401.`,
  ]);
  expect(refused.stderr).not.toContain('hunter2');
  await collector[Symbol.asyncDispose]();
  const gone = await deploy({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_EXPORTER: 'none' });
  expect([gone.code, JSON.parse(gone.stdout).outcome]).toEqual([0, 'no_changes']);
  expect(said(gone.stderr, 'were not taken')).toEqual([
    `Measurements were not taken by ${url}/v1/metrics: ECONNREFUSED.`,
  ]);
});

// Names every module of the exporter that is loaded.
const WATCH = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) {
  if (url.includes('/adapters/otlp/')) process.stderr.write('loaded ' + url + '\\n');
  return next(url, context);
} });`;

test('nothing of it is loaded where nobody asked', SLOW, async () => {
  await using collector = new Collector();
  const url = await collector.open();
  using space = new Workspace();
  space.file('watch.mjs', WATCH);
  const file = space.file('t.json', queues(1, 1));
  const deploy = (env: Record<string, string>) =>
    space.start(['deploy', file, '--stack', 'web', '--yes'], {
      env: { NODE_OPTIONS: `--import=${join(space.dir, 'watch.mjs')}`, ...env },
    }).ended;
  for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'true' }, { TRACEPARENT: 'x' }]) {
    const { code, stderr } = await deploy(env as Record<string, string>);
    expect([code, stderr.includes('loaded')]).toEqual([0, false]);
  }
  expect((await deploy({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).stderr).toContain('loaded');
  expect(collector.received.length).toBeGreaterThan(0);
});
