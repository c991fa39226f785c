// Recording, merging, collecting, encoding, error and import cost beside sketches-js (DDSketch), hdr-histogram-js, prom-client
// (Histogram) and OpenTelemetry (exponential histogram): the same values, log-normal durations as operations have them.
import { Histogram, Registry } from 'prom-client';
import { systemClock } from '../../../src/adapters/embedded/clock.ts';
import { metricsRequest } from '../../../src/adapters/otlp/metrics.ts';
import { protobuf } from '../../../src/adapters/otlp/wire.ts';
import { Monitor } from '../../../src/app/measure/monitor.ts';
import { mergeSketches, summarizeSketch } from '../../../src/core/sketch.ts';
import type { Measured } from '../../../src/domain/metrics.ts';
import { chance, median, nanoseconds, type Row, time } from '../measure.ts';
import { ddsketch, hdrHistogram, type Opponent, openTelemetry } from '../opponents/metrics.ts';
import { bundle, node } from '../programs.ts';

const AREA = 'metrics';
const VALUES = 1 << 16;
const SERIES = 50;
const EACH = 1_000;
const QUANTILES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const IMPORTS = 9;

const all = values();

function values(): Float64Array {
  const next = chance(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Float64Array.from({ length: VALUES }, () => Math.exp(8 + 1.5 * normal()));
}

export async function run(): Promise<Row[]> {
  return [...recording(), ...merging(), ...(await collecting()), ...(await errors()), ...(await imports())];
}

function row(what: string, value: number, unit: string, runs: number, target?: Row['target']): Row {
  return { area: AREA, what, value, unit, runs, ...(target && { target }) };
}

function recording(): Row[] {
  const one = (what: string, work: (value: number) => void, target?: Row['target']): Row => {
    const each = (times: number) => {
      for (let at = 0; at < times; at++) work(all[at & (VALUES - 1)] as number);
    };
    const { median, runs } = nanoseconds(each, { warmUp: 3, runs: 15, batch: 500_000 });
    return row(`record one value, ${what}`, median, 'ns', runs, target);
  };
  const ours = new Monitor({ clock: systemClock }).series('bench_ms');
  const histogram = new Histogram({ name: 'bench_ms', help: 'x', registers: [new Registry()] });
  const telemetry = openTelemetry(1);
  return [
    one('Monitor', (value) => ours.record(value), { atMost: 20 }),
    ...[ddsketch(), hdrHistogram()].map(({ name, record }) => one(name, record)),
    one('prom-client', (value) => histogram.observe(value)),
    one('OpenTelemetry', (value) => telemetry.record(value)),
  ];
}

/** Another thousand values into a series that has a thousand. */
function merging(): Row[] {
  const filled = (into: Opponent, from: number) => {
    for (let n = 0; n < EACH; n++) into.record(all[from + n] as number);
    return into;
  };
  const [one, other] = [sketchOf(0), sketchOf(EACH)];
  const batch = 500;
  const merge = (what: string, work: () => unknown): Row => {
    const each = (times: number) => {
      for (let at = 0; at < times; at++) work();
    };
    const { median, runs } = nanoseconds(each, { warmUp: 3, runs: 15, batch });
    return row(`merge two series of ${EACH} values, ${what}`, median / 1_000, 'us', runs);
  };
  return [
    merge('Monitor (both encoded)', () => mergeSketches(one, other)),
    ...[ddsketch, hdrHistogram].map((make) => {
      const [into, from] = [filled(make(), 0), filled(make(), EACH)];
      return merge(into.name, () => into.merge?.(from));
    }),
  ];
}

function sketchOf(from: number): Uint8Array {
  const monitor = new Monitor({ clock: systemClock });
  for (let n = 0; n < EACH; n++) monitor.record('bench_ms', all[from + n] as number);
  const [part] = monitor.collect();
  if (part?.kind !== 'distribution') throw new Error('the monitor lost its series');
  return part.sketch;
}

async function collecting(): Promise<Row[]> {
  const fill = (put: (at: number, value: number) => void) => {
    for (let at = 0; at < SERIES; at++) for (let n = 0; n < EACH; n++) put(at, all[at * EACH + n] as number);
  };
  // Collecting empties a monitor, so each run gets a full one.
  const monitors = Array.from({ length: 63 }, () => {
    const full = new Monitor({ clock: systemClock });
    fill((at, value) => full.record('bench_ms', value, { series: String(at) }));
    return full;
  });
  const [first] = monitors;
  const [sketches, histograms] = [ddsketch, hdrHistogram].map((make) => Array.from({ length: SERIES }, () => make()));
  if (first === undefined || sketches === undefined || histograms === undefined) throw new Error('nothing to collect');
  fill((at, value) => sketches[at]?.record(value));
  fill((at, value) => histograms[at]?.record(value));
  // prom-client's own aggregation of a registry is asynchronous; what is timed is the reading of every series.
  const labelled = new Histogram({ name: 'bench_ms', help: 'x', labelNames: ['series'], registers: [new Registry()] });
  fill((at, value) => labelled.labels(String(at)).observe(value));
  const telemetry = openTelemetry(SERIES);
  fill((at, value) => telemetry.record(value, at));

  const effort = { warmUp: 32, runs: 31 };
  const collect = (what: string, work: () => unknown, target?: Row['target']): Row => {
    const { median, runs } = time(work, effort);
    return row(`collect ${SERIES} series, ${what}`, median, 'ms', runs, target);
  };
  const last = monitors.at(-1) as Monitor;
  const measured = last.collect();
  monitors.pop();
  const rows = [
    collect('Monitor (encoded)', () => monitors.pop()?.collect(), { atMost: 1 }),
    collect('sketches-js (toProto)', () => sketches.map((one) => one.encode?.())),
    collect('hdr-histogram-js (compressed)', () => histograms.map((one) => one.encode?.())),
    collect('prom-client (get)', () => void labelled.get()),
    collect('Monitor, as OTLP', () => otlp(measured)),
  ];
  // Its reading is asynchronous, so that the way through the event loop is in it.
  const times: number[] = [];
  for (let at = 0; at < effort.warmUp + effort.runs; at++) {
    const start = performance.now();
    await telemetry.encode();
    if (at >= effort.warmUp) times.push(performance.now() - start);
  }
  rows.push(row(`collect ${SERIES} series, OpenTelemetry, as OTLP`, median(times), 'ms', effort.runs));
  const bytes = (what: string, size: number) => row(`bytes of ${SERIES} series, ${what}`, size, 'bytes', 1);
  const sizes = (encoded: (Uint8Array | undefined)[]) => encoded.reduce((sum, one) => sum + (one?.length ?? 0), 0);
  rows.push(
    bytes('Monitor', sizes(measured.map((one) => (one.kind === 'distribution' ? one.sketch : undefined)))),
    bytes('sketches-js', sizes(sketches.map((one) => one.encode?.()))),
    bytes('hdr-histogram-js', sizes(histograms.map((one) => one.encode?.()))),
    bytes('Monitor, as OTLP', otlp(measured).length),
    bytes('OpenTelemetry, as OTLP', (await telemetry.encode()).length),
  );
  return rows;
}

function otlp(measured: readonly Measured[]): Uint8Array {
  return protobuf('metrics', metricsRequest(measured, {}, { startedAt: 0, at: 1, temporality: 'delta' }));
}

/** The largest relative error of the quantiles, against the sorted values. */
async function errors(): Promise<Row[]> {
  const sorted = all.toSorted();
  const worst = (found: readonly number[]) => {
    const each = QUANTILES.map((q, at) => {
      const exact = sorted[Math.max(1, Math.ceil(q * VALUES)) - 1] as number;
      return (Math.abs((found[at] as number) - exact) / exact) * 100;
    });
    return Math.max(...each);
  };
  const error = (what: string, found: readonly number[], target?: Row['target']) =>
    row(`largest relative error of ${QUANTILES.length} quantiles, ${what}`, worst(found), '%', 1, target);
  const monitor = new Monitor({ clock: systemClock });
  const telemetry = openTelemetry(1);
  const others = [ddsketch(), hdrHistogram()];
  for (const value of all) {
    monitor.record('bench_ms', value);
    telemetry.record(value);
    for (const { record } of others) record(value);
  }
  const [part] = monitor.collect();
  const summary = part?.kind === 'distribution' ? summarizeSketch(part.sketch, QUANTILES) : undefined;
  if (summary === undefined || summary.count !== VALUES) throw new Error('the sketch lost values');
  return [
    error('Monitor', summary.quantiles, { atMost: 1 }),
    ...others.map(({ name, quantile }) => error(name, QUANTILES.map(quantile))),
    error('OpenTelemetry', await telemetry.quantiles(QUANTILES)),
  ];
}

/** Processor time of loading each, a bare Node taken off; turn and turn about. */
async function imports(): Promise<Row[]> {
  const monitor = await bundle('src/app/measure/monitor.ts');
  const otlp = await bundle('src/adapters/otlp/telemetry.ts');
  const clock = '{ now: Date.now, sleep: () => new Promise(() => {}) }';
  const programs: Record<string, string> = {
    bare: '',
    Monitor: `await import(${JSON.stringify(monitor)});`,
    'Monitor, with a first collection': `const { Monitor } = await import(${JSON.stringify(monitor)});
      const one = new Monitor({ clock: ${clock} }); one.record('a', 1); one.collect();`,
    'our OTLP of metrics and spans': `await import(${JSON.stringify(otlp)});`,
    'sketches-js': "await import('@datadog/sketches-js');",
    'hdr-histogram-js': "await import('hdr-histogram-js');",
    'prom-client': "await import('prom-client');",
    'OpenTelemetry (metrics and its OTLP exporter)':
      "await import('@opentelemetry/sdk-metrics'); await import('@opentelemetry/exporter-metrics-otlp-proto');",
  };
  const spent = new Map<string, number[]>(Object.keys(programs).map((name) => [name, []]));
  for (let turn = 0; turn < IMPORTS; turn++) {
    for (const [name, program] of Object.entries(programs)) {
      const tell = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000); process.exit(0);';
      const { stdout } = await node(['--input-type=module', '--eval', `${program}\n${tell}`]);
      spent.get(name)?.push(Number(stdout));
    }
  }
  const bare = median(spent.get('bare') ?? []);
  return [...spent].flatMap(([name, times]) =>
    name === 'bare' ? [] : [row(`import, ${name}`, median(times) - bare, 'ms of CPU', IMPORTS)],
  );
}
