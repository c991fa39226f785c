// Trace context, samplers and spans, without a network.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplerOf } from '../../../../src/adapters/otlp/sampler.ts';
import { NotTaken } from '../../../../src/adapters/otlp/sender.ts';
import { OtlpTracer, type TracerOptions } from '../../../../src/adapters/otlp/tracer.ts';
import { type Message, protobuf } from '../../../../src/adapters/otlp/wire.ts';
import { parseTraceparent, parseXray, traceparentOf } from '../../../../src/domain/trace-context.ts';
import { SAMPLERS } from '../../../../src/edge/telemetry/settings.ts';
import { type AnyMessage, attributesOf, decoded } from '../../../support/collector.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const GIVEN = { traceId: TRACE, spanId: SPAN, sampled: true };

describe('trace context', () => {
  test('a traceparent comes back as it was, a later version with more in it too', () => {
    const text = `00-${TRACE}-${SPAN}-01`;
    expect(parseTraceparent(text)).toEqual(GIVEN);
    expect(traceparentOf(GIVEN)).toBe(text);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-what-the-future-will-be-like`)).toEqual(GIVEN);
  });

  test.each([
    [undefined],
    [''],
    ['00'],
    [`00-${TRACE}-${SPAN}`],
    [`00-${TRACE}-${SPAN}-1`],
    [`00-${TRACE}-${SPAN}-01-more`],
    [`ff-${TRACE}-${SPAN}-01`],
    [`00-${'0'.repeat(32)}-${SPAN}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`],
    [`00-${TRACE.slice(1)}g-${SPAN}-01`],
  ])('%s is none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  test("X-Ray's header is the same place in the same trace", () => {
    const root = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    const traceId = '5759e988bd862e3fe1be46a994272793';
    const spanId = '53995c3f42cd8ad8';
    expect(parseXray(`${root};Parent=${spanId};Sampled=1`)).toEqual({ traceId, spanId, sampled: true });
    expect(parseXray(`Sampled=0;Parent=${spanId};${root};Lineage=a:0`)).toEqual({ traceId, spanId, sampled: false });
    for (const text of [undefined, '', root, `${root};Parent=1`, `Root=2-x;Parent=${spanId}`, 'a;b;;=']) {
      expect(parseXray(text)).toBeUndefined();
    }
  });

  test('whatever is read, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseTraceparent(text);
        parseXray(text);
      }),
    );
  });
});

describe('samplers', () => {
  const hex = (seed: number) => seed.toString(16).padStart(32, '0');

  test.each(SAMPLERS)('%s', (name) => {
    const sampler = samplerOf(name, 0.25);
    const kept = Array.from({ length: 4_000 }, (_, at) => hex(Math.floor((at / 4_000) * 2 ** 52) * 16));
    const share = kept.filter((traceId) => sampler(traceId, undefined)).length / kept.length;
    expect(share).toBeCloseTo({ on: 1, off: 0 }[name.replace(/.*_/, '')] ?? 0.25, 1);
    const [asParent, notAsParent] = [
      { ...GIVEN, sampled: true },
      { ...GIVEN, sampled: false },
    ];
    if (name.startsWith('parentbased')) {
      expect([sampler(TRACE, asParent), sampler(TRACE, notAsParent)]).toEqual([true, false]);
    } else expect(sampler(TRACE, asParent)).toBe(sampler(TRACE, notAsParent));
  });
});

/** A tracer on a clock of the test, and what it has sent. */
function tracing(options: Partial<TracerOptions> = {}) {
  const time = { now: 1_700_000_000_000 };
  const sent: Message[] = [];
  const tracer = new OtlpTracer({
    send: async (request) => void sent.push(request),
    resource: { 'service.name': 'assent' },
    sampler: () => true,
    clock: { now: () => Math.floor(time.now), monotonic: () => time.now },
    ...options,
  });
  const spans = async (): Promise<AnyMessage[]> => {
    await tracer.flush(new AbortController().signal);
    return sent
      .map((request) => decoded('traces', protobuf('traces', request)))
      .flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans);
  };
  return { tracer, time, spans, sent };
}

const named = (spans: AnyMessage[]): Record<string, AnyMessage> =>
  Object.fromEntries(spans.map((span) => [span.name, span]));

describe('tracer', () => {
  test('a span is a child of the one its caller is in, also beside others and after waiting', async () => {
    const { tracer, time, spans } = tracing();
    await tracer.within('run', { stack: 'web' }, async (run) => {
      await Promise.all(
        ['a', 'b'].map((name) =>
          tracer.within(name, {}, async () => {
            await new Promise((resolve) => setImmediate(resolve));
            time.now += 5.5;
            await tracer.within(`${name}1`, {}, async () => undefined);
          }),
        ),
      );
      tracer.past('done', { attempts: 3 }, { startedAt: time.now - 4, endedAt: time.now, failed: true });
      run.set({ outcome: 'succeeded' });
    });
    const all = named(await spans());
    const ids = new Map(Object.values(all).map(({ spanId, name }) => [spanId, name]));
    const parents = Object.fromEntries(
      Object.values(all).map(({ name, parentSpanId }) => [name, ids.get(parentSpanId)]),
    );
    expect(parents).toEqual({ run: undefined, a: 'run', b: 'run', a1: 'a', b1: 'b', done: 'run' });
    expect(new Set(Object.values(all).map(({ traceId }) => traceId)).size).toBe(1);
    expect(attributesOf(all['run'])).toEqual({ 'assent.stack': 'web', 'assent.outcome': 'succeeded' });
    expect(attributesOf(all['done'])).toEqual({ 'assent.attempts': '3' });
    expect(all['done']?.status).toEqual({ code: 2 });
    expect(all['run']?.status).toBeUndefined();
    for (const { startTimeUnixNano: from, endTimeUnixNano: to, parentSpanId } of Object.values(all)) {
      const parent = Object.values(all).find(({ spanId }) => spanId === parentSpanId);
      expect(BigInt(from) <= BigInt(to)).toBe(true);
      if (parent === undefined) continue;
      expect(BigInt(parent.startTimeUnixNano) <= BigInt(from) && BigInt(to) <= BigInt(parent.endTimeUnixNano)).toBe(
        true,
      );
    }
  });

  test('a span of work that rejects has failed, and the rejection goes on', async () => {
    const { tracer, spans } = tracing();
    await expect(tracer.within('run', {}, () => Promise.reject(new Error('secret')))).rejects.toThrow('secret');
    const [span] = await spans();
    expect(span.status).toEqual({ code: 2 });
    expect(JSON.stringify(span)).not.toContain('secret');
  });

  test('the parent from outside holds for what is in no other span, and is passed on', async () => {
    const { tracer, spans } = tracing({ parent: GIVEN });
    expect(tracer.traceparent()).toBe(traceparentOf(GIVEN));
    const inside = await tracer.within('run', {}, async () => tracer.traceparent());
    const [span] = await spans();
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
    expect(inside).toBe(`00-${TRACE}-${span.spanId}-01`);
  });

  test('an entry is in the trace it names, linked with the other', async () => {
    const { tracer, spans } = tracing();
    const link = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true };
    await tracer.entered('work', {}, { parent: GIVEN, link }, () => tracer.within('inner', {}, async () => undefined));
    await tracer.entered('alone', {}, {}, async () => undefined);
    const all = named(await spans());
    expect(all['work']).toMatchObject({
      traceId: TRACE,
      parentSpanId: SPAN,
      kind: 2,
      links: [{ traceId: link.traceId, spanId: link.spanId, flags: 1 }],
    });
    expect(all['inner']).toMatchObject({ traceId: TRACE, parentSpanId: all['work']?.spanId });
    expect(all['alone']?.parentSpanId).toBeUndefined();
    expect(all['alone']?.traceId).not.toBe(TRACE);
  });

  test('a trace that is not sampled is passed on as such, and not kept', async () => {
    const { tracer, sent } = tracing({
      sampler: samplerOf('parentbased_always_on', 1),
      parent: { ...GIVEN, sampled: false },
    });
    const inside = await tracer.within('run', {}, async () => tracer.traceparent());
    expect(inside).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    await tracer.flush(new AbortController().signal);
    expect(sent).toEqual([]);
  });

  test('spans that were not taken are offered again, and the oldest go when nobody ever takes them', async () => {
    let [isUp, dropped] = [false, 0];
    const taken: string[] = [];
    const { tracer } = tracing({
      send: async (request) => {
        if (!isUp) throw new NotTaken('HTTP 503', true);
        taken.push(
          ...(request as AnyMessage).resourceSpans[0].scopeSpans[0].spans.map((span: AnyMessage) => span.name),
        );
      },
      dropped: (spans) => {
        dropped += spans;
      },
    });
    const { signal } = new AbortController();
    const past = { startedAt: 1, endedAt: 2 };
    for (let at = 0; at < 3_000; at += 1) {
      tracer.past(`s${at}`, {}, past);
      if (at % 500 === 0) await expect(tracer.flush(signal)).rejects.toThrow('503');
    }
    isUp = true;
    await tracer.flush(signal);
    expect(taken).toEqual(Array.from({ length: 2_048 }, (_, at) => `s${at + 952}`));
    expect(dropped).toBe(952);
  });

  test('what is written is what the definitions would write', () => {
    const request = {
      resourceSpans: [
        {
          resource: { attributes: [] },
          scopeSpans: [
            {
              scope: { name: 'assent' },
              spans: [
                {
                  traceId: TRACE,
                  spanId: SPAN,
                  name: 'x',
                  kind: 1,
                  startTimeUnixNano: '18446744073709551615',
                  endTimeUnixNano: '1',
                  attributes: [{ key: 'n', value: { intValue: '-3' } }],
                  flags: 1,
                },
              ],
            },
          ],
        },
      ],
    };
    const bytes = protobuf('traces', request);
    expect(decoded('traces', bytes).resourceSpans[0].scopeSpans[0].spans[0]).toEqual(
      request.resourceSpans[0]?.scopeSpans[0]?.spans[0],
    );
  });
});
