import { expect, test } from 'vitest';
import { askAgainAt } from '../../../../src/adapters/aws/server-time.ts';

const NOW = 1_800_000_000_000;

/** An answer of a server whose clock is ahead by so much, and which asks for such a wait. */
function answer(aheadMs: number, waitMs: number) {
  const server = NOW + aheadMs;
  return { retryAfter: server + waitMs, date: Math.floor(server / 1_000) * 1_000, sent: NOW - 40, received: NOW };
}

test.each([0, 300, -200, 1_900, -2_000])('clocks that agree (%i ms) leave the time as fine as it came', (ahead) => {
  expect(askAgainAt(answer(ahead, 2_250))).toBe(NOW + ahead + 2_250);
});

test.each([40_000, 180_000, -180_000, 3 * 86_400_000, -3 * 86_400_000])(
  'a clock that is off by %i ms makes no wait longer than a second more',
  (ahead) => {
    const at = askAgainAt(answer(ahead, 2_000)) ?? Number.NaN;
    expect(at - NOW).toBeGreaterThanOrEqual(2_000);
    expect(at - NOW).toBeLessThanOrEqual(3_000);
  },
);

test('no wait is longer than a minute, whatever the server says', () => {
  const year2100 = Date.UTC(2100, 0, 1);
  expect(askAgainAt({ ...answer(0, 0), retryAfter: year2100 })).toBe(NOW + 60_000);
  expect(askAgainAt({ ...answer(0, 0), retryAfter: Number.POSITIVE_INFINITY })).toBe(NOW + 60_000);
  expect(askAgainAt({ retryAfter: year2100, date: undefined, sent: NOW, received: NOW })).toBe(NOW + 60_000);
});

test('what passed while the answer was on its way may be asked for at once', () => {
  expect(askAgainAt({ ...answer(0, 0), retryAfter: NOW - 35 })).toBe(NOW);
  expect(askAgainAt({ ...answer(0, 0), sent: NOW - 9_000, retryAfter: NOW - 8_990 })).toBe(NOW);
  expect(askAgainAt({ retryAfter: NOW - 1, date: undefined, sent: NOW, received: NOW })).toBe(NOW);
});

test('what had passed long before it was asked, or is no time, asks for nothing', () => {
  expect(askAgainAt({ ...answer(0, 0), retryAfter: -1 })).toBeUndefined();
  expect(askAgainAt({ ...answer(0, 0), retryAfter: Number.NaN })).toBeUndefined();
  expect(askAgainAt({ retryAfter: NOW - 2_001, date: undefined, sent: NOW, received: NOW })).toBeUndefined();
  expect(askAgainAt(answer(180_000, -5_000))).toBe(NOW);
});
