// What is exported of measurements, read back by the official definitions of OTLP.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponentialOf, FINEST_SCALE, MOST_BUCKETS } from '../../../../src/adapters/otlp/histogram.ts';
import { MetricExporter } from '../../../../src/adapters/otlp/metric-exporter.ts';
import { metricsRequest } from '../../../../src/adapters/otlp/metrics.ts';
import { NotTaken } from '../../../../src/adapters/otlp/sender.ts';
import { type Message, protobuf } from '../../../../src/adapters/otlp/wire.ts';
import { Distribution } from '../../../../src/app/measure/recorder.ts';
import type { Measured } from '../../../../src/domain/metrics.ts';
import { type AnyMessage, attributesOf, decoded, requestType } from '../../../support/collector.ts';

function sketchOf(values: readonly number[]): Uint8Array {
  const distribution = new Distribution();
  for (const value of values) distribution.record(value);
  return distribution.drain() ?? new Uint8Array();
}

const taken = (values: readonly number[], labels = {}): Measured => ({
  kind: 'distribution',
  name: 'took_ms',
  labels,
  sketch: sketchOf(values),
});

/** The values of a histogram, each the middle of its bucket, rising. */
function valuesOf(point: AnyMessage): number[] {
  const { scale = 0, positive, zeroCount = '0' } = point;
  const { offset = 0, bucketCounts = [] } = positive ?? {};
  const base = 2 ** (2 ** -scale);
  const positives = bucketCounts.flatMap((count: string, at: number) => {
    const [low, high] = [base ** (offset + at), base ** (offset + at + 1)];
    return new Array(Number(count)).fill((2 * low * high) / (low + high));
  });
  return [...new Array(Number(zeroCount)).fill(0), ...positives];
}

function pointOf(measured: Measured, temporality: 'cumulative' | 'delta' = 'cumulative'): AnyMessage {
  const bytes = protobuf('metrics', metricsRequest([measured], {}, { startedAt: 1, at: 2, temporality }));
  const [resource] = decoded('metrics', bytes).resourceMetrics;
  return resource.scopeMetrics[0].metrics[0].exponentialHistogram.dataPoints[0];
}

const window = { startedAt: 1_700_000_000_000, at: 1_700_000_060_000.25, temporality: 'delta' } as const;

describe('metrics', () => {
  test('each kind has its form, base units, and the mark of what was folded', () => {
    const measured: Measured[] = [
      taken([1_000, 2_000, 0], { type: 'AWS::SQS::Queue' }),
      taken([5], { otel_metric_overflow: 'true' }),
      { kind: 'counter', name: 'runs', labels: { outcome: 'failed' }, value: 3 },
      { kind: 'maximum', name: 'operations_in_flight_max', labels: {}, value: 7 },
    ];
    const request = metricsRequest(measured, { 'service.name': 'x' }, window);
    const message = decoded('metrics', protobuf('metrics', request));
    const [{ resource, scopeMetrics }] = message.resourceMetrics;
    expect(attributesOf(resource)).toEqual({ 'service.name': 'x' });
    const [histogram, runs, inFlight] = scopeMetrics[0].metrics;
    expect(histogram).toMatchObject({ name: 'assent.took', unit: 's' });
    const [point, folded] = histogram.exponentialHistogram.dataPoints;
    expect(point).toMatchObject({
      startTimeUnixNano: '1700000000000000000',
      timeUnixNano: '1700000060000250000',
      count: '3',
      sum: 3,
      zeroCount: '1',
      scale: FINEST_SCALE,
      max: 2,
    });
    expect(attributesOf(folded)).toEqual({ 'otel.metric.overflow': true });
    expect(runs).toMatchObject({ name: 'assent.runs', unit: '1' });
    expect(runs.sum).toMatchObject({ aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asDouble: 3 }] });
    expect(inFlight.gauge.dataPoints).toMatchObject([{ asDouble: 7 }]);
  });

  test('what is written is what the definitions would write: nothing is unknown to them, and the JSON says the same', () => {
    const values = fc.array(fc.oneof(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.constant(0)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(values, fc.string(), fc.nat(2 ** 31), (values, label, value) => {
        const measured: Measured[] = [
          taken(values, { a: label }),
          { kind: 'counter', name: 'runs', labels: {}, value },
        ];
        const request = metricsRequest(measured, { r: label }, window);
        const bytes = protobuf('metrics', request);
        const type = requestType('metrics');
        const theirs = type.encode(type.fromObject(JSON.parse(JSON.stringify(request)))).finish();
        const again = decoded('metrics', bytes);
        expect(again).toEqual(decoded('metrics', theirs));
      }),
      { numRuns: 50 },
    );
  });

  test('a field that OTLP does not have is a mistake, not a lost value', () => {
    expect(() => protobuf('metrics', { resourceMetrics: [{ resources: {} }] })).toThrow('no field resources');
  });

  test('counts, sum, extremes and zeros are exact; every value is within 1.4 % while 25 octaves hold all', () => {
    const values = fc.array(fc.oneof(fc.double({ min: 1e-1, max: 1e6, noNaN: true }), fc.constant(0)), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, (values) => {
        const point = pointOf(taken(values));
        const sorted = values.toSorted((a, b) => a - b);
        expect(Number(point.count)).toBe(values.length);
        expect(Number(point.zeroCount ?? 0)).toBe(values.filter((value) => value === 0).length);
        expect(point.sum ?? 0).toBeCloseTo(
          values.reduce((sum, value) => sum + value / 1_000, 0),
          6,
        );
        expect(point.min ?? 0).toBeCloseTo((sorted[0] ?? 0) / 1_000, 12);
        expect(point.max ?? 0).toBeCloseTo((sorted.at(-1) ?? 0) / 1_000, 12);
        const found = valuesOf(point);
        expect(found.length).toBe(values.length);
        for (const [at, value] of sorted.entries()) {
          expect(Math.abs((found[at] ?? Number.NaN) * 1_000 - value)).toBeLessThanOrEqual(0.014 * value);
        }
      }),
    );
  });

  test('values of any size fit, at a coarser scale and with every count', () => {
    const values = fc.array(fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(values, (values) => {
        const { counts, zeroCount, count, scale } = exponentialOf(sketchOf(values), 1e-3);
        expect(counts.length).toBeLessThanOrEqual(MOST_BUCKETS);
        expect(counts.reduce((sum, one) => sum + one, 0) + zeroCount).toBe(values.length);
        expect(count).toBe(values.length);
        expect(scale).toBeLessThanOrEqual(FINEST_SCALE);
      }),
    );
  });

  test('a power of two belongs to the bucket that it ends', () => {
    const { offset, counts, scale } = exponentialOf(sketchOf([1_024]), 1 / 1_024);
    expect({ offset, counts, scale }).toEqual({ offset: -1, counts: [1], scale: FINEST_SCALE });
  });
});

