// What every place for measurements must do.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merged } from '../../src/app/measure/merged.ts';
import { Distribution } from '../../src/app/measure/recorder.ts';
import { allOf, type Store } from '../../src/app/ports.ts';
import { labelsKey, type Measured } from '../../src/domain/metrics.ts';
import { paged, type StoreModule, worldOf } from './world.ts';

function sketchOf(...values: number[]): Uint8Array {
  const distribution = new Distribution();
  for (const value of values) distribution.record(value);
  return distribution.drain() ?? new Uint8Array();
}

/** As a reader sees it: parts of one series merged. */
async function sum(store: Store, limit?: number): Promise<Measured[]> {
  const series = new Map<string, Measured>();
  for await (const part of allOf((next) => store.measures.list({ next, limit }))) {
    const name = `${part.name}${labelsKey(part.labels)}`;
    const before = series.get(name);
    series.set(name, before === undefined ? part : merged(before, part));
  }
  return [...series.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

const part = (value: number): Measured[] => [
  { kind: 'counter', name: 'calls', labels: { call: 'get', endpoint: 'x' }, value },
  { kind: 'maximum', name: 'in_flight', labels: {}, value },
  { kind: 'distribution', name: 'took_ms', labels: { a: '"' }, sketch: sketchOf(value) },
];

export function measuresContract(module: StoreModule): void {
  describe('measures', () => {
    const world = worldOf(module);

    test('measurements of all workers merge into one, whatever the order of their labels', async () => {
      const [one, other] = [await world.open(), await world.open()];
      expect(await sum(one)).toEqual([]);
      await one.measures.add(part(3));
      await other.measures.add(part(5));
      await one.measures.add([{ kind: 'counter', name: 'calls', labels: { endpoint: 'x', call: 'get' }, value: 1 }]);
      for (const store of [one, other]) {
        expect(await sum(store)).toEqual([
          { kind: 'counter', name: 'calls', labels: { call: 'get', endpoint: 'x' }, value: 9 },
          { kind: 'maximum', name: 'in_flight', labels: {}, value: 5 },
          { kind: 'distribution', name: 'took_ms', labels: { a: '"' }, sketch: sketchOf(3, 5) },
        ]);
      }
    });

    test('many that add at once all count', async () => {
      const stores = [await world.open(), await world.open(), await world.open()];
      await Promise.all(Array.from({ length: 30 }, (_, at) => stores[at % 3]?.measures.add(part(1))));
      expect((await sum(await world.open()))[0]).toMatchObject({ name: 'calls', value: 30 });
    });

    test('a batch with a series of another kind changes nothing', async () => {
      const store = await world.open();
      await store.measures.add(part(3));
      const before = await sum(store);
      const wrong: Measured = { kind: 'counter', name: 'took_ms', labels: { a: '"' }, value: 1 };
      await expect(store.measures.add([...part(4), wrong])).rejects.toMatchObject({ code: 'invalid_metric' });
      expect(await sum(store)).toEqual(before);
    });

    test('what a run measured counts once, however often it is put, and the last one counts', async () => {
      const [one, other] = [await world.open(), await world.open()];
      await one.measures.put('r1', part(2));
      await other.measures.put('r1', part(3));
      await Promise.all([one.measures.put('r1', part(3)), other.measures.put('r1', part(3))]);
      await one.measures.put('r2', part(4));
      await one.measures.add(part(10));
      expect(await sum(other)).toMatchObject([{ value: 17 }, { value: 10 }, { sketch: sketchOf(3, 4, 10) }]);
      await one.measures.put('r2', []);
      expect(await sum(other)).toMatchObject([{ value: 13 }, { value: 10 }, { sketch: sketchOf(3, 10) }]);
    });

    test('runs are told newest first, each part under its run, what processes measured not among them', async () => {
      const store = await world.open();
      await store.measures.add(part(10));
      for (const run of ['20260101-r1', '20260102-r2', '20260103-r3']) await store.measures.put(`${run}/0`, part(1));
      await store.measures.put('20260102-r2/77', part(2));
      const found: string[] = [];
      for await (const { runId, measured } of allOf((next) => store.measures.runs({ next, limit: 1 }))) {
        expect(measured).toHaveLength(3);
        found.push(runId);
      }
      expect(found).toEqual(['20260103-r3', '20260102-r2', '20260102-r2', '20260101-r1']);
    });

    test('a thousand series of long names are kept, and a hundred runs listed in pages', async () => {
      const store = await world.open();
      const many = Array.from(
        { length: 1_000 },
        (_, n): Measured => ({ kind: 'counter', name: 'calls', labels: { of: `${'x'.repeat(400)}${n}` }, value: n }),
      );
      await store.measures.add(many);
      await store.measures.add(many);
      for (let n = 0; n < 100; n += 1) await store.measures.put(`r${n}`, part(1));
      const found = await sum(store, 7);
      expect(found).toHaveLength(1_003);
      expect(found.find(({ labels }) => labels['of']?.endsWith('x999'))).toMatchObject({ value: 1_998 });
      expect(found.find(({ labels }) => labels['call'] === 'get')).toMatchObject({ value: 100 });
      // A page bounds sources; each of these has three series at most.
      await paged(7 * 1_000, (next) => store.measures.list({ next, limit: 7 }));
    });

    test('in whatever parts and order values arrive, by whichever worker, the sum is theirs', async () => {
      const values = fc.array(fc.record({ value: fc.integer({ min: 1, max: 1_000_000 }), at: fc.nat(2) }), {
        maxLength: 15,
      });
      await fc.assert(
        fc.asyncProperty(values, async (values) => {
          const place = await module.place();
          const stores = await Promise.all([0, 1].map(() => module.open(place, { now: () => world.now })));
          const all = new Distribution();
          for (const [index, { value, at }] of values.entries()) {
            all.record(value);
            const one: Measured[] = [{ kind: 'distribution', name: 'd_ms', labels: {}, sketch: sketchOf(value) }];
            if (at === 2) await stores[0]?.measures.put(`run${index}`, one);
            else await stores[at]?.measures.add(one);
          }
          const sketch = all.drain();
          const expected = sketch === undefined ? [] : [{ kind: 'distribution', name: 'd_ms', labels: {}, sketch }];
          expect(await sum(stores[1] as Store)).toEqual(expected);
          await Promise.all(stores.map((store) => store.close()));
          await module.remove(place);
        }),
        { numRuns: 25 },
      );
    });
  });
}
