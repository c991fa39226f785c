// Holding a stack: the lease is renewed while work goes on, and released at the end, whatever happens.
//
// Writes to the store are fenced there. Calls to the cloud cannot be, so none goes out unless the lease is certainly
// still held: its last renewal began so recently that it cannot have run out, by the clock that has gone on further
// (monotonic time stands still while a machine is suspended, wall time may be set back). Else it is renewed first, and
// a lease that somebody else has taken stops the work. A call that is on the wire already carries a client token that
// the journal knows: whoever takes over sends the same one, so it is done once.
import { AssentError, LeaseHeld } from '../../domain/errors.ts';
import type { StackKey } from '../../domain/stack.ts';
import { type Clock, type Cloud, LEASE_MS, type Lease, LeaseLost, type Runs, type Store } from '../ports.ts';
import { aroundCalls } from './around.ts';

const RENEW_MS = 5_000;
/** After a renewal that failed for another reason than a lost lease. */
const AGAIN_MS = 1_000;
/** From asking to the request's last byte on the wire. */
const MARGIN_MS = 3_000;
/** A run is over a moment before its stack is let go of: what follows it at once waits so long, and looks so often. */
const LETS_GO_MS = 3_000;
const LOOK_MS = 200;

/** A lease that is being renewed. */
export interface Held {
  lease: Lease;
  /** Fires when the lease can no longer be counted on; its reason is the error to reject with. */
  lost: AbortSignal;
  /** Resolves when the lease is certainly held, at once unless it may have run out. Rejects with `lost`'s reason. */
  ensure(): Promise<void>;
}

/**
 * Runs `work` under the stack's lease. Rejects with LeaseHeld when another live process has it, with `lease_lost` when
 * it was taken away meanwhile: then nothing may be written any more.
 */
export async function withLease<T>(
  local: { store: Pick<Store, 'runs' | 'stacks'>; clock: Clock },
  stack: StackKey,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const { store, clock } = local;
  const { lease, began } = await acquired(local, stack);
  const keeper = new Keeper(store.runs, clock, lease, began);
  const renewing = keeper.goOn();
  try {
    return await work(keeper.held);
  } catch (error) {
    throw error instanceof LeaseLost ? leaseLost(stack.name, error) : error;
  } finally {
    keeper.stop();
    await renewing;
    // A lease that was lost is someone else's by now; releasing is then theirs to do.
    if (!keeper.held.lost.aborted) await store.runs.release(keeper.held.lease).catch(() => undefined);
  }
}

/** The stack's lease, and a moment before it was taken. */
async function acquired(
  { store, clock }: { store: Pick<Store, 'runs' | 'stacks'>; clock: Clock },
  stack: StackKey,
): Promise<{ lease: Lease; began: Moment }> {
  for (const first = clock.monotonic(); ; ) {
    const began = moment(clock);
    try {
      return { lease: await store.runs.acquire(stack), began };
    } catch (error) {
      if (!(error instanceof LeaseHeld) || clock.monotonic() >= first + LETS_GO_MS) throw error;
      if ((await store.stacks.get(stack))?.unfinished !== undefined) throw error;
      await clock.sleep(clock.now() + LOOK_MS, new AbortController().signal);
    }
  }
}

/** The same cloud; a call under a lease that is lost rejects and does not go out. */
export function underLease(cloud: Cloud, held: Held): Cloud {
  return aroundCalls(cloud, async (call) => {
    await held.ensure();
    return call();
  });
}

interface Moment {
  wall: number;
  monotonic: number;
}

function moment(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

class Keeper {
  readonly held: Held;
  readonly #runs: Runs;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #done = new AbortController();
  #renewed: Moment;
  #renewing: Promise<void> | undefined;

  constructor(runs: Runs, clock: Clock, lease: Lease, acquired: Moment) {
    this.#runs = runs;
    this.#clock = clock;
    this.#renewed = acquired;
    this.held = { lease, lost: this.#lost.signal, ensure: () => this.#ensure() };
  }

  stop(): void {
    this.#done.abort();
  }

  async goOn(): Promise<void> {
    for (let pause = RENEW_MS; ; ) {
      await this.#clock.sleep(this.#clock.now() + pause, this.#done.signal);
      if (this.#done.signal.aborted || this.#lost.signal.aborted) return;
      try {
        await this.#renew();
        pause = RENEW_MS;
      } catch (error) {
        // A store that is busy for a moment is no reason to stop as long as the lease holds.
        if (this.#age() >= LEASE_MS) this.#lost.abort(error);
        pause = AGAIN_MS;
      }
    }
  }

  async #ensure(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    if (this.#age() >= LEASE_MS - MARGIN_MS) await this.#renew();
  }

  /** ms since it was certainly held, by the clock that says more. */
  #age(): number {
    const { wall, monotonic } = moment(this.#clock);
    return Math.max(wall - this.#renewed.wall, monotonic - this.#renewed.monotonic);
  }

  /** All who ask meanwhile share one renewal. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewNow(): Promise<void> {
    // Before asking: the store counts from when it is asked, or later.
    const began = moment(this.#clock);
    try {
      await this.#runs.renew(this.held.lease);
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      const lost = leaseLost(this.held.lease.stack.name, error);
      this.#lost.abort(lost);
      throw lost;
    }
    this.#renewed = began;
  }
}

function leaseLost(stack: string, cause: LeaseLost): AssentError {
  return new AssentError('lease_lost', `Another process has taken over stack ${stack}; this one stopped.`, {
    help: 'See what the other one does.',
    ways: [{ action: 'status', stack }],
    kind: 'held',
    cause,
  });
}
