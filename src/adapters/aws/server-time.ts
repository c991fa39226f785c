// `RetryAfter` in our time. It is a time of the server's clock, and a machine that is minutes slow would wait minutes
// for it. So it is taken relative to the `Date` of the same answer, and kept within what makes sense.

/** The longest wait that is believed; a poll now and then costs little, a stall much. */
const LONGEST_MS = 60_000;

/** `Date` has whole seconds: the server's clock is up to this much later. */
const RESOLUTION_MS = 1_000;

/** What one answer says of time, all in ms since the epoch. */
export interface Times {
  retryAfter: number;
  /** Of the answer's `Date`; absent: it had none that can be read. */
  date: number | undefined;
  /** By our clock: the call was made, the answer was here. */
  sent: number;
  received: number;
}

/** When to ask again by our clock; undefined: the answer does not say. */
export function askAgainAt({ retryAfter, date, sent, received }: Times): number | undefined {
  if (Number.isNaN(retryAfter)) return undefined;
  // As long as both clocks can be the same, they are: the finer time is kept.
  const agrees = date === undefined || (date <= received && date + RESOLUTION_MS >= sent);
  const wait = agrees ? retryAfter - received : retryAfter - date;
  if (wait < 0) return agrees ? undefined : received;
  return received + Math.min(wait, LONGEST_MS);
}
