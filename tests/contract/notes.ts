// What limits, estimates and drifts must do: notes that many change at once.
import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/app/ports.ts';
import { type StoreModule, worldOf } from './world.ts';

export function notesContract(module: StoreModule): void {
  describe.each(['limits', 'estimates', 'drifts'] as const)('%s', (port) => {
    const world = worldOf(module);
    const notes = async () => (await world.open())[port];

    test('two that change one at the same time both count, and an unknown one is undefined', async () => {
      const [one, other] = [await notes(), await notes()];
      expect(await one.get('n')).toBeUndefined();
      const add = (kept: string | undefined) => String(Number(kept ?? 0) + 1);
      await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? one : other).change('n', add)));
      expect(await one.get('n')).toBe('20');
      expect(await other.get('n')).toBe('20');
      expect(await other.get('other')).toBeUndefined();
    });

    test('a change that throws rejects and changes nothing', async () => {
      const one = await notes();
      await one.change('n', () => 'before');
      const change = () => {
        throw new Error('no');
      };
      await expect(one.change('n', change)).rejects.toThrow('no');
      await expect(one.change('new', change)).rejects.toThrow('no');
      expect(await one.get('n')).toBe('before');
      expect(await one.get('new')).toBeUndefined();
    });

    test('is not the other port’s', async () => {
      const store = await world.open();
      const others: Store['limits'][] = [store.limits, store.estimates, store.drifts];
      await store[port].change('n', () => 'mine');
      const kept = await Promise.all(others.filter((one) => one !== store[port]).map((one) => one.get('n')));
      expect(kept).toEqual([undefined, undefined]);
    });

    test('empty texts and any character', async () => {
      const one = await notes();
      for (const text of ['', 'a\0😀\u{10ffff}', 'x'.repeat(100_000)]) {
        await one.change('aws|1|eu-west-1|x60', () => text);
        expect(await one.get('aws|1|eu-west-1|x60')).toBe(text);
      }
    });
  });
}
