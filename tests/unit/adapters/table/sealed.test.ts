import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { localDataKeys } from '../../../../src/adapters/embedded/state-key.ts';
import { blobsIn, Memory, MemoryTable } from '../../../../src/adapters/memory/store.ts';
import type { DataKeys } from '../../../../src/adapters/table/data-keys.ts';
import { SealedTable, sealedBlobs } from '../../../../src/adapters/table/sealed.ts';
import { Sealer } from '../../../../src/adapters/table/sealer.ts';
import { MOST_BODY_BYTES } from '../../../../src/adapters/table/table.ts';
import { memoryDataKeys } from '../../../support/data-keys.ts';

const CANARY = 'canary-7f3a';
const PLACE = { pk: 'run#1', sk: 'turn#000000001' };
let now: number;
let memory: Memory;
let plain: MemoryTable;

beforeEach(() => {
  now = 1_800_000_000_000;
  memory = new Memory();
  plain = new MemoryTable(memory, () => now);
});

/** Data keys that count what they are asked. */
function counted(keys: DataKeys = memoryDataKeys()) {
  const calls = { fresh: 0, unwrapped: 0 };
  const counting: DataKeys = {
    fresh(context) {
      calls.fresh += 1;
      return keys.fresh(context);
    },
    unwrapped(wrapped, context) {
      calls.unwrapped += 1;
      return keys.unwrapped(wrapped, context);
    },
  };
  return { keys: counting, calls };
}

const sealerOf = (keys: DataKeys) => new Sealer(keys, () => now);
const put = (body: string, key = PLACE) => [{ put: { ...key, fields: { seq: 1 }, body } }];

