import { expect, test } from 'vitest';
import { Memory, MemoryTable } from '../../../../src/adapters/memory/store.ts';
import { keys } from '../../../../src/adapters/table/keys.ts';
import type { Item, Table } from '../../../../src/adapters/table/table.ts';
import { TABLE_VERSION, VersionedTable } from '../../../../src/adapters/table/versioned.ts';

const ITEM: Item = { pk: 'p', sk: 's', fields: { n: 1 } };
const said = (version: number): Item => ({ ...keys.version, fields: { version } });

function world(): { below: Table; memory: Memory } {
  const memory = new Memory();
  return { below: new MemoryTable(memory, () => 0), memory };
}

test('the first write says the version, a read says nothing', async () => {
  const { below } = world();
  const table = new VersionedTable(below);
  expect(await table.get(ITEM)).toBeUndefined();
  expect((await table.query('p', { prefix: '', limit: 1 })).items).toEqual([]);
  expect(await below.get(keys.version)).toBeUndefined();
  await table.write([{ put: ITEM }]);
  expect(await below.get(keys.version)).toEqual(said(TABLE_VERSION));
  expect(await table.get(ITEM)).toEqual(ITEM);
});

test('what was written before there was a version is read, and said to be of this one', async () => {
  const { below } = world();
  await below.write([{ put: ITEM }]);
  const table = new VersionedTable(below);
  expect(await table.get(ITEM)).toEqual(ITEM);
  await table.write([{ check: ITEM, if: { n: 1 } }]);
  expect(await below.get(keys.version)).toEqual(said(TABLE_VERSION));
});

test('an older version is raised, by whoever is first', async () => {
  const { below } = world();
  await below.write([{ put: said(TABLE_VERSION - 1) }]);
  const tables = Array.from({ length: 5 }, () => new VersionedTable(below));
  await Promise.all(tables.map((table, n) => table.write([{ put: { ...ITEM, sk: `${n}` } }])));
  expect(await below.get(keys.version)).toEqual(said(TABLE_VERSION));
  expect((await below.query('p', { prefix: '', limit: 9 })).items).toHaveLength(5);
});

test('a newer version that comes between the look and the first write is not written over', async () => {
  const { below } = world();
  const table = new VersionedTable(below);
  await table.get(ITEM);
  await below.write([{ put: said(TABLE_VERSION + 1) }]);
  await expect(table.write([{ put: ITEM }])).rejects.toMatchObject({ code: 'state_too_new', kind: 'failed' });
  expect(await below.get(ITEM)).toBeUndefined();
  expect(await below.get(keys.version)).toEqual(said(TABLE_VERSION + 1));
});

test('a newer version is refused until it is put back', async () => {
  const { below } = world();
  await below.write([{ put: ITEM }, { put: said(TABLE_VERSION + 1) }]);
  const table = new VersionedTable(below);
  for (const use of [
    () => table.get(ITEM),
    () => table.query('p', { prefix: '', limit: 1 }),
    () => table.write([{ delete: ITEM }]),
  ]) {
    await expect(use()).rejects.toMatchObject({ code: 'state_too_new' });
  }
  await below.write([{ put: said(TABLE_VERSION) }]);
  expect(await table.get(ITEM)).toEqual(ITEM);
});

test('a look that failed is tried again', async () => {
  const { below } = world();
  await below.write([{ put: ITEM }]);
  let failures = 1;
  const table = new VersionedTable({
    get: async (key) => {
      if (failures-- > 0) throw new Error('not reachable');
      return below.get(key);
    },
    query: (pk, query) => below.query(pk, query),
    write: (actions) => below.write(actions),
    close: () => below.close(),
  });
  await expect(table.get(ITEM)).rejects.toThrow('not reachable');
  expect(await table.get(ITEM)).toEqual(ITEM);
});
