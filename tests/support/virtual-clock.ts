// Time that passes only when everybody waits: `sleep` jumps to the earliest moment anyone waits for.
import type { Clock } from '../../src/app/ports.ts';

interface Sleeper {
  until: number;
  wake: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();
  #pumping = false;

  constructor(start = 1_000_000) {
    this.#now = start;
  }

  now = (): number => this.#now;

  monotonic = (): number => this.#now;

  sleep = (until: number, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake, { once: true });
      this.#pump();
    });
  };

  /** Waiters left behind keep nothing alive but would let time run on; tests may look. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // Two polls of the event loop, so that everything already on its way comes first.
    setImmediate(() =>
      setImmediate(() => {
        this.#pumping = false;
        let first: Sleeper | undefined;
        for (const sleeper of this.#sleepers) if (first === undefined || sleeper.until < first.until) first = sleeper;
        if (first === undefined) return;
        this.#now = Math.max(this.#now, first.until);
        first.wake();
        if (this.#sleepers.size > 0) this.#pump();
      }),
    );
  }
}
