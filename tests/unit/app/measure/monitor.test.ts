// The recorder against the core, and what a monitor promises about losing and doubling.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merged } from '../../../../src/app/measure/merged.ts';
import { Monitor, type Sink } from '../../../../src/app/measure/monitor.ts';
import { bucketOf, Distribution } from '../../../../src/app/measure/recorder.ts';
import type { Clock } from '../../../../src/app/ports.ts';
import { encodeSketch, mergeSketches, summarizeSketch } from '../../../../src/core/sketch.ts';
import type { Measured } from '../../../../src/domain/metrics.ts';

const never: Pick<Clock, 'now' | 'sleep'> = {
  now: () => 0,
  sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
};

/** Positive doubles of every size, subnormal ones included. */
const anyPositive = fc
  .oneof(
    fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 1e-3, max: 1e7, noNaN: true }),
  )
  .filter((value) => value > 0);
const durations = fc.array(fc.oneof({ weight: 9, arbitrary: anyPositive }, { weight: 1, arbitrary: fc.constant(0) }), {
  maxLength: 300,
});

function recorded(values: readonly number[]): Uint8Array | undefined {
  const distribution = new Distribution();
  for (const value of values) distribution.record(value);
  return distribution.drain();
}

describe('recorder', () => {
  test('its bucket of a value is the bucket the core reads', () => {
    fc.assert(
      fc.property(anyPositive, (value) => {
        const counts = Float64Array.of(1);
        const sketch = encodeSketch({
          indices: Uint32Array.of(bucketOf(value)),
          counts,
          zero: 0,
          sum: 0,
          min: 0,
          max: Number.MAX_VALUE,
        });
        const [middle = 0] = summarizeSketch(sketch, [0.5])?.quantiles ?? [];
        // In the same bucket, and so within half its width; buckets of subnormal values are as wide as the first normal.
        expect(bucketOf(middle)).toBe(bucketOf(value));
      }),
    );
  });

  test('quantiles are within one percent of the exact ones, count and extremes are exact', () => {
    const normal = fc.array(fc.oneof(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), fc.constant(0)), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(normal, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const summary = summarizeSketch(recorded(values) ?? new Uint8Array(), [q]);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1] ?? Number.NaN;
        expect(summary).toMatchObject({ count: values.length, min: sorted[0], max: sorted.at(-1) });
        expect(Math.abs((summary?.quantiles[0] ?? Number.NaN) - exact)).toBeLessThanOrEqual(0.01 * exact);
      }),
    );
  });

  test('what is not a number of this world is ignored, what is below zero is zero', () => {
    const distribution = new Distribution();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) distribution.record(value);
    expect(distribution.drain()).toBeUndefined();
    distribution.record(Number.MAX_VALUE);
    distribution.record(Number.POSITIVE_INFINITY);
    distribution.record(-3);
    const summary = summarizeSketch(distribution.drain() ?? new Uint8Array(), [0, 1]);
    expect(summary).toEqual({
      count: 2,
      sum: Number.MAX_VALUE,
      min: 0,
      max: Number.MAX_VALUE,
      quantiles: [0, expect.any(Number)],
    });
  });

  test('parts merge to what recording together gives, whatever the split and the order', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 6 }), (parts) => {
        const sketches = parts.flatMap((values) => recorded(values) ?? []);
        fc.pre(sketches.length > 0);
        const whole = summarizeSketch(recorded(parts.flat()) ?? new Uint8Array(), [0.1, 0.5, 0.99]);
        for (const order of [sketches, sketches.toReversed()]) {
          const one = order.reduce((left, right) => mergeSketches(left, right) ?? new Uint8Array());
          const summary = summarizeSketch(one, [0.1, 0.5, 0.99]);
          expect({ ...summary, sum: 0 }).toEqual({ ...whole, sum: 0 });
          expect(Math.abs((summary?.sum ?? 0) - (whole?.sum ?? 0))).toBeLessThanOrEqual(1e-9 * (whole?.sum ?? 0));
        }
      }),
    );
  });

  test('damaged bytes are refused, not misread', () => {
    const sketch = recorded([0, 1, 2.5, 1e9]) ?? new Uint8Array();
    for (let length = 0; length < sketch.length; length += 1) {
      expect(summarizeSketch(sketch.slice(0, length), [0.5])).toBeUndefined();
      expect(mergeSketches(sketch, sketch.slice(0, length))).toBeUndefined();
    }
    expect(summarizeSketch(Uint8Array.of(...sketch, 0), [0.5])).toBeUndefined();
  });
});

/** What a sink holds, merged. */
class Kept {
  readonly series = new Map<string, Measured>();

  readonly take = (measured: readonly Measured[]): void => {
    for (const part of measured) {
      const key = `${part.name} ${JSON.stringify(part.labels)}`;
      const before = this.series.get(key);
      this.series.set(key, before === undefined ? part : merged(before, part));
    }
  };

  value(key: string): number {
    const part = this.series.get(key);
    if (part === undefined) return 0;
    return part.kind === 'distribution' ? (summarizeSketch(part.sketch, [])?.count ?? Number.NaN) : part.value;
  }
}

type Action = { record: number } | { add: number } | 'flush' | 'broken flush' | 'collect';
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ record: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
  fc.record({ add: fc.integer({ min: 1, max: 9 }) }),
  fc.constantFrom('flush', 'broken flush', 'collect'),
);

