// The machine's clock. Wall time, though a steady one, because intents and leases must mean the same to the process that resumes.
import type { Clock } from '../../app/ports.ts';

// Timers run on monotonic time and stop while a laptop sleeps; looking at the wall clock this often bounds the delay.
const LONGEST_NAP_MS = 30_000;

/**
 * Wall time that is never set back: it runs on the monotonic clock and follows the wall clock only forwards, where a
 * machine slept or its clock was set right. A clock set back by days in the middle of a run would stop every wait.
 */
export function steadyTime(wall: () => number, monotonic: () => number): () => number {
  let ahead = wall() - monotonic();
  return () => {
    const ticks = monotonic();
    ahead = Math.max(ahead, wall() - ticks);
    return ticks + ahead;
  };
}

const now = steadyTime(
  () => Date.now(),
  () => performance.now(),
);

/** The system's clock. */
export const systemClock: Clock = {
  // Whole milliseconds, as everything that is stored has them.
  now: () => Math.floor(now()),

  monotonic: () => performance.now(),

  sleep(until, signal) {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const nap = () => {
        const left = until - now();
        if (!(left > 0)) end();
        else timer = setTimeout(nap, Math.min(left, LONGEST_NAP_MS));
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener('abort', end, { once: true });
      nap();
    });
  },
};