describe('exporter', () => {
  const counted = (value: number): Measured => ({ kind: 'counter', name: 'runs', labels: {}, value });
  const valueIn = (request: Message): number => {
    const type = requestType('metrics');
    const { resourceMetrics } = type.toObject(type.fromObject(request as { [name: string]: unknown })) as AnyMessage;
    return resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints[0].asDouble;
  };

  test.each(['cumulative', 'delta'] as const)(
    '%s: nothing is lost or counted twice, whatever is not taken',
    async (temporality) => {
      const action = fc.oneof(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('taken' as const, 'passing' as const, 'refused' as const),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
          let answer = 'taken';
          const seen: number[] = [];
          let refused = 0;
          const exporter = new MetricExporter({
            now: () => 0,
            resource: {},
            temporality,
            send: async (request) => {
              await Promise.resolve();
              if (answer === 'taken') seen.push(valueIn(request));
              if (answer === 'refused') refused += temporality === 'delta' ? valueIn(request) : 0;
              if (answer !== 'taken') throw new NotTaken('HTTP 4xx', answer === 'passing');
            },
          });
          let total = 0;
          for (const one of [...actions, 'taken' as const]) {
            if (typeof one === 'number') {
              exporter.take([counted(one)]);
              total += one;
              continue;
            }
            answer = one;
            const flushed = exporter.flush(new AbortController().signal).catch(() => undefined);
            // While it is under way.
            exporter.take([counted(1)]);
            total += 1;
            await flushed;
          }
          answer = 'taken';
          await exporter.flush(new AbortController().signal);
          if (temporality === 'cumulative') expect(seen.at(-1)).toBe(total);
          // What the collector refuses for good is gone, and only that.
          else expect(seen.reduce((sum, value) => sum + value, 0) + refused).toBe(total);
        }),
      );
    },
  );

  test('where nothing is new, nothing is sent', async () => {
    let sent = 0;
    const exporter = new MetricExporter({
      now: () => 0,
      resource: {},
      temporality: 'cumulative',
      send: async () => {
        sent += 1;
      },
    });
    const { signal } = new AbortController();
    await exporter.flush(signal);
    exporter.take([]);
    await exporter.flush(signal);
    exporter.take([counted(1)]);
    await exporter.flush(signal);
    await exporter.flush(signal);
    expect(sent).toBe(1);
  });
});
