// Bounded cardinality: whatever labels come, so many series and no more, and no record missing in the totals.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import { Bounded, FOLDED, MOST_SERIES, OVERFLOW } from '../../../../src/app/measure/bounded.ts';
import { Monitor } from '../../../../src/app/measure/monitor.ts';
import { openMetrics } from '../../../../src/app/measure/openmetrics.ts';
import { metrics } from '../../../../src/app/metrics.ts';
import { summarizeSketch } from '../../../../src/core/sketch.ts';
import type { Measured } from '../../../../src/domain/metrics.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

interface Totals {
  values: number;
  sum: number;
  added: number;
  largest: number;
}

function totalsOf(measured: readonly Measured[]): Totals {
  const totals = { values: 0, sum: 0, added: 0, largest: 0 };
  for (const one of measured) {
    if (one.name === FOLDED) continue;
    if (one.kind === 'distribution') {
      const { count = 0, sum = 0 } = summarizeSketch(one.sketch, []) ?? {};
      totals.values += count;
      totals.sum += sum;
    } else if (one.kind === 'counter') totals.added += one.value;
    else totals.largest = Math.max(totals.largest, one.value);
  }
  return totals;
}

const isFolded = ({ labels }: Measured) => labels['otel_metric_overflow'] === 'true';
const seriesOf = (measured: readonly Measured[], name: string) => measured.filter((one) => one.name === name);
const foldedOf = (measured: readonly Measured[], metric: string) =>
  measured
    .filter(({ name, labels }) => name === FOLDED && labels['metric'] === metric)
    .reduce((sum, one) => sum + (one.kind === 'counter' ? one.value : 0), 0);

type Record = { name: 'took_ms' | 'calls' | 'most'; of: number; value: number };
const records = fc.array(
  fc.record({
    name: fc.constantFrom('took_ms' as const, 'calls' as const, 'most' as const),
    of: fc.nat(12),
    value: fc.oneof(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
    ),
  }),
  { maxLength: 120 },
);

function record(monitor: Monitor, { name, of, value }: Record): void {
  const labels = { of: String(of) };
  if (name === 'took_ms') monitor.record(name, value, labels);
  else if (name === 'calls') monitor.counter(name, labels).add(value);
  else monitor.maximum(name, labels).record(value);
}

test('whatever is recorded, a metric has at most so many series, its totals are exact, and what was folded is counted', () => {
  fc.assert(
    fc.property(records, fc.nat(6), fc.array(fc.nat(120), { maxLength: 4 }), (all, mostSeries, stops) => {
      const free = new Monitor({ clock: new VirtualClock() });
      const held = new Monitor({ clock: new VirtualClock(), mostSeries });
      const parts: Measured[] = [];
      const first = new Map<string, Set<number>>();
      const folded = { took_ms: 0, calls: 0, most: 0 };
      for (const [at, one] of all.entries()) {
        record(free, one);
        record(held, one);
        const known = first.get(one.name) ?? new Set();
        first.set(one.name, known);
        if (known.size < mostSeries) known.add(one.of);
        const counts = one.name === 'calls' ? one.value > 0 && Number.isFinite(one.value) : Number.isFinite(one.value);
        if (!known.has(one.of) && counts) folded[one.name] += 1;
        if (stops.includes(at)) parts.push(...held.collect());
      }
      const bounded = new Bounded(mostSeries);
      for (const part of [...parts, ...held.collect()]) bounded.add(part);
      const found = bounded.parts();
      const expected = totalsOf(free.collect());
      expect({ ...totalsOf(found), sum: 0 }).toEqual({ ...expected, sum: 0 });
      expect(totalsOf(found).sum).toBeCloseTo(expected.sum, 6);
      for (const name of ['took_ms', 'calls', 'most'] as const) {
        expect(seriesOf(found, name).filter((one) => !isFolded(one)).length).toBeLessThanOrEqual(mostSeries);
        expect(foldedOf(found, name)).toBe(folded[name]);
      }
    }),
  );
});

test('parts of many processes are bounded likewise, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(records, { maxLength: 5 }), fc.nat(6), (processes, most) => {
      const parts = processes.flatMap((all) => {
        const monitor = new Monitor({ clock: new VirtualClock() });
        for (const one of all) record(monitor, one);
        return monitor.collect();
      });
      const bounded = new Bounded(most);
      for (const part of parts) bounded.add(part);
      const found = bounded.parts();
      expect({ ...totalsOf(found), sum: 0 }).toEqual({ ...totalsOf(parts), sum: 0 });
      expect(totalsOf(found).sum).toBeCloseTo(totalsOf(parts).sum, 6);
      for (const name of ['took_ms', 'calls', 'most']) {
        const kept = seriesOf(found, name);
        expect(kept.filter((one) => !isFolded(one)).length).toBeLessThanOrEqual(most);
        expect(foldedOf(found, name) > 0).toBe(kept.some(isFolded));
      }
    }),
  );
});

test('every type with every operation fits under the limit only in part; the store and the exposition hold the rest', async () => {
  const store = openMemoryStore({ now: () => 0 });
  const monitor = new Monitor({ clock: new VirtualClock() });
  const [types, operations] = [1_600, 5];
  for (let type = 0; type < types; type += 1) {
    for (let operation = 0; operation < operations; operation += 1) {
      monitor.record('operation_duration_ms', 1_000, { type: `T${type}`, operation: `o${operation}` });
    }
  }
  await store.measures.add(monitor.collect());
  // Another process, other labels: the store has no room for them, either.
  for (let type = 0; type < 10; type += 1) monitor.record('operation_duration_ms', 1_000, { type: `U${type}` });
  await store.measures.add(monitor.collect());
  const document = await metrics({ store });
  const series = document.series.filter(({ name }) => name === 'operation_duration_ms');
  expect(series).toHaveLength(MOST_SERIES + 1);
  const total = series.reduce((sum, one) => sum + (one.kind === 'distribution' ? one.count : 0), 0);
  expect(total).toBe(types * operations + 10);
  const beyond = types * operations - MOST_SERIES + 10;
  expect(
    series.find(({ labels }) => labels['otel_metric_overflow'] === OVERFLOW['otel_metric_overflow']),
  ).toMatchObject({
    count: beyond,
  });
  const text = openMetrics(document);
  expect(text).toContain(`assent_overflow_records_total{metric="operation_duration_ms"} ${beyond}\n`);
  expect(text).toContain(`assent_operation_duration_seconds_count{otel_metric_overflow="true"} ${beyond}\n`);
});

test('labels beyond the limit cost no memory of their own', () => {
  const monitor = new Monitor({ clock: new VirtualClock(), mostSeries: 1 });
  monitor.record('took_ms', 1, { of: 'first' });
  const folded = monitor.series('took_ms', { of: 'second' });
  for (let of = 0; of < 100; of += 1) expect(monitor.series('took_ms', { of: String(of) })).toBe(folded);
  expect(monitor.series('took_ms', { of: 'first' })).not.toBe(folded);
});
