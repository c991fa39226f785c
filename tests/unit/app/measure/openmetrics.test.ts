// The exposition against a small, strict parser of the OpenMetrics 1.0 grammar, so that every scraper can read it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMetrics } from '../../../../src/app/measure/openmetrics.ts';
import type { MetricsDocument, SeriesDocument } from '../../../../src/app/metrics.ts';

interface Family {
  type: string;
  unit?: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const PAIR = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|$)/y;
const SUFFIXES: Record<string, RegExp> = { histogram: /^_(bucket|count|sum)$/, counter: /^_total$/, gauge: /^$/ };

/** Throws on anything the specification does not allow. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  if (!text.endsWith('# EOF\n')) throw new Error('no EOF');
  let current: [string, Family] | undefined;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, keyword, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'TYPE') {
      if (families.has(name)) throw new Error(`${name} is not in one piece`);
      current = [name, { type: rest, samples: [] }];
      families.set(...current);
      continue;
    }
    if (current === undefined) throw new Error(`sample before a type: ${line}`);
    const [family, about] = current;
    if (keyword !== undefined) {
      if (name !== family || about.samples.length > 0) throw new Error(`misplaced: ${line}`);
      if (keyword === 'UNIT') {
        if (!family.endsWith(`_${rest}`)) throw new Error(`unit is not the suffix: ${line}`);
        about.unit = rest;
      }
      continue;
    }
    const [, sample = '', pairs = '', value = ''] = LINE.exec(line) ?? [];
    if (!sample.startsWith(family) || SUFFIXES[about.type]?.test(sample.slice(family.length)) !== true) {
      throw new Error(`not a sample of ${family}: ${line}`);
    }
    const labels: Record<string, string> = {};
    for (let at = 0; at < pairs.length; at = PAIR.lastIndex) {
      PAIR.lastIndex = at;
      const [, label, escaped = '', end] = PAIR.exec(pairs) ?? [];
      if (label === undefined || label in labels || (end === '') !== (PAIR.lastIndex === pairs.length))
        throw new Error(`labels: ${line}`);
      labels[label] = escaped.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter));
    }
    if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value)) throw new Error(`not a number: ${line}`);
    const key = `${sample}${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    about.samples.push({ name: sample, labels, value: Number(value) });
  }
  return families;
}

const text = fc
  .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a"b', 'back\\slash', 'new\nline', '\\n', '}', ',', ''))
  .filter((one) => !/[\r\u2028\u2029]/.test(one));
const labels = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((name) => name !== 'quantile' && name !== 'le'),
  text,
  { maxKeys: 3 },
);
const size = fc.double({ min: 0, max: 1e12, noNaN: true });
const count = fc.integer({ min: 1, max: 1e9 });
const distribution = fc
  .record({
    count,
    sum: size,
    min: size,
    max: size,
    p50: size,
    p90: size,
    p99: size,
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ part, ...values }) => ({
    kind: 'distribution' as const,
    ...values,
    buckets: [
      { le: 1, count: Math.floor(part * values.count) },
      { le: 2_500, count: values.count },
    ],
  }));
const single = fc.record({ kind: fc.constantFrom('counter' as const, 'maximum' as const), value: size });

/** Sorted and grouped by name, one kind a name, as the store gives it. */
const document = fc
  .dictionary(
    fc.stringMatching(/^[b-k]{1,5}(_ms|_bytes|_ratio)?$/),
    fc.oneof(
      fc.array(fc.tuple(labels, distribution), { minLength: 1, maxLength: 3 }),
      fc
        .array(fc.tuple(labels, single), { minLength: 1, maxLength: 3 })
        .map((all) => all.map(([set, one]) => [set, { ...one, kind: all[0]?.[1].kind ?? one.kind }] as const)),
    ),
  )
  .map((families): MetricsDocument => {
    const series = Object.entries(families).flatMap(([name, all]) => {
      const different = new Map(
        all.map(([set, one]) => [JSON.stringify(Object.entries(set).sort()), [set, one] as const]),
      );
      return [...different.values()].map(([set, one]) => ({ name, labels: set, ...one }) as SeriesDocument);
    });
    return { version: 1, kind: 'metrics', series };
  });

