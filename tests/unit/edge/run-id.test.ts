import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runId } from '../../../src/edge/session.ts';

test('a run id says when, and sorts as the milliseconds do, whatever chance adds', () => {
  const time = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 1) + 5_000 });
  const chance = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(time, chance, time, chance, (one, a, other, b) => {
      if (one < other) expect(runId(one, a) < runId(other, b)).toBe(true);
      expect(runId(one, a)).toMatch(/^20260101-00000\d-[0-9a-f]{10}$/);
    }),
  );
  expect(runId(Date.UTC(2026, 10, 23, 5, 53, 43, 999), Buffer.from('ffffffff', 'hex'))).toBe(
    '20261123-055343-3e7fffffff',
  );
});
