// What every place for blobs must do.
import { describe, expect, test } from 'vitest';
import { type StoreModule, worldOf } from './world.ts';

export function blobsContract(module: StoreModule): void {
  describe('blobs', () => {
    const world = worldOf(module);

    test('a text is there for everyone, under its kind and digest only', async () => {
      const [one, other] = [await world.open(), await world.open()];
      expect(await one.blobs.get('plan', 'd')).toBeUndefined();
      await one.blobs.put('plan', 'd', 'text');
      expect(await one.blobs.get('plan', 'd')).toBe('text');
      expect(await other.blobs.get('plan', 'd')).toBe('text');
      expect(await other.blobs.get('brief', 'd')).toBeUndefined();
      expect(await other.blobs.get('plan', 'e')).toBeUndefined();
    });

    test('what is there stays, whoever puts it again', async () => {
      const [one, other] = [await world.open(), await world.open()];
      await one.blobs.put('plan', 'd', 'first');
      await other.blobs.put('plan', 'd', 'second');
      await Promise.all([one.blobs.put('state', 'd', 'x'), other.blobs.put('state', 'd', 'x')]);
      expect(await one.blobs.get('plan', 'd')).toBe('first');
      expect(await one.blobs.get('state', 'd')).toBe('x');
    });

    test.each([
      ['nothing', ''],
      ['every kind of character', 'a\0b\r\n\u2028é😀\u{10ffff}"\\'],
      ['8 MB', 'ö'.repeat(4 * 1024 * 1024)],
    ])('%s comes back as it went in', async (_, text) => {
      const store = await world.open();
      await store.blobs.put('document', 'd', text);
      expect((await store.blobs.get('document', 'd')) === text).toBe(true);
    });
  });
}
