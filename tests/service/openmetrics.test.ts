// What we expose, read by the parser that Prometheus' maintainers publish (prometheus_client): it takes everything, and
// understands the values that we meant.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { MOST_SERIES } from '../../src/app/measure/bounded.ts';
import { openMetrics } from '../../src/app/measure/openmetrics.ts';
import { type MetricsDocument, metrics, type SeriesDocument } from '../../src/app/metrics.ts';
import { Monitor } from '../../src/index.ts';
import { SIGNED } from './support/call.ts';
import { checksPython } from './support/scripts.ts';

interface Family {
  name: string;
  type: string;
  unit: string;
  samples: [name: string, labels: Record<string, string>, value: number][];
}

type Parsed = { families: Family[]; refused?: undefined } | { families?: undefined; refused: string };

const PARSER = join(import.meta.dirname, '../support/openmetrics-parser.py');

function parsed(...texts: string[]): Parsed[] {
  const input = JSON.stringify(texts);
  const { status, stdout, stderr } = spawnSync(checksPython(), [PARSER], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Parsed[];
}

/** How the series of a metric are to read outside, said anew. */
function meant({ series }: MetricsDocument): Family[] {
  const families = new Map<string, Family>();
  for (const one of series) {
    const [, stem = one.name, suffix] = /^(.*)_(ms|us|bytes|ratio)$/.exec(one.name) ?? [];
    const unit = { ms: 'seconds', us: 'seconds', bytes: 'bytes', ratio: 'ratio' }[suffix ?? ''] ?? '';
    const factor = { ms: 1_000, us: 1_000_000 }[suffix ?? ''] ?? 1;
    const name = `assent_${stem}${unit === '' ? '' : `_${unit}`}`;
    const type = { distribution: 'histogram', counter: 'counter', maximum: 'gauge' }[one.kind];
    const family = families.get(name) ?? { name, type, unit, samples: [] };
    families.set(name, family);
    family.samples.push(...samplesOf(one, name, factor));
  }
  return [...families.values()];
}

function samplesOf(one: SeriesDocument, name: string, factor: number): Family['samples'] {
  const { labels } = one;
  if (one.kind !== 'distribution') {
    return [[one.kind === 'counter' ? `${name}_total` : name, labels, one.value / factor]];
  }
  return [
    ...(one.buckets ?? []).map(({ le, count }): Family['samples'][number] => [
      `${name}_bucket`,
      { ...labels, le: String(le / factor) },
      count,
    ]),
    [`${name}_bucket`, { ...labels, le: '+Inf' }, one.count],
    [`${name}_count`, labels, one.count],
    [`${name}_sum`, labels, one.sum / factor],
  ];
}

/** Numbers to twelve digits, those in `le` too, so that binary fractions are none of it; in one order. */
function comparable(families: readonly Family[]): unknown {
  const digits = (value: number) => Number(value.toPrecision(12));
  return families.map(({ samples, ...about }) => ({
    ...about,
    samples: samples
      .map(([name, { le, ...labels }, value]) => [
        name,
        JSON.stringify(Object.entries(labels).toSorted()),
        le === undefined || le === '+Inf' ? (le ?? '') : String(digits(Number(le))),
        digits(value),
      ])
      .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
  }));
}

function expectRead(documents: readonly MetricsDocument[]): void {
  const read = parsed(...documents.map(openMetrics));
  for (const [at, document] of documents.entries()) {
    const { families, refused } = read[at] as Parsed;
    expect(refused, openMetrics(document).slice(0, 2_000)).toBeUndefined();
    expect(comparable(families ?? [])).toEqual(comparable(meant(document)));
  }
}

/** The document of what a process has measured. */
async function documentOf(measure: (monitor: Monitor) => void): Promise<MetricsDocument> {
  const monitor = new Monitor();
  measure(monitor);
  const items = monitor.collect();
  return metrics({ store: { measures: { list: async () => ({ items }) } as never } });
}

// Exact in binary, so that sums are.
const value = fc.oneof(
  fc.nat(1_000_000).map((n) => n / 8),
  fc.nat(10_000),
  fc.constant(0),
);
const labels = fc.dictionary(
  fc.constantFrom('type', 'code', 'endpoint', 'A_1', '_x'),
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '\\', '"', '\n', '\\n', 'a\\"b\nc', '{x="y"} 1', '# EOF', '\r', '\t'),
  ),
  { maxKeys: 3 },
);
const record = fc.record({
  kind: fc.constantFrom('distribution', 'counter', 'maximum'),
  name: fc.constantFrom('a_ms', 'b_us', 'c_bytes', 'd_ratio', 'e', 'runs', 'queueing_ms'),
  labels,
  values: fc.array(value, { minLength: 1, maxLength: 20 }),
});

