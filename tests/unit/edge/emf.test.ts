// What CloudWatch reads out of the log: its own limits, and that nothing measured is missing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Monitor } from '../../../src/app/measure/monitor.ts';
import { telling } from '../../../src/app/measure/telling.ts';
import type { Measures } from '../../../src/app/ports.ts';
import { emf } from '../../../src/edge/service/emf.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const endpoint = 'aws';

// biome-ignore lint/suspicious/noExplicitAny: documents as CloudWatch reads them.
const read = (lines: string[]): any[] => lines.map((line) => JSON.parse(line));

test('a document per set of dimensions, types left out', () => {
  const monitor = new Monitor({ clock: new VirtualClock() });
  monitor.record('operation_duration_ms', 100, { endpoint, operation: 'create', type: 'AWS::SQS::Queue' });
  monitor.record('operation_duration_ms', 300, { endpoint, operation: 'create', type: 'AWS::SNS::Topic' });
  monitor.counter('runs', { endpoint, mode: 'deploy', outcome: 'succeeded' }).add();
  monitor.maximum('operations_in_flight_max', { endpoint }).record(7);
  const documents = read(emf(monitor.collect(), 5));
  expect(documents).toHaveLength(3);
  expect(documents.find(({ operation }) => operation === 'create')).toEqual({
    _aws: {
      Timestamp: 5,
      CloudWatchMetrics: [
        {
          Namespace: 'Assent',
          Dimensions: [['operation']],
          Metrics: [{ Name: 'operation_duration_ms', Unit: 'Milliseconds' }],
        },
      ],
    },
    operation: 'create',
    operation_duration_ms: { Values: [100, 300], Counts: [1, 1] },
  });
  expect(documents.find(({ outcome }) => outcome === 'succeeded')).toMatchObject({ mode: 'deploy', runs: 1 });
  expect(documents.find(({ operations_in_flight_max }) => operations_in_flight_max)).toMatchObject({
    operations_in_flight_max: { Values: [7], Counts: [1] },
  });
});

test('at most 100 values a metric, and every one of them counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 2_000 }),
      (values) => {
        const monitor = new Monitor({ clock: new VirtualClock() });
        for (const [at, value] of values.entries()) monitor.record('plan_duration_ms', value, { type: `t${at % 3}` });
        const [document] = read(emf(monitor.collect(), 0));
        const { Values, Counts } = document.plan_duration_ms;
        expect(Values.length).toBeLessThanOrEqual(100);
        expect(Counts.length).toBe(Values.length);
        expect(Counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(values.length);
        const largest = Math.max(...values);
        expect(Math.abs(Values.at(-1) - largest)).toBeLessThanOrEqual(0.01 * largest);
      },
    ),
    { numRuns: 50 },
  );
});

test('what was not kept is not told', async () => {
  const printed: string[] = [];
  const kept: unknown[] = [];
  const measures: Measures = {
    put: async (_, measured) => void kept.push(...measured),
    add: async () => {
      throw new Error('busy');
    },
    list: async () => ({ items: [] }),
    runs: async () => ({ items: [] }),
  };
  const told = telling(measures, (measured) => void printed.push(...emf(measured, 0)));
  const one = { kind: 'counter', name: 'runs', labels: {}, value: 2 } as const;
  await expect(told.add([one])).rejects.toThrow('busy');
  expect(printed).toEqual([]);
  await told.put('r', [one]);
  expect(kept).toHaveLength(1);
  expect(read(printed)).toMatchObject([{ runs: 2 }]);
});