describe('monitor', () => {
  test('nothing is lost and nothing counts twice, whichever flushes fail and whoever collects', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const kept = new Kept();
        let broken = false;
        const sink: Sink = async (measured) => {
          await Promise.resolve();
          if (broken) throw new Error('no');
          kept.take(measured);
        };
        const monitor = new Monitor({ clock: never, sink });
        let [records, added, largest] = [0, 0, 0];
        for (const one of actions) {
          if (one === 'collect') kept.take(monitor.collect());
          else if (one === 'flush') await monitor.flush();
          else if (one === 'broken flush') {
            broken = true;
            const waiting = monitor.flush().catch(() => undefined);
            // Recorded while the sink is still thinking.
            monitor.record('size', 1);
            records += 1;
            await waiting;
            broken = false;
          } else if ('record' in one) {
            monitor.record('size', one.record);
            monitor.maximum('largest').record(one.record);
            records += 1;
            largest = Math.max(largest, one.record);
          } else {
            monitor.counter('calls', { kind: 'x' }).add(one.add);
            added += one.add;
          }
        }
        await monitor.close();
        expect([kept.value('size {}'), kept.value('calls {"kind":"x"}'), kept.value('largest {}')]).toEqual([
          records,
          added,
          largest,
        ]);
        expect(monitor.collect()).toEqual([]);
      }),
    );
  });

  test('flushes that overlap offer each value once', async () => {
    const offered: number[] = [];
    const sink: Sink = async (measured) => {
      await new Promise((resolve) => setImmediate(resolve));
      offered.push(measured.length);
    };
    const monitor = new Monitor({ clock: never, sink });
    monitor.record('a', 1);
    await Promise.all([monitor.flush(), monitor.flush(), monitor.close()]);
    expect(offered).toEqual([1]);
  });

  test('it flushes by interval, survives a sink that fails, and stops when closed', async () => {
    const naps: { until: number; wake: () => void }[] = [];
    let now = 1000;
    const clock: Pick<Clock, 'now' | 'sleep'> = {
      now: () => now,
      sleep: (until, signal) =>
        new Promise((resolve) => {
          naps.push({ until, wake: resolve });
          signal.addEventListener('abort', () => resolve());
        }),
    };
    const kept = new Kept();
    let broken = true;
    const monitor = new Monitor({
      clock,
      intervalMs: 500,
      sink: async (measured) => {
        if (broken) throw new Error('no');
        kept.take(measured);
      },
    });
    const tick = async () => {
      now = naps.at(-1)?.until ?? now;
      naps.at(-1)?.wake();
      await new Promise((resolve) => setImmediate(resolve));
    };
    monitor.record('a', 1);
    await tick();
    monitor.record('a', 2);
    broken = false;
    expect([naps.map(({ until }) => until), kept.value('a {}')]).toEqual([[1500, 2000], 0]);
    await tick();
    expect(kept.value('a {}')).toBe(2);
    await monitor.close();
    await tick();
    expect(naps).toHaveLength(3);
  });

  test('closing tells of a sink that fails, and may be tried again', async () => {
    let broken = true;
    const kept = new Kept();
    const monitor = new Monitor({
      clock: never,
      sink: async (measured) => {
        if (broken) throw new Error('disk full');
        kept.take(measured);
      },
    });
    monitor.record('a', 1);
    await expect(monitor.close()).rejects.toThrow('disk full');
    broken = false;
    await monitor.close();
    expect(kept.value('a {}')).toBe(1);
  });

  test('equal labels are one series, whatever their order', () => {
    const monitor = new Monitor({ clock: never });
    expect(monitor.series('a', { x: '1', y: '2' })).toBe(monitor.series('a', { y: '2', x: '1' }));
    expect(monitor.series('a', { x: '1', y: '3' })).not.toBe(monitor.series('a', { x: '1', y: '2' }));
  });

  test('labels that read alike when joined are still different series', () => {
    const some = fc.dictionary(
      fc.constantFrom('a', 'b', 'ab'),
      fc.string({ unit: fc.constantFrom('|', '1', 'a', 'b'), maxLength: 8 }),
      { maxKeys: 3 },
    );
    fc.assert(
      fc.property(some, some, (one, other) => {
        const monitor = new Monitor({ clock: never });
        const sorted = (labels: object) => JSON.stringify(Object.entries(labels).sort());
        expect(monitor.series('x', one) === monitor.series('x', other)).toBe(sorted(one) === sorted(other));
      }),
    );
  });

  test.each([
    ['a name with a capital', 'Duration', {}],
    ['an empty name', '', {}],
    ['a name the exposition would add', 'calls_total', {}],
    ['a label of the exposition', 'calls', { quantile: '1' }],
    ['a reserved label', 'calls', { __name__: 'x' }],
    ['a label with a dash', 'calls', { 'a-b': 'x' }],
    ['a label that is no string', 'calls', { a: 1 as unknown as string }],
  ])('%s is refused', (_, name, labels) => {
    expect(() => new Monitor({ clock: never }).series(name, labels)).toThrow(
      expect.objectContaining({ code: 'invalid_metric' }),
    );
  });

  test('one name has one kind', () => {
    const monitor = new Monitor({ clock: never });
    monitor.counter('calls', { a: '1' });
    expect(() => monitor.series('calls', { a: '2' })).toThrow('calls is a counter already');
    expect(() => monitor.maximum('calls', { a: '1' })).toThrow('calls is a counter already');
  });
});
