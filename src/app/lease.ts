// Holding a stack: the lease is renewed while work goes on, and released at the end, whatever happens.
import { AssentError } from '../domain/errors.ts';
import { type Clock, type Lease, LeaseLost, type Store } from './ports.ts';

const RENEW_MS = 5_000;

/** A lease that is being renewed. */
export interface Held {
  lease: Lease;
  /** Fires when the lease can no longer be counted on; its reason is the error to reject with. */
  lost: AbortSignal;
}

/**
 * Runs `work` under the stack's lease. Rejects with LeaseHeld when another live process has it, with `lease_lost` when
 * it was taken away meanwhile: then nothing may be written any more.
 */
export async function withLease<T>(
  { store, clock }: { store: Store; clock: Clock },
  stack: string,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const lease = await store.acquire(stack);
  const lost = new AbortController();
  const done = new AbortController();
  const renewing = renew(store, clock, lease, lost, done.signal);
  try {
    return await work({ lease, lost: lost.signal });
  } catch (error) {
    throw error instanceof LeaseLost ? leaseLost(stack, error) : error;
  } finally {
    done.abort();
    await renewing;
    // A lease that was lost is someone else's by now; releasing is then theirs to do.
    if (!lost.signal.aborted) await store.release(lease).catch(() => undefined);
  }
}

async function renew(store: Store, clock: Clock, lease: Lease, lost: AbortController, done: AbortSignal) {
  while (!done.aborted) {
    await clock.sleep(clock.now() + RENEW_MS, done);
    if (done.aborted) return;
    try {
      await store.renew(lease);
    } catch (error) {
      lost.abort(error instanceof LeaseLost ? leaseLost(lease.stack, error) : error);
      return;
    }
  }
}

function leaseLost(stack: string, cause: LeaseLost): AssentError {
  return new AssentError('lease_lost', `Another process has taken over stack ${stack}; this one stopped.`, {
    help: `assent status --stack ${stack} shows what the other one does.`,
    exitCode: 6,
    cause,
  });
}
