// An invocation as a span: whose trace it is in, and that what there is to send is sent before the function is frozen.
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../../src/adapters/embedded/clock.ts';
import { Telemetry } from '../../../../src/adapters/otlp/telemetry.ts';
import { type Traced, traced } from '../../../../src/edge/service/tracing.ts';
import { type AnyMessage, attributesOf, Collector } from '../../../support/collector.ts';

const GIVEN = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const XRAY = { traceId: '5759e988bd862e3fe1be46a994272793', spanId: '53995c3f42cd8ad8' };
const HEADER = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

afterEach(() => {
  vi.unstubAllEnvs();
});

const about = (traceparent?: string): Traced => ({
  name: 'work',
  attributes: { runId: 'r1' },
  traceparent: async () => traceparent,
  outcome: () => 'end',
  leftMs: () => 10_000,
});

async function spanOf(traceparent: string | undefined, work = async () => 7): Promise<AnyMessage> {
  await using collector = new Collector();
  const url = `${await collector.open()}/v1/traces`;
  const telemetry = new Telemetry({
    clock: systemClock,
    resource: {},
    traces: {
      url,
      headers: {},
      protocol: 'http/protobuf',
      gzip: false,
      timeoutMs: 1_000,
      sampler: 'parentbased_always_on',
      ratio: 1,
      intervalMs: 1,
    },
    warn: (message) => expect.unreachable(message),
    byInterval: false,
  });
  await traced({ telemetry }, about(traceparent), work).catch(() => undefined);
  const [span, ...others] = collector.spans();
  expect(others).toEqual([]);
  return span;
}

test('it is in the trace of whoever asked, linked with the one of X-Ray', async () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', HEADER);
  const span = await spanOf(`00-${GIVEN.traceId}-${GIVEN.spanId}-01`);
  expect(span).toMatchObject({ name: 'work', traceId: GIVEN.traceId, parentSpanId: GIVEN.spanId });
  expect(span.links).toMatchObject([XRAY]);
  expect(attributesOf(span)).toEqual({ 'assent.run_id': 'r1', 'assent.outcome': 'end' });
});

test('where nobody said one, it is in that of X-Ray', async () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', HEADER);
  const span = await spanOf('not one');
  expect(span).toMatchObject({ traceId: XRAY.traceId, parentSpanId: XRAY.spanId });
  expect(span.links).toBeUndefined();
});

test('without either it begins one, and what fails is sent, too', async () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', '');
  const span = await spanOf(undefined, () => Promise.reject(new Error('x')));
  expect(span.parentSpanId).toBeUndefined();
  expect(span.status).toEqual({ code: 2 });
});

test('where nothing is exported, nothing is asked and the work is as it is', async () => {
  const never = { ...about(), traceparent: () => Promise.reject(new Error('asked')) };
  expect(await traced({ telemetry: undefined }, never, async () => 7)).toBe(7);
});

test.each([
  [60_000, 5_000],
  [1_500, 1_000],
  [100, 0],
])('with %d ms left it is sent within %d ms, so that a slow collector fails no invocation', async (left, most) => {
  const telemetry = new Telemetry({ clock: systemClock, resource: {}, warn: () => {}, byInterval: false });
  const flush = vi.spyOn(telemetry, 'flush');
  expect(await traced({ telemetry }, { ...about(), leftMs: () => left }, async () => 7)).toBe(7);
  expect(flush.mock.calls).toEqual([[most]]);
});
