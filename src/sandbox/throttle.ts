// The rate limit of one account and region: a token bucket in the store, shared by all processes.

import type { Store } from './store.ts';

export interface Rate {
  perSecond: number;
  burst: number;
}

/** Cloud Control throttles at about this rate although it documents no quota. */
export const DEFAULT_RATE: Rate = { perSecond: 25, burst: 50 };

/** Takes one token; false when the call is to be throttled. A throttled call costs nothing. */
export function take(store: Store, scope: string, rate: Rate, now: number): boolean {
  const bucket = store.get('SELECT tokens, at FROM buckets WHERE scope = ?', scope);
  const elapsed = bucket ? Math.max(0, now - Number(bucket['at'])) / 1000 : 0;
  const tokens = bucket ? Math.min(rate.burst, Number(bucket['tokens']) + elapsed * rate.perSecond) : rate.burst;
  const granted = tokens >= 1;
  store.run('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)', scope, granted ? tokens - 1 : tokens, now);
  return granted;
}
