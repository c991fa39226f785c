// `metrics --compare` over what runs have put: which rows are one run, which series are compared, and what is damaged.
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { compare } from '../../../src/app/compare.ts';
import { Distribution } from '../../../src/app/measure/recorder.ts';
import type { Measures } from '../../../src/app/ports.ts';
import type { Measured } from '../../../src/domain/metrics.ts';

function durations(type: string, values: readonly number[], operation = 'create'): Measured {
  const distribution = new Distribution();
  for (const value of values) distribution.record(value);
  const labels = { endpoint: 'aws', operation, type };
  return {
    kind: 'distribution',
    name: 'operation_duration_ms',
    labels,
    sketch: distribution.drain() ?? new Uint8Array(),
  };
}

const around = (middle: number) => [0.9, 0.95, 1, 1.05, 1.1].map((share) => middle * share);
const name = (run: number) => `20260101-${String(run).padStart(6, '0')}-x`;

async function storeOf(runs: number, parts: (run: number) => Measured[]): Promise<{ measures: Measures }> {
  const store = openMemoryStore({ now: () => 0 });
  for (let run = 0; run < runs; run += 1) await store.measures.put(`${name(run)}/0`, parts(run));
  return store;
}

test('types that have become slower come first, with both sides in milliseconds', async () => {
  const store = await storeOf(40, (run) => [
    durations('AWS::SQS::Queue', around(1_000)),
    durations('AWS::SNS::Topic', around(run >= 30 ? 3_000 : 1_000)),
    durations('AWS::SNS::Topic', around(run >= 30 ? 1_000 : 3_000), 'delete'),
    ...(run < 3 ? [durations('AWS::IAM::Role', around(10))] : []),
  ]);
  // Nothing of it belongs to a type's durations.
  await store.measures.add([{ kind: 'counter', name: 'runs', labels: { type: 'x' }, value: 1 }]);
  const { series, ...rest } = await compare({ store });
  expect(rest).toEqual({ version: 1, kind: 'metrics_comparison', alpha: 0.01, leastRatio: 1.1, grown: 1 });
  expect(series.map(({ labels, verdict }) => [labels['type'], labels['operation'], verdict])).toEqual([
    ['AWS::SNS::Topic', 'create', 'grown'],
    ['AWS::IAM::Role', 'create', 'too_few'],
    ['AWS::SQS::Queue', 'create', 'not_grown'],
    ['AWS::SNS::Topic', 'delete', 'not_grown'],
  ]);
  expect(series[0]?.before).toMatchObject({ runs: 30, operations: 150 });
  expect(series[0]?.recent).toMatchObject({ runs: 10, operations: 50 });
  expect(series[0]?.ratio).toBeCloseTo(3, 0);
  expect(Math.abs((series[0]?.recent.p95Ms ?? 0) - 3_300)).toBeLessThan(33);
});

test('a run that was interrupted is one run, whatever it has put', async () => {
  const store = await storeOf(14, () => [durations('T', around(10))]);
  await store.measures.put(`${name(13)}/77`, [durations('T', around(10))]);
  expect((await compare({ store })).series[0]).toMatchObject({
    verdict: 'too_few',
    recent: { runs: 4, operations: 25 },
  });
});

test('nothing measured compares to nothing; what is damaged is called so', async () => {
  expect((await compare({ store: openMemoryStore({ now: () => 0 }) })).series).toEqual([]);
  const store = await storeOf(1, () => [{ ...durations('T', [1]), sketch: Uint8Array.of(2) } as Measured]);
  await expect(compare({ store })).rejects.toMatchObject({ code: 'state_corrupt' });
});
