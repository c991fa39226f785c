// What a newer version wrote is refused by name and not touched, and is there again for the version that can read it.
import { describe, expect, test } from 'vitest';
import { allOf, type Store, type Turn } from '../../src/app/ports.ts';
import { aRun, aTurn, begun, key, WEB } from './samples.ts';
import { type StoreModule, worldOf } from './world.ts';

export function versionsContract(module: StoreModule, asNewer: NonNullable<StoreModule['asNewer']>): void {
  describe('versions', () => {
    const world = worldOf(module);

    async function turnsOf(store: Store): Promise<Turn[]> {
      const turns: Turn[] = [];
      for await (const turn of allOf((next) => store.runs.journal('r1', { next }))) turns.push(turn);
      return turns;
    }

    test('a run of a newer version is not read, worked on or settled, and afterwards goes on where it was', async () => {
      const store = await world.open();
      const lease = await begun(store);
      await store.runs.append(lease, 'r1', 0, aTurn(1));
      const before = [await store.runs.get('r1'), await turnsOf(store), await store.stacks.get(WEB)];
      await store.close();

      const putBack = await asNewer(world.place);
      const uses: ((newer: Store) => Promise<unknown>)[] = [
        ({ runs }) => runs.get('r1'),
        ({ runs }) => runs.list(),
        turnsOf,
        ({ stacks }) => stacks.get(WEB),
        ({ runs }) => runs.submit(aRun('r2', key('db'))),
        ({ runs }) => runs.acquire(key('db')),
        ({ runs }) => runs.append(lease, 'r1', 1, aTurn(2)),
        ({ runs }) => runs.requestCancel('r1'),
      ];
      for (const use of uses) {
        const refused = world.open().then(use);
        await expect(refused).rejects.toMatchObject({ code: 'state_too_new', message: expect.stringContaining('99') });
      }
      await putBack();

      const again = await world.open();
      expect([await again.runs.get('r1'), await turnsOf(again), await again.stacks.get(WEB)]).toEqual(before);
      expect((await again.runs.list()).items).toHaveLength(1);
      expect(await again.runs.append(lease, 'r1', 1, aTurn(2))).toBe(2);
    });
  });
}