test('whatever is measured is read as it was meant', async () => {
  // One call of the parser for all: its start takes longest.
  const cases = fc.sample(fc.array(record, { maxLength: 12 }), { numRuns: 200, seed: 7 });
  const documents = await Promise.all(
    cases.map((records) =>
      documentOf((monitor) => {
        for (const { kind, name, labels, values } of records) {
          // A name is of one kind.
          const own = `${kind}_${name}`;
          for (const value of values) {
            if (kind === 'distribution') monitor.record(own, value, labels);
            else if (kind === 'counter') monitor.counter(own, labels).add(value);
            else monitor.maximum(own, labels).record(value);
          }
        }
      }),
    ),
  );
  expect(documents.filter(({ series }) => series.length > 3).length).toBeGreaterThan(50);
  expectRead(documents);
});

test('the folded series of a metric with too many, and what was folded', async () => {
  const document = await documentOf((monitor) => {
    for (let n = 0; n < MOST_SERIES + 50; n += 1) monitor.record('call_duration_ms', n, { type: `T${n}` });
  });
  expect(document.series.map(({ labels }) => labels)).toContainEqual({ otel_metric_overflow: 'true' });
  expect(document.series).toContainEqual(expect.objectContaining({ name: 'overflow_records', value: 50 }));
  expectRead([document]);
});

test('nothing at all, and distributions of nothing or without buckets', () => {
  const nothing = { count: 0, sum: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 };
  const one = (more: object): MetricsDocument => ({
    version: 1,
    kind: 'metrics',
    series: [{ name: 'a_ms', labels: {}, kind: 'distribution', ...nothing, ...more }],
  });
  const zeros = [1, 10, 1_000].map((le) => ({ le, count: 0 }));
  expectRead([{ version: 1, kind: 'metrics', series: [] }, one({}), one({ buckets: [] }), one({ buckets: zeros })]);
});

test('what the installed service exposes', async () => {
  const answer = await fetch(`${inject('service')}/metrics`, { headers: SIGNED });
  expect(answer.headers.get('content-type')).toMatch(/^application\/openmetrics-text/);
  const [read] = parsed(await answer.text()) as [Parsed];
  expect(read.refused).toBeUndefined();
});

test('a damaged exposition is refused: the parser looks', async () => {
  const text = openMetrics(
    await documentOf((monitor) => {
      for (const ms of [3, 30, 300]) monitor.record('call_duration_ms', ms, { type: 'a' });
      monitor.counter('runs', { outcome: 'x' }).add(2);
    }),
  );
  const damages: Record<string, (text: string) => string> = {
    'no end': (text) => text.replace('# EOF\n', ''),
    'a quote that ends too early': (text) => text.replace('outcome="x"', 'outcome="x"y"'),
    'no number': (text) => text.replace(/(_total\S*) 2/, '$1 two'),
    'a counter without suffix': (text) => text.replace('_total', ''),
    'a unit that is no suffix': (text) => text.replace(/(# UNIT \S+) seconds/, '$1 bytes'),
    'buckets that shrink': (text) => text.replace(/(le="0.05"\}) \d+/, '$1 9'),
    'no last bucket': (text) => text.replace(/.*le="\+Inf".*\n/, ''),
    'a count that is not the last bucket': (text) => text.replace(/(_count\S*) 3/, '$1 4'),
    'a family in two pieces': (text) => text.replace('# EOF', '# TYPE assent_call_duration_seconds histogram\n# EOF'),
    'a label twice': (text) => text.replace('outcome="x"', 'outcome="x",outcome="x"'),
  };
  const damaged = Object.values(damages).map((damage) => damage(text));
  expect(damaged.filter((one) => one === text)).toEqual([]);
  const [sound, ...read] = parsed(text, ...damaged) as [Parsed, ...Parsed[]];
  expect(sound.refused).toBeUndefined();
  const taken = Object.keys(damages).filter((_, at) => read[at]?.refused === undefined);
  expect(taken).toEqual([]);
});
