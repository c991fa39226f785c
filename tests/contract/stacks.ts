// What every store must do with stacks: a name in a place, as its last snapshot and the journal of its unfinished run say.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allOf, type Store, type Turn } from '../../src/app/ports.ts';
import { type StackKey, stackText } from '../../src/domain/stack.ts';
import { jsonStack } from './arbitrary.ts';
import { anEnd, aRun, aStack, aTurn, begun, HERE, key, resource, WEB } from './samples.ts';
import { paged, type StoreModule, worldOf } from './world.ts';

export function stacksContract(module: StoreModule): void {
  describe('stacks', () => {
    const world = worldOf(module);

    /** Makes a stack of nothing. */
    async function made(store: Store, stack: StackKey): Promise<void> {
      const runId = `run-of-${stackText(stack)}`;
      const lease = await begun(store, aRun(runId, stack));
      await store.runs.finish(lease, runId, 0, anEnd(runId, 'succeeded', aStack(stack)));
      await store.runs.release(lease);
    }

    test('what does not exist is undefined or empty', async () => {
      const store = await world.open();
      expect(await store.stacks.get(WEB)).toBeUndefined();
      expect(await store.stacks.list()).toEqual({ items: [] });
      expect(await store.stacks.named('web')).toEqual({ items: [] });
    });

    test('the incarnation grows with every run that begins, and outlives the stack', async () => {
      const [store, other] = [await world.open(), await world.open()];
      expect(await store.stacks.incarnation(WEB)).toBe(0);
      await made(store, WEB);
      expect(await other.stacks.incarnation(WEB)).toBe(1);
      expect(await store.stacks.incarnation({ ...WEB, region: 'eu-west-1' })).toBe(0);
      const gone = { ...aRun('gone'), base: (await store.stacks.get(WEB))?.snapshot ?? '' };
      const lease = await begun(store, gone);
      await store.runs.finish(lease, 'gone', 0, anEnd('gone', 'succeeded', 'gone'));
      expect(await store.stacks.get(WEB)).toBeUndefined();
      expect(await other.stacks.incarnation(WEB)).toBe(2);
    });

    test('one that was begun is there for everyone, with its run', async () => {
      const [one, other] = [await world.open(), await world.open()];
      await begun(one);
      for (const { stacks } of [one, other]) {
        const { snapshot, ...record } = (await stacks.get(WEB)) ?? {};
        expect(record).toEqual({ ...aStack(), lastRun: 'r1', unfinished: 'r1' });
        expect(snapshot).toMatch(/^[0-9a-f]{64}$/);
        expect((await stacks.list()).items).toEqual([{ key: WEB, lastRun: 'r1', unfinished: 'r1', snapshot }]);
      }
    });

    test('one name in two regions, accounts or clouds are different stacks', async () => {
      const store = await world.open();
      const keys = [
        WEB,
        { ...WEB, region: 'eu-west-1' },
        { ...WEB, account: '222222222222' },
        { ...WEB, endpoint: 'http://localhost' },
      ];
      for (const stack of keys) await made(store, stack);
      await made(store, key('web-2'));
      await made(store, key('we'));
      const named = await store.stacks.named('web');
      expect(named.items.map((head) => stackText(head.key)).sort()).toEqual(keys.map(stackText).sort());
      for (const stack of keys) expect((await store.stacks.get(stack))?.key).toEqual(stack);
      const lease = await begun(store, { ...aRun('gone'), base: (await store.stacks.get(WEB))?.snapshot ?? '' });
      await store.runs.finish(lease, 'gone', 0, anEnd('gone', 'succeeded', 'gone'));
      expect((await store.stacks.named('web')).items).toHaveLength(3);
      expect(await store.stacks.get(WEB)).toBeUndefined();
      expect((await store.stacks.list()).items).toHaveLength(5);
    });

    test('of hundreds, every one is in some page, by place and name', async () => {
      const store = await world.open();
      const keys = Array.from({ length: 130 }, (_, n) => ({
        ...HERE,
        region: n % 2 === 0 ? 'eu-west-1' : 'us-east-1',
        name: `s${String(n).padStart(3, '0')}`,
      }));
      for (const stack of keys) await made(store, stack);
      const texts = keys.map(stackText).sort();
      const some = await paged(9, (next) => store.stacks.list({ next, limit: 9 }));
      expect(some.map((head) => stackText(head.key))).toEqual(texts);
      const all = [];
      for await (const head of allOf((next) => store.stacks.list({ next }))) all.push(stackText(head.key));
      expect(all).toEqual(texts);
    });

    test('is what its snapshot and its unfinished run say, and the same when that has ended', async () => {
      const store = await world.open();
      const lease = await begun(store);
      const first: Turn = { entries: [], record: ['B', 'A', 'C'].map((id) => resource(id, 1)), forget: [] };
      const second: Turn = { entries: [], record: [resource('A', 2)], forget: ['B', 'never-there'] };
      await store.runs.append(lease, 'r1', 0, first);
      await store.runs.append(lease, 'r1', 1, second);
      const record = await store.stacks.get(WEB);
      expect(record?.state.resources).toEqual([resource('A', 2), resource('C', 1)]);
      await store.runs.finish(lease, 'r1', 2, anEnd('r1', 'failed', record));
      const after = await store.stacks.get(WEB);
      expect(after?.state).toEqual(record?.state);
      expect(after?.unfinished).toBeUndefined();
      expect(after?.snapshot).not.toBe(record?.snapshot);
    });

    test('a resource both forgotten and recorded in one turn is kept, for it exists', async () => {
      const store = await world.open();
      const lease = await begun(store);
      await store.runs.append(lease, 'r1', 0, { entries: [], record: [resource('A', 1)], forget: [] });
      await store.runs.append(lease, 'r1', 1, { entries: [], record: [resource('A', 2)], forget: ['A'] });
      expect((await store.stacks.get(WEB))?.state.resources).toEqual([resource('A', 2)]);
    });

    test('a reopened run adds to the snapshot, and what it did before it was cancelled is not done again', async () => {
      const store = await world.open();
      let lease = await begun(store);
      const record = ['A', 'B'].map((id) => resource(id, 1));
      await store.runs.append(lease, 'r1', 0, { entries: [], record, forget: [] });
      const changed = { ...aStack(), state: { ...aStack().state, resources: [resource('A', 9)] } };
      await store.runs.finish(lease, 'r1', 1, anEnd('r1', 'cancelled', changed));
      await store.runs.release(lease);
      lease = await store.runs.acquire(WEB);
      await store.runs.reopen(lease, 'r1');
      expect((await store.stacks.get(WEB))?.state.resources).toEqual([resource('A', 9)]);
      await store.runs.append(lease, 'r1', 1, { entries: [], record: [resource('C', 1)], forget: ['A'] });
      expect((await store.stacks.get(WEB))?.state.resources).toEqual([resource('C', 1)]);
    });

    test('read while its run ends, at whatever instant, it shows what the run has done', async () => {
      const [worker, reader] = [await world.open(), await world.open()];
      for (let turns = 0; turns < 20; turns += 1) {
        const stack = key(`s${turns}`);
        const lease = await begun(worker, aRun(`r${turns}`, stack));
        const record = [resource('A', turns)];
        await worker.runs.append(lease, `r${turns}`, 0, { entries: [], record, forget: [] });
        const left = await worker.stacks.get(stack);
        const ending = worker.runs.finish(lease, `r${turns}`, 1, anEnd(`r${turns}`, 'succeeded', left));
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        expect((await reader.stacks.get(stack))?.state.resources).toEqual(record);
        await ending;
      }
    });

    test('two thousand resources, recorded in turns and kept by the end', async () => {
      const [one, other] = [await world.open(), await world.open()];
      const lease = await begun(one);
      const all = Array.from({ length: 2_000 }, (_, n) => ({
        ...resource(`R${String(n).padStart(4, '0')}`, n),
        applied: { text: 'x'.repeat(500) },
      }));
      for (let at = 0; at < 2_000; at += 250) {
        await one.runs.append(lease, 'r1', at / 250, { entries: [], record: all.slice(at, at + 250), forget: [] });
      }
      const record = await other.stacks.get(WEB);
      expect(record?.state.resources).toEqual(all);
      await one.runs.finish(lease, 'r1', 8, anEnd('r1', 'succeeded', record));
      expect((await other.stacks.get(WEB))?.state.resources).toEqual(all);
    });

    test('any state and outputs come back as they went in, whatever the turns did', async () => {
      const store = await world.open();
      let count = 0;
      const ids = fc.constantFrom('A', 'B', 'C', 'D');
      const turns = fc.array(fc.record({ record: fc.array(ids), forget: fc.array(ids) }), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(jsonStack, turns, async (given, turns) => {
          count += 1;
          const [stack, runId] = [key(`s${count}`), `run${count}`];
          const lease = await begun(store, aRun(runId, stack));
          // The model: every turn forgets first and records then.
          const model = new Map<string, unknown>();
          for (const [seq, { record, forget }] of turns.entries()) {
            for (const id of forget) model.delete(id);
            for (const id of record) model.set(id, resource(id, seq));
            const recorded = record.map((id) => resource(id, seq));
            await store.runs.append(lease, runId, seq, { entries: [], record: recorded, forget });
          }
          const resources = (await store.stacks.get(stack))?.state.resources;
          expect(resources).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item));
          const { state, outputs } = given;
          await store.runs.finish(lease, runId, turns.length, anEnd(runId, 'succeeded', { state, outputs }));
          const after = await store.stacks.get(stack);
          expect(canonical({ state: after?.state, outputs: after?.outputs })).toBe(canonical({ state, outputs }));
        }),
        { numRuns: 60 },
      );
    });

    test('the name of a snapshot tells whether anything changed', async () => {
      const store = await world.open();
      const snapshot = async () => (await store.stacks.get(WEB))?.snapshot;
      const lease = await begun(store);
      const fresh = await snapshot();
      await store.runs.append(lease, 'r1', 0, aTurn(1));
      expect(await snapshot()).toBe(fresh);
      await store.runs.finish(lease, 'r1', 1, anEnd('r1', 'no_changes', aStack()));
      expect(await snapshot()).toBe(fresh);
      await store.runs.submit({ ...aRun('r2'), base: fresh as string });
      expect(await store.runs.begin(lease, 'r2', world.now, aStack())).toBe(true);
      const outputs = { Url: { value: 'https://x', description: 'where', exportName: 'web-url' } };
      await store.runs.finish(lease, 'r2', 0, anEnd('r2', 'succeeded', { ...aStack(), outputs }));
      expect(await snapshot()).not.toBe(fresh);
      expect((await store.stacks.get(WEB))?.outputs).toEqual(outputs);
    });
  });
}

/** JSON with sorted keys: the order of a record's own fields is no part of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
