// What answers must do: kept under a key until a time, and no longer.
import { describe, expect, test } from 'vitest';
import { type StoreModule, worldOf } from './world.ts';

export function answersContract(module: StoreModule): void {
  describe('answers', () => {
    const world = worldOf(module);

    test('an answer is there for everybody until its time is over', async () => {
      const [one, other] = [(await world.open()).answers, (await world.open()).answers];
      expect(await one.get('k')).toBeUndefined();
      await one.keep('k', 'yes 😀', world.now + 60_000);
      expect(await other.get('k')).toBe('yes 😀');
      expect(await other.get('K')).toBeUndefined();
      world.now += 59_000;
      expect(await other.get('k')).toBe('yes 😀');
      world.now += 2_000;
      expect(await other.get('k')).toBeUndefined();
      await other.keep('k', 'again', world.now + 60_000);
      expect(await one.get('k')).toBe('again');
    });

    test('another answer takes its place, with its own time', async () => {
      const { answers } = await world.open();
      await answers.keep('k', 'one', world.now + 1_000);
      await answers.keep('k', 'two', world.now + 600_000);
      world.now += 10_000;
      expect(await answers.get('k')).toBe('two');
    });
  });
}
