// What every place for exports must do: a name belongs to one stack of a place, and changes under its lease only.
import { describe, expect, test } from 'vitest';
import { allOf, LEASE_MS, LeaseLost } from '../../src/app/ports.ts';
import { stackText } from '../../src/domain/stack.ts';
import { HERE, key, WEB } from './samples.ts';
import { paged, type StoreModule, worldOf } from './world.ts';

export function exportsContract(module: StoreModule): void {
  describe('exports', () => {
    const world = worldOf(module);
    const [WEB_LIKE, DB] = [key('web-2'), key('db')];

    test('a name is taken once, then has a value, then another, then none', async () => {
      const [one, other] = [await world.open(), await world.open()];
      const web = await one.runs.acquire(WEB);
      const db = await other.runs.acquire(DB);
      expect(await one.exports.get(HERE, 'arn')).toBeUndefined();
      expect(await one.exports.claim(web, { name: 'arn' })).toBeUndefined();
      expect(await other.exports.get(HERE, 'arn')).toEqual({ name: 'arn', owner: WEB });
      expect(await other.exports.claim(db, { name: 'arn' })).toEqual(WEB);
      expect(await other.exports.claim(db, { name: 'arn', value: 'theirs' })).toEqual(WEB);
      expect(await one.exports.claim(web, { name: 'arn', value: { a: [1] } })).toBeUndefined();
      expect(await other.exports.get(HERE, 'arn')).toEqual({ name: 'arn', owner: WEB, value: { a: [1] } });
      expect(await one.exports.claim(web, { name: 'arn', value: 'new' })).toBeUndefined();
      await other.exports.release(db, 'arn');
      expect((await other.exports.get(HERE, 'arn'))?.value).toBe('new');
      await one.exports.release(web, 'arn');
      await one.exports.release(web, 'arn');
      expect(await other.exports.get(HERE, 'arn')).toBeUndefined();
      expect(await other.exports.claim(db, { name: 'arn', value: 1 })).toBeUndefined();
    });

    test('a claim before the value is known leaves readers the value that is in force', async () => {
      const store = await world.open();
      const web = await store.runs.acquire(WEB);
      for (const value of ['v', '', 0, false, null]) {
        await store.exports.claim(web, { name: 'arn', value });
        await store.exports.claim(web, { name: 'arn' });
        expect(await store.exports.get(HERE, 'arn')).toEqual({ name: 'arn', owner: WEB, value });
      }
    });

    test('of two stacks that claim one name at once exactly one has it, and the other learns whose it is', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [one, other] = [await world.open(), await world.open()];
        const [web, db] = [await one.runs.acquire(key(`web${round}`)), await other.runs.acquire(key(`db${round}`))];
        const name = `name${round}`;
        const owners = await Promise.all([one.exports.claim(web, { name }), other.exports.claim(db, { name })]);
        const owner = (await one.exports.get(HERE, name))?.owner;
        expect(owners.filter((found) => found === undefined)).toHaveLength(1);
        expect(owners.find((found) => found !== undefined)).toEqual(owner);
        expect(owner).toEqual(owners[0] === undefined ? web.stack : db.stack);
      }
    });

    test('a worker whose lease somebody took changes no name any more', async () => {
      const [one, other] = [await world.open(), await world.open()];
      const stale = await one.runs.acquire(WEB);
      await one.exports.claim(stale, { name: 'arn', value: 'old' });
      world.now += LEASE_MS;
      const web = await other.runs.acquire(WEB);
      await other.exports.claim(web, { name: 'arn', value: 'new' });
      await expect(one.exports.claim(stale, { name: 'arn', value: 'old' })).rejects.toThrow(LeaseLost);
      await expect(one.exports.claim(stale, { name: 'other' })).rejects.toThrow(LeaseLost);
      await expect(one.exports.release(stale, 'arn')).rejects.toThrow(LeaseLost);
      await other.runs.release(web);
      await expect(other.exports.claim(web, { name: 'arn', value: 'late' })).rejects.toThrow(LeaseLost);
      expect(await one.exports.get(HERE, 'arn')).toMatchObject({ value: 'new' });
      expect(await one.exports.get(HERE, 'other')).toBeUndefined();
    });

    test('exports are those of the same endpoint, account and region', async () => {
      const store = await world.open();
      const places = [
        HERE,
        { ...HERE, endpoint: 'aws' },
        { ...HERE, account: '222222222222' },
        { ...HERE, region: 'eu-west-1' },
      ];
      for (const place of places) {
        const lease = await store.runs.acquire({ ...place, name: 'web' });
        expect(await store.exports.claim(lease, { name: 'arn', value: place })).toBeUndefined();
      }
      for (const place of places) {
        expect(await store.exports.get(place, 'arn')).toMatchObject({ value: place });
        expect((await store.exports.list(place)).items).toHaveLength(1);
      }
    });

    test('of hundreds, every one is in some page, by name', async () => {
      const store = await world.open();
      const web = await store.runs.acquire(WEB);
      const names = Array.from({ length: 230 }, (_, n) => `name-${String(n).padStart(3, '0')}`);
      for (const name of names) await store.exports.claim(web, { name, value: name });
      for (const limit of [7, 100]) {
        const found = await paged(limit, (next) => store.exports.list(HERE, { next, limit }));
        expect(found.map(({ name }) => name)).toEqual(names);
      }
      const byDefault = [];
      for await (const one of allOf((next) => store.exports.list(HERE, { next }))) byDefault.push(one.name);
      expect(byDefault).toEqual(names);
    });

    test('a value that no item can hold is refused, and so is a name', async () => {
      const store = await world.open();
      const web = await store.runs.acquire(WEB);
      const large = { name: 'arn', value: 'x'.repeat(300_000) };
      await expect(store.exports.claim(web, large)).rejects.toMatchObject({ code: 'export_too_large' });
      const long = { name: 'ö'.repeat(600) };
      await expect(store.exports.claim(web, long)).rejects.toMatchObject({ code: 'export_too_large' });
      expect((await store.exports.list(HERE)).items).toEqual([]);
    });

    test('importers are noted once each, in pages, and only of that name and place', async () => {
      const store = await world.open();
      const importers = Array.from({ length: 25 }, (_, n) => key(`user-${String(n).padStart(2, '0')}`));
      for (const importer of [...importers, ...importers]) await store.exports.addImporter('arn', importer);
      await store.exports.addImporter('arn-2', WEB_LIKE);
      await store.exports.addImporter('arn', { ...WEB, region: 'eu-west-1' });
      const found = await paged(10, (next) => store.exports.importers(HERE, 'arn', { next, limit: 10 }));
      expect(found.map(stackText)).toEqual(importers.map(stackText));
      await store.exports.removeImporter('arn', key('user-03'));
      await store.exports.removeImporter('arn', key('user-03'));
      expect((await store.exports.importers(HERE, 'arn')).items).toHaveLength(24);
      expect((await store.exports.importers(HERE, 'arn-2')).items).toEqual([WEB_LIKE]);
      expect((await store.exports.importers(HERE, 'other')).items).toEqual([]);
    });
  });
}
