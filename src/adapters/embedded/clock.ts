// The machine's clock. Wall time, because intents and leases must mean the same to the process that resumes.
import type { Clock } from '../../app/ports.ts';

// Timers run on monotonic time and stop while a laptop sleeps; looking at the wall clock this often bounds the delay.
const LONGEST_NAP_MS = 30_000;

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),

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
        const left = until - Date.now();
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
