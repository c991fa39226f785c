// Recording and collecting beside sketches-js (DDSketch) and prom-client (Histogram): the same values, log-normal
// durations as operations have them.
import { DDSketch } from '@datadog/sketches-js';
import { Histogram, Registry } from 'prom-client';
import { systemClock } from '../../../src/adapters/embedded/clock.ts';
import { Monitor } from '../../../src/app/measure/monitor.ts';
import { summarizeSketch } from '../../../src/core/sketch.ts';
import { chance, nanoseconds, type Row, time } from '../measure.ts';

const VALUES = 1 << 16;
const SERIES = 50;
const QUANTILES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

function values(): Float64Array {
  const next = chance(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Float64Array.from({ length: VALUES }, () => Math.exp(8 + 1.5 * normal()));
}

export function run(): Row[] {
  const area = 'metrics';
  const all = values();
  const each = (record: (value: number) => void) => (times: number) => {
    for (let at = 0; at < times; at++) record(all[at & (VALUES - 1)] as number);
  };
  const monitor = new Monitor({ clock: systemClock });
  const ours = monitor.series('bench_ms');
  const sketch = new DDSketch({ relativeAccuracy: 0.01 });
  const registry = new Registry();
  const histogram = new Histogram({ name: 'bench_ms', help: 'x', registers: [registry] });
  const record = (what: string, work: (value: number) => void, target?: Row['target']): Row => {
    const { median, runs } = nanoseconds(each(work), { warmUp: 3, runs: 15, batch: 500_000 });
    return { area, what: `record one value, ${what}`, value: median, unit: 'ns', runs, ...(target && { target }) };
  };
  const rows = [
    record('Monitor', (value) => ours.record(value), { atMost: 20 }),
    record('sketches-js', (value) => sketch.accept(value)),
    record('prom-client', (value) => histogram.observe(value)),
  ];

  const fill = <T>(make: (at: number) => T, put: (into: T, value: number) => void) =>
    Array.from({ length: SERIES }, (_, at) => {
      const into = make(at);
      for (let n = 0; n < 1_000; n++) put(into, all[at * 1_000 + n] as number);
      return into;
    });
  // Collecting empties a monitor, so each run gets a full one.
  const monitors = Array.from({ length: 63 }, () => {
    const full = new Monitor({ clock: systemClock });
    fill(
      (at) => full.series('bench_ms', { series: String(at) }),
      (into, value) => into.record(value),
    );
    return full;
  });
  const sketches = fill(
    () => new DDSketch({ relativeAccuracy: 0.01 }),
    (into, value) => into.accept(value),
  );
  // prom-client's own aggregation of a registry is asynchronous; what is timed is the reading of every series.
  const labelled = new Registry();
  const histograms = new Histogram({ name: 'bench_ms', help: 'x', labelNames: ['series'], registers: [labelled] });
  fill(
    (at) => histograms.labels(String(at)),
    (into, value) => into.observe(value),
  );
  const collect = (
    what: string,
    work: () => unknown,
    effort: { warmUp: number; runs: number },
    target?: Row['target'],
  ): Row => {
    const { median, runs } = time(work, effort);
    return {
      area,
      what: `collect ${SERIES} series, ${what}`,
      value: median,
      unit: 'ms',
      runs,
      ...(target && { target }),
    };
  };
  const effort = { warmUp: 32, runs: 31 };
  rows.push(
    collect('Monitor (encoded)', () => monitors.pop()?.collect(), effort, { atMost: 1 }),
    collect('sketches-js (toProto)', () => sketches.map((one) => one.toProto()), effort),
    collect('prom-client (get)', () => void histograms.get(), effort),
  );
  rows.push(...errors(area, all));
  return rows;
}

/** The largest relative error of the quantiles, against the sorted values. */
function errors(area: string, all: Float64Array): Row[] {
  const sorted = all.toSorted();
  const monitor = new Monitor({ clock: systemClock });
  const series = monitor.series('bench_ms');
  for (const value of all) series.record(value);
  const [part] = monitor.collect();
  const summary = part?.kind === 'distribution' ? summarizeSketch(part.sketch, QUANTILES) : undefined;
  if (summary === undefined || summary.count !== VALUES) throw new Error('the sketch lost values');
  const worst = QUANTILES.map((q, at) => {
    const exact = sorted[Math.max(1, Math.ceil(q * VALUES)) - 1] as number;
    return (Math.abs((summary.quantiles[at] as number) - exact) / exact) * 100;
  });
  const what = `largest relative error of ${QUANTILES.length} quantiles`;
  return [{ area, what, value: Math.max(...worst), unit: '%', target: { atMost: 1 }, runs: 1 }];
}
