import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../../src/adapters/embedded/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Starts a sleep; says whether it is over. */
function sleeper(until: number, signal = new AbortController().signal): () => boolean {
  let over = false;
  void systemClock.sleep(until, signal).then(() => {
    over = true;
  });
  return () => over;
}

describe('sleep', () => {
  test.each([1, 250, 30_000, 30_001, 3_600_000, 2 ** 31 + 5])('of %i ms ends then, not before', async (duration) => {
    const over = sleeper(1_000 + duration);
    await vi.advanceTimersByTimeAsync(duration - 1);
    expect(over()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over()).toBe(true);
  });

  test.each([1_000, 999, 0, -5, Number.NaN])('until %d, which has come, ends at once', async (until) => {
    const over = sleeper(until);
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends when its signal fires and leaves no timer', async () => {
    const abort = new AbortController();
    const over = sleeper(60_000, abort.signal);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort(new Error('for this reason'));
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends at once when its signal has fired already', async () => {
    const over = sleeper(60_000, AbortSignal.abort());
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('goes by the wall clock: one that was set back makes it longer', async () => {
    const over = sleeper(11_000);
    vi.setSystemTime(500);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(over()).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(over()).toBe(true);
  });
});
