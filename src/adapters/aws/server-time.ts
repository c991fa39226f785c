// `RetryAfter` in our time. It is a time of the server's clock, and a machine that is minutes slow would wait minutes
// for it. So it is taken relative to the `Date` of the same answer, and kept within what makes sense.

/** The longest wait that is believed; a poll now and then costs little, a stall much. */
const LONGEST_MS = 60_000;

/** `Date` has whole seconds: the server's clock is up to this much later. */
const RESOLUTION_MS = 1_000;

/** Clocks this close count as the same: a busy server's `Date` is some seconds old, and so little does no harm. */
const SLACK_MS = 2_000;

/** What one answer says of time, all in ms since the epoch. */
export interface Times {
  retryAfter: number;
  /** Of the answer's `Date`; absent: it had none that can be read. */
  date: number | undefined;
  /** By our clock: the call was made, the answer was here. */
  sent: number;
  received: number;
}

/**
 * When to ask again by our clock; undefined: the answer does not say. A time that passed while the answer was on its way is
 * said: asking may begin. As if nothing was said, an estimate would be waited for that nobody has confirmed.
 */
export function askAgainAt({ retryAfter, date, sent, received }: Times): number | undefined {
  if (Number.isNaN(retryAfter)) return undefined;
  // As long as both clocks can be the same, they are: the finer time is kept.
  const agrees = date === undefined || (date <= received + SLACK_MS && date + RESOLUTION_MS + SLACK_MS >= sent);
  const wait = agrees ? retryAfter - received : retryAfter - date;
  if (wait < 0) return agrees && retryAfter < sent - SLACK_MS ? undefined : received;
  return received + Math.min(wait, LONGEST_MS);
}
