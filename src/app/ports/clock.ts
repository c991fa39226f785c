/** Time, so that tests can turn it. */
export interface Clock {
  /** Wall time, ms since the epoch. */
  now(): number;
  /** ms since some moment of this process; never set back. */
  monotonic(): number;
  /** Resolves at `until` (ms) or when the signal fires, whichever is first; never rejects. */
  sleep(until: number, signal: AbortSignal): Promise<void>;
}