test('every document is a valid exposition that says the same', () => {
  fc.assert(
    fc.property(document, (given) => {
      // Names that differ in their unit only would meet outside: a_ms and a_seconds cannot both be given here.
      const families = parse(openMetrics(given));
      expect(families.size).toBe(new Set(given.series.map(({ name }) => name)).size);
      for (const one of given.series) {
        const scale = one.name.endsWith('_ms') ? 1e-3 : 1;
        const name = `assent_${one.name.replace(/_ms$/, '_seconds')}`;
        const samples = families.get(name)?.samples ?? [];
        const value = (suffix: string, more: Record<string, string> = {}) =>
          samples.find(
            (sample) => sample.name === `${name}${suffix}` && same(sample.labels, { ...one.labels, ...more }),
          )?.value;
        if (one.kind !== 'distribution') near(value(one.kind === 'counter' ? '_total' : ''), one.value * scale);
        else {
          expect(value('_count')).toBe(one.count);
          near(value('_sum'), one.sum * scale);
          const [low, high] = scale === 1 ? ['1.0', '2500.0'] : ['0.001', '2.5'];
          expect(value('_bucket', { le: low })).toBe(one.buckets?.[0]?.count);
          expect(value('_bucket', { le: high })).toBe(one.count);
          expect(value('_bucket', { le: '+Inf' })).toBe(one.count);
        }
      }
    }),
  );
});

test('nothing measured is an empty exposition', () => {
  expect(openMetrics({ version: 1, kind: 'metrics', series: [] })).toBe('# EOF\n');
});

test('a duration is written as Prometheus names it', () => {
  const series: SeriesDocument[] = [
    {
      name: 'operation_duration_ms',
      labels: { operation: 'create', type: 'AWS::SQS::Queue' },
      ...{ kind: 'distribution', count: 2, sum: 600, min: 300, max: 300, p50: 300, p90: 300, p99: 300 },
      buckets: [
        { le: 100, count: 0 },
        { le: 1_000, count: 2 },
      ],
    },
  ];
  expect(openMetrics({ version: 1, kind: 'metrics', series })).toBe(`# TYPE assent_operation_duration_seconds histogram
# UNIT assent_operation_duration_seconds seconds
# HELP assent_operation_duration_seconds Time from the first intent of a successful operation to its end.
assent_operation_duration_seconds_bucket{operation="create",type="AWS::SQS::Queue",le="0.1"} 0
assent_operation_duration_seconds_bucket{operation="create",type="AWS::SQS::Queue",le="1.0"} 2
assent_operation_duration_seconds_bucket{operation="create",type="AWS::SQS::Queue",le="+Inf"} 2
assent_operation_duration_seconds_count{operation="create",type="AWS::SQS::Queue"} 2
assent_operation_duration_seconds_sum{operation="create",type="AWS::SQS::Queue"} 0.6
# EOF
`);
});

test.each([
  ['no end', '# TYPE a gauge\na 1\n'],
  ['a counter without its suffix', '# TYPE a counter\na 1\n# EOF\n'],
  ['an unescaped quote', '# TYPE a gauge\na{b="c"d"} 1\n# EOF\n'],
  ['a sample twice', '# TYPE a gauge\na 1\na 1\n# EOF\n'],
  ['a family in two pieces', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{c="1"} 1\n# EOF\n'],
])('the parser of this test refuses %s', (_, exposition) => {
  expect(() => parse(exposition)).toThrow();
});

function same(one: Record<string, string>, other: Record<string, string>): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}

function near(value: number | undefined, expected: number): void {
  expect(value).toBeDefined();
  expect(Math.abs((value ?? 0) - expected)).toBeLessThanOrEqual(1e-11 * expected);
}
