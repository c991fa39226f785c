// What every table must do: conditions, atomicity, order and pages, time to live, limits. The property at the end holds
// it against an oracle that keeps a list and looks at all of it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Action,
  type Condition,
  ConditionFailed,
  type Item,
  type ItemKey,
  itemsOf,
  MOST_ACTIONS,
  MOST_BYTES,
  MOST_KEY_BYTES,
  retried,
  type Table,
} from '../../src/adapters/table/table.ts';
import { paged, type StoreModule, worldOf } from './world.ts';

const A: ItemKey = { pk: 'p', sk: 'a' };
const B: ItemKey = { pk: 'p', sk: 'b' };
const item = (key: ItemKey, fields: Item['fields'] = {}, more: Partial<Item> = {}): Item => ({
  ...key,
  fields,
  ...more,
});

export function tableContract(module: StoreModule): void {
  describe('table', () => {
    const world = worldOf(module);

    test('an item comes back as it was put, to everyone who opens the table', async () => {
      const [one, other] = [await world.openTable(), await world.openTable()];
      const put = item(A, { text: '', number: -1.5, large: Number.MAX_SAFE_INTEGER }, { body: 'b\0ö\u{1F600}' });
      expect(await one.get(A)).toBeUndefined();
      await one.write([{ put }]);
      expect(await one.get(A)).toEqual(put);
      expect(await other.get(A)).toEqual(put);
      expect(await other.get({ ...A, pk: 'q' })).toBeUndefined();
      await other.write([{ put: item(A) }]);
      expect(await one.get(A)).toEqual(item(A));
      await one.write([{ delete: A }, { delete: B }]);
      expect(await other.get(A)).toBeUndefined();
    });

    test('what was read can be changed without changing what is kept', async () => {
      const table = await world.openTable();
      const put = item(A, { n: 1 });
      await table.write([{ put }]);
      (put.fields as Record<string, number>)['n'] = 2;
      ((await table.get(A))?.fields as Record<string, number>)['n'] = 3;
      ((await table.query('p', { prefix: '', limit: 9 })).items[0]?.fields as Record<string, number>)['n'] = 4;
      expect(await table.get(A)).toEqual(item(A, { n: 1 }));
    });

    test('an update sets and removes fields and leaves the rest and the body alone', async () => {
      const table = await world.openTable();
      await table.write([{ put: item(A, { n: 1, keep: 'k', gone: 'g' }, { body: 'text', expiresAt: 1e10 }) }]);
      await table.write([{ update: A, set: { n: 2, gone: null, 'never-there': null, more: 'm' }, if: { n: 1 } }]);
      expect(await table.get(A)).toEqual(item(A, { n: 2, keep: 'k', more: 'm' }, { body: 'text', expiresAt: 1e10 }));
    });

    const CONDITIONS: [string, Item | undefined, Condition, boolean][] = [
      ['absent, and nothing is there', undefined, 'absent', true],
      ['absent, and something is there', item(A), 'absent', false],
      ['any, and nothing is there', undefined, {}, false],
      ['any, and something is there', item(A), {}, true],
      ['a value that it has', item(A, { n: 1, s: 'x' }), { n: 1 }, true],
      ['all values that it has', item(A, { n: 1, s: 'x' }), { n: 1, s: 'x' }, true],
      ['another value', item(A, { n: 1 }), { n: 2 }, false],
      ['one right and one wrong value', item(A, { n: 1, s: 'x' }), { n: 1, s: 'y' }, false],
      ['a text for a number', item(A, { n: 1 }), { n: '1' }, false],
      ['a field that it lacks', item(A), { n: 0 }, false],
      ['an empty text that it has', item(A, { s: '' }), { s: '' }, true],
      ['an empty text that it lacks', item(A), { s: '' }, false],
    ];

    test.each(CONDITIONS)('condition: %s', async (_, before, condition, passes) => {
      const table = await world.openTable();
      const other = item(B, { before: 1 });
      const state = async () => [await table.get(A), await table.get(B)];
      const tried: Action[] = [
        { put: item(A, { put: 1 }), if: condition },
        { delete: A, if: condition },
        { check: A, if: condition },
      ];
      if (condition !== 'absent') tried.push({ update: A, set: { set: 1 }, if: condition });
      for (const action of tried) {
        await table.write([before === undefined ? { delete: A } : { put: before }, { put: other }]);
        // In the middle, so that there is something to undo before and behind.
        const actions: Action[] = [{ put: item(B, { after: 1 }) }, action, { put: item({ pk: 'p', sk: 'c' }) }];
        if (passes) {
          await table.write(actions);
          expect(await table.get(B)).toEqual(item(B, { after: 1 }));
          await table.write([{ delete: { pk: 'p', sk: 'c' } }]);
        } else {
          const unchanged = await state();
          await expect(table.write(actions)).rejects.toThrow(ConditionFailed);
          expect(await state()).toEqual(unchanged);
          expect(await table.get({ pk: 'p', sk: 'c' })).toBeUndefined();
        }
      }
    });

    test('of two writes under one condition exactly one is done, and the other says so', async () => {
      const [one, other] = [await world.openTable(), await world.openTable()];
      const claims = await Promise.allSettled([
        one.write([{ put: item(A, { by: 1 }), if: 'absent' }]),
        other.write([{ put: item(A, { by: 2 }), if: 'absent' }]),
      ]);
      expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const winner = claims[0].status === 'fulfilled' ? 1 : 2;
      expect(await one.get(A)).toEqual(item(A, { by: winner }));
    });

    test('counting by condition counts everyone', async () => {
      const tables = [await world.openTable(), await world.openTable(), await world.openTable()];
      const count = (table: Table) =>
        retried(async () => {
          const n = Number((await table.get(A))?.fields['n'] ?? 0);
          await table.write([{ put: item(A, { n: n + 1 }), if: n === 0 ? 'absent' : { n } }]);
        });
      await Promise.all(Array.from({ length: 30 }, (_, at) => count(tables[at % 3] as Table)));
      expect((await tables[0]?.get(A))?.fields['n']).toBe(30);
    });

    test('an item whose time is over is read by nobody and in nobody’s way', async () => {
      const table = await world.openTable();
      const until = world.now / 1_000 + 10;
      await table.write([{ put: item(A, { n: 1 }, { expiresAt: until }) }, { put: item(B) }]);
      world.now += 9_999;
      expect(await table.get(A)).toEqual(item(A, { n: 1 }, { expiresAt: until }));
      world.now += 1;
      expect(await table.get(A)).toBeUndefined();
      expect((await table.query('p', { prefix: '', limit: 5 })).items).toEqual([item(B)]);
      await expect(table.write([{ check: A, if: { n: 1 } }])).rejects.toThrow(ConditionFailed);
      await expect(table.write([{ update: A, set: { n: 2 }, if: {} }])).rejects.toThrow(ConditionFailed);
      await table.write([{ put: item(A, { n: 3 }), if: 'absent' }]);
      expect(await table.get(A)).toEqual(item(A, { n: 3 }));
    });

    test('pages hold no expired item’s place: they are as full as they can be and end', async () => {
      const table = await world.openTable();
      const sk = (n: number) => String(n).padStart(3, '0');
      for (let n = 0; n < 30; n += 1) {
        const expiresAt = world.now / 1_000 + (n % 3 === 0 ? 1 : 1_000);
        await table.write([{ put: item({ pk: 'p', sk: sk(n) }, {}, { expiresAt }) }]);
      }
      world.now += 2_000;
      const found = await paged(4, (after) => table.query('p', { prefix: '', after, limit: 4 }));
      expect(found.map((one) => one.sk)).toEqual(
        Array.from({ length: 30 }, (_, n) => n)
          .filter((n) => n % 3 !== 0)
          .map(sk),
      );
    });

    test('every item of a partition, however many pages, and of no other', async () => {
      const table = await world.openTable();
      const sks = Array.from({ length: 250 }, (_, n) => String(n).padStart(3, '0'));
      for (let at = 0; at < sks.length; at += MOST_ACTIONS) {
        await table.write(sks.slice(at, at + MOST_ACTIONS).map((sk) => ({ put: item({ pk: 'p', sk }) })));
      }
      await table.write([{ put: item({ pk: 'pp', sk: '000' }) }]);
      const all: string[] = [];
      for await (const { sk } of itemsOf(table, 'p', { prefix: '' })) all.push(sk);
      expect(all).toEqual(sks);
    });

    test('what no key can be is not there, and asking for it is no mistake', async () => {
      const table = await world.openTable();
      await table.write([{ put: item(A) }]);
      for (const key of [
        { pk: 'p'.repeat(2_049), sk: 'a' },
        { pk: 'p', sk: 'ö'.repeat(513) },
        { pk: 'p', sk: '' },
      ]) {
        expect(await table.get(key)).toBeUndefined();
      }
      expect(await table.query('p'.repeat(2_049), { prefix: '', limit: 5 })).toEqual({ items: [] });
      expect(await table.query('p', { prefix: 'a'.repeat(1_025), limit: 5 })).toEqual({ items: [] });
    });

    describe('limits', () => {
      const put = (n: number): Action => ({ put: item({ pk: 'p', sk: `${n}` }) });

      test.each<[string, Action[], RegExp]>([
        ['no action', [], /0 actions/],
        ['a hundred and one', Array.from({ length: 101 }, (_, n) => put(n)), /101 actions/],
        ['two on one item', [put(1), { check: { pk: 'p', sk: '1' }, if: 'absent' }], /two actions on one item/],
        ['too large an item', [put(1), { put: item(A, {}, { body: 'x'.repeat(MOST_BYTES) }) }], /bytes/],
        ['too large by bytes', [{ put: item(A, {}, { body: 'ö'.repeat(MOST_BYTES / 2) }) }], /bytes/],
        ['an empty key', [{ put: item({ pk: 'p', sk: '' }) }], /a sk of 0 bytes/],
        ['a long sort key', [{ delete: { pk: 'p', sk: 'ö'.repeat(MOST_KEY_BYTES.sk / 2 + 1) } }], /a sk of/],
        ['a long partition key', [{ check: { pk: 'p'.repeat(2_049), sk: 'a' }, if: 'absent' }], /a pk of/],
      ])('%s: refused, and nothing is written', async (_, actions, message) => {
        const table = await world.openTable();
        await expect(table.write(actions)).rejects.toThrow(message);
        expect((await table.query('p', { prefix: '', limit: 5 })).items).toEqual([]);
      });

      test('a hundred actions are one write, and the last one can undo all', async () => {
        const table = await world.openTable();
        const puts = Array.from({ length: 99 }, (_, n) => put(n));
        await expect(table.write([...puts, { check: A, if: {} }])).rejects.toThrow(ConditionFailed);
        expect((await table.query('p', { prefix: '', limit: 5 })).items).toEqual([]);
        await table.write([...puts, { check: A, if: 'absent' }]);
        expect(await paged(50, (after) => table.query('p', { prefix: '', after, limit: 50 }))).toHaveLength(99);
      });

      test('an item just below the limit comes back whole', async () => {
        const table = await world.openTable();
        const large = item(A, {}, { body: 'x'.repeat((module.mostBodyBytes ?? MOST_BYTES) - 10) });
        await table.write([{ put: large }]);
        expect(await table.get(A)).toEqual(large);
      });
    });

    test('whatever is written, every key, prefix, direction and page reads as a sorted list would', async () => {
      // Few characters, so that keys are prefixes of each other; from every length of UTF-8, and its ends.
      const unit = fc.constantFrom(
        'a',
        'b',
        '|',
        '\0',
        '\x7f',
        '\x80',
        'é',
        '\u07ff',
        '€',
        '\uffff',
        '😀',
        '\u{10ffff}',
      );
      const sk = fc.string({ unit, minLength: 1, maxLength: 4 });
      const fields = fc.constantFrom<Item['fields']>({}, { n: 1 }, { n: 2, s: 'x' });
      const condition = fc.option(fc.constantFrom<Condition>('absent', {}, { n: 1 }), { nil: undefined });
      const action = fc.oneof(
        fc.tuple(sk, fields, condition).map(([sk, fields, when]) => ({ kind: 'put' as const, sk, fields, when })),
        fc.tuple(sk, condition).map(([sk, when]) => ({ kind: 'delete' as const, sk, when })),
        fc.tuple(sk).map(([sk]) => ({ kind: 'update' as const, sk })),
      );
      const writes = fc.array(fc.uniqueArray(action, { selector: ({ sk }) => sk, minLength: 1, maxLength: 6 }), {
        maxLength: 12,
      });
      const prefix = fc.string({ unit, maxLength: 2 });
      const looks = fc.array(fc.tuple(prefix, fc.option(sk, { nil: undefined }), fc.integer({ min: 1, max: 4 })), {
        maxLength: 6,
      });
      const table = await world.openTable();
      let count = 0;
      await fc.assert(
        fc.asyncProperty(writes, looks, async (writes, looks) => {
          count += 1;
          const pk = `p${count}`;
          let oracle: Item[] = [];
          for (const wanted of writes) {
            const actions = wanted.map((one): Action => {
              const key = { pk, sk: one.sk };
              if (one.kind === 'update') return { update: key, set: { n: 7 }, if: { n: 1 } };
              const when = one.when === undefined ? {} : { if: one.when };
              return one.kind === 'put' ? { put: { ...key, fields: one.fields }, ...when } : { delete: key, ...when };
            });
            const next = written(oracle, actions);
            if (next === undefined) await expect(table.write(actions)).rejects.toThrow(ConditionFailed);
            else await table.write(actions);
            oracle = next ?? oracle;
          }
          for (const [prefix, after, limit] of [...looks, ['', undefined, 3] as const]) {
            for (const newestFirst of [false, true]) {
              const sorted = [...oracle].sort((x, y) => bytes(x.sk, y.sk) * (newestFirst ? -1 : 1));
              const expected = sorted.filter(
                (one) =>
                  one.sk.startsWith(prefix) &&
                  (after === undefined || bytes(one.sk, after) * (newestFirst ? -1 : 1) > 0),
              );
              const found = await paged(limit, (next) =>
                table.query(pk, { prefix, after: next ?? after, limit, newestFirst }),
              );
              expect(found).toEqual(expected);
            }
          }
          for (const { sk } of oracle) expect((await table.get({ pk, sk }))?.sk).toBe(sk);
        }),
        { numRuns: 150 },
      );
    });
  });
}

/** The items after a write, or `undefined` where a condition does not hold: the slow, obvious way. */
function written(before: readonly Item[], actions: readonly Action[]): Item[] | undefined {
  const find = (sk: string) => before.find((one) => one.sk === sk);
  const changed = new Map<string, Item | undefined>();
  for (const action of actions) {
    const { sk } =
      'put' in action
        ? action.put
        : 'update' in action
          ? action.update
          : 'delete' in action
            ? action.delete
            : action.check;
    const found = find(sk);
    const wanted = action.if;
    if (wanted === 'absent' && found !== undefined) return undefined;
    if (typeof wanted === 'object') {
      if (found === undefined) return undefined;
      for (const name of Object.keys(wanted)) if (found.fields[name] !== wanted[name]) return undefined;
    }
    if ('put' in action) changed.set(sk, action.put);
    if ('delete' in action) changed.set(sk, undefined);
    if ('update' in action && found !== undefined) changed.set(sk, { ...found, fields: { ...found.fields, n: 7 } });
  }
  const kept = before.filter(({ sk }) => !changed.has(sk));
  return [...kept, ...[...changed.values()].filter((one) => one !== undefined)];
}

function bytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