describe('a table', () => {
  test('keeps no body in plain, but fields and what is there to be shown', async () => {
    const table = new SealedTable(plain, sealerOf(memoryDataKeys()));
    await table.write(put(CANARY));
    await table.write(put('{}', { pk: 'measures', sk: 'sum#0' }));
    await table.write([{ put: { pk: 'log', sk: 'entry#000000000', fields: {}, body: 'entry' } }]);
    const kept = await plain.get(PLACE);
    expect(kept?.body).toMatch(/^sealed:1:/);
    expect(JSON.stringify(kept)).not.toContain(CANARY);
    expect(JSON.stringify(kept)).not.toContain(Buffer.from(CANARY).toString('base64'));
    expect(kept?.fields).toEqual({ seq: 1 });
    expect((await plain.get({ pk: 'measures', sk: 'sum#0' }))?.body).toBe('{}');
    expect((await plain.get({ pk: 'log', sk: 'entry#000000000' }))?.body).toBe('entry');
    expect(await table.get(PLACE)).toEqual({ ...PLACE, fields: { seq: 1 }, body: CANARY });
    expect((await table.query(PLACE.pk, { prefix: 'turn#', limit: 10 })).items).toHaveLength(1);
  });

  test('what was kept in plain is read, and sealed when it is written again', async () => {
    await plain.write(put(CANARY));
    const table = new SealedTable(plain, sealerOf(memoryDataKeys()));
    const item = await table.get(PLACE);
    expect(item?.body).toBe(CANARY);
    if (item !== undefined) await table.write([{ put: item }]);
    expect((await plain.get(PLACE))?.body).not.toContain(CANARY);
    // A condition finds it as before.
    await table.write([{ update: PLACE, set: { seq: 2 }, if: { seq: 1 } }]);
    expect(await table.get(PLACE)).toMatchObject({ fields: { seq: 2 }, body: CANARY });
  });

  test('a body that was put in another place does not open', async () => {
    const table = new SealedTable(plain, sealerOf(memoryDataKeys()));
    await table.write(put(CANARY));
    const kept = await plain.get(PLACE);
    for (const other of [
      { pk: 'run#1', sk: 'turn#000000002' },
      { pk: 'run#2', sk: 'turn#000000001' },
      // The same characters, divided elsewhere.
      { pk: 'run#1turn', sk: '#000000001' },
    ]) {
      await plain.write(put(kept?.body ?? '', other));
      await expect(table.get(other)).rejects.toMatchObject({ code: 'state_corrupt' });
    }
  });

  test('without the key, and with another one, it is refused by name', async () => {
    const [key, other] = [randomBytes(32), randomBytes(32)].map((bytes) => localDataKeys(bytes.toString('base64')));
    if (key === undefined || other === undefined) throw new Error('no keys');
    await new SealedTable(plain, sealerOf(key)).write(put(CANARY));
    for (const table of [new SealedTable(plain, undefined), new SealedTable(plain, sealerOf(other))]) {
      await expect(table.get(PLACE)).rejects.toMatchObject({ code: 'state_sealed' });
      await expect(table.query(PLACE.pk, { prefix: '', limit: 10 })).rejects.toMatchObject({ code: 'state_sealed' });
    }
    // Another process with the same key.
    expect(await new SealedTable(plain, sealerOf(key)).get(PLACE)).toMatchObject({ body: CANARY });
  });

  test('whatever is altered of it, it does not open as something else', async () => {
    const key = localDataKeys(randomBytes(32).toString('base64'));
    const table = new SealedTable(plain, sealerOf(key));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(), async (text, at, by) => {
        await table.write(put(text));
        // A lone surrogate is none in UTF-8.
        expect((await table.get(PLACE))?.body).toBe(text.toWellFormed());
        const { body = '' } = (await plain.get(PLACE)) ?? {};
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/:=';
        const where = 'sealed:1:'.length + (at % (body.length - 'sealed:1:'.length));
        const letter = alphabet[by % alphabet.length] ?? '';
        const altered = body.slice(0, where) + letter + body.slice(where + 1);
        await plain.write(put(altered));
        const read = await table.get(PLACE).then(
          (item) => item?.body,
          (error: { code?: string }) => error.code,
        );
        // The last letter before the padding may hold bits that are none.
        expect(['state_corrupt', 'state_sealed', text.toWellFormed()]).toContain(read);
        if (read === text.toWellFormed()) expect(Buffer.from(altered, 'base64')).toEqual(Buffer.from(body, 'base64'));
      }),
      { numRuns: 200 },
    );
  });

  test('a key service is asked once in a while, by each process once for each key', async () => {
    const { keys, calls } = counted();
    const table = new SealedTable(plain, sealerOf(keys));
    for (let at = 0; at < 20; at += 1) await table.write(put(`${at}`, { pk: 'run#1', sk: `turn#${at}` }));
    expect(calls).toEqual({ fresh: 1, unwrapped: 0 });
    now += 15 * 60_000;
    await table.write(put('later', { pk: 'run#1', sk: 'turn#later' }));
    expect(calls.fresh).toBe(2);
    const reader = new SealedTable(plain, sealerOf(keys));
    await reader.query('run#1', { prefix: '', limit: 100 });
    await reader.query('run#1', { prefix: '', limit: 100 });
    expect(calls.unwrapped).toBe(2);
  });

  test('a key service that failed is asked again', async () => {
    const good = memoryDataKeys();
    let fails = true;
    const once =
      <T>(call: () => Promise<T>) =>
      () =>
        fails ? Promise.reject(new Error('throttled')) : call();
    const keys: DataKeys = {
      fresh: (context) => once(() => good.fresh(context))(),
      unwrapped: (wrapped, context) => once(() => good.unwrapped(wrapped, context))(),
    };
    const table = new SealedTable(plain, sealerOf(keys));
    await expect(table.write(put(CANARY))).rejects.toThrow('throttled');
    expect(await plain.get(PLACE)).toBeUndefined();
    fails = false;
    await table.write(put(CANARY));
    fails = true;
    const reader = new SealedTable(plain, sealerOf(keys));
    await expect(reader.get(PLACE)).rejects.toThrow('throttled');
    fails = false;
    expect(await reader.get(PLACE)).toMatchObject({ body: CANARY });
  });

  test('the largest body that is no blob fits into an item', async () => {
    const table = new SealedTable(plain, sealerOf(memoryDataKeys()));
    const body = '\u00e9'.repeat(MOST_BODY_BYTES / 2);
    await table.write(put(body));
    expect((await table.get(PLACE))?.body).toBe(body);
  });
});

describe('blobs', () => {
  test('are sealed under their name', async () => {
    const blobs = blobsIn(memory);
    const sealed = sealedBlobs(blobs, sealerOf(memoryDataKeys()));
    await sealed.put('state', 'abc', CANARY);
    expect([...memory.blobs.values()].join()).not.toContain(CANARY);
    expect(await sealed.get('state', 'abc')).toBe(CANARY);
    expect(await sealed.get('state', 'none')).toBeUndefined();
    // The workflow reads it, and has no key.
    await sealed.put('list', 'abc', '[{"runId":"r"}]');
    expect([await blobs.get('list', 'abc'), await sealed.get('list', 'abc')]).toEqual(Array(2).fill('[{"runId":"r"}]'));
    await blobs.put('state', 'other', (await blobs.get('state', 'abc')) ?? '');
    await expect(sealed.get('state', 'other')).rejects.toMatchObject({ code: 'state_corrupt' });
    await expect(sealedBlobs(blobs, undefined).get('state', 'abc')).rejects.toMatchObject({ code: 'state_sealed' });
  });
});

describe('a local key', () => {
  test.each([
    ['a word', 'secret'],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['another ending of the same bytes', `${Buffer.alloc(32).toString('base64').slice(0, -2)}B=`],
  ])('%s is refused, and not quoted', (_, given) => {
    const refused = expect(() => localDataKeys(given));
    refused.toThrow(expect.objectContaining({ code: 'state_key_unreadable' }));
    refused.toThrow(expect.not.objectContaining({ message: expect.stringContaining(given) }));
  });
});
