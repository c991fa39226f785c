import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { steadyTime, systemClock } from '../../../../src/adapters/embedded/clock.ts';

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
    const over = sleeper(systemClock.now() + duration);
    await vi.advanceTimersByTimeAsync(duration - 1);
    expect(over()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over()).toBe(true);
  });

  test.each([999, 0, -5, Number.NaN])('until %d, which has come, ends at once', async (until) => {
    const over = sleeper(until);
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends when its signal fires and leaves no timer', async () => {
    const abort = new AbortController();
    const over = sleeper(systemClock.now() + 60_000, abort.signal);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort(new Error('for this reason'));
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends at once when its signal has fired already', async () => {
    const over = sleeper(systemClock.now() + 60_000, AbortSignal.abort());
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not longer because the wall clock was set back meanwhile', async () => {
    const over = sleeper(systemClock.now() + 10_000);
    vi.setSystemTime(Date.now() - 5 * 86_400_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(over()).toBe(true);
  });
});

describe('steady time', () => {
  /** A wall clock and a monotonic one, both turned by hand. */
  function clocks() {
    const at = { wall: 1_000_000, ticks: 50 };
    return {
      at,
      time: steadyTime(
        () => at.wall,
        () => at.ticks,
      ),
    };
  }
  const pass = (at: { wall: number; ticks: number }, ms: number) => {
    at.wall += ms;
    at.ticks += ms;
  };

  test('goes on at its pace when the wall clock is set back', () => {
    const { at, time } = clocks();
    pass(at, 10);
    expect(time()).toBe(1_000_010);
    at.wall -= 3 * 86_400_000;
    expect(time()).toBe(1_000_010);
    pass(at, 500);
    expect(time()).toBe(1_000_510);
  });

  test('follows the wall clock forwards, as after a sleep of the machine', () => {
    const { at, time } = clocks();
    at.wall += 3_600_000;
    expect(time()).toBe(4_600_000);
    at.wall -= 3_600_000;
    pass(at, 5);
    expect(time()).toBe(4_600_005);
  });
});
