// This process's share of the rate that an account and region accept (DESIGN, "one adaptive rate limit"): claimed from
// the store once a second for as long as calls are made, given back at the end. The core splits and adapts
// (wasm-core/src/share.rs); this file asks, counts and tells.
//
// A process that dies claims no more, and what it had is free a few seconds later. A store that cannot be asked for a
// while changes nothing: the last share holds.
import { claimRate } from '../../core/calls.ts';
import { type Place, placeText } from '../../domain/stack.ts';
import type { Clock, Cloud, Limits, Store } from '../ports.ts';
import { aroundCalls } from './around.ts';

/** Calls per second, and how many of them at once after a pause. */
export interface Rate {
  rate: number;
  burst: number;
}

const AGAIN_MS = 1_000;

/** Shares of a session, by place; closed with it. */
export class Budgets {
  readonly #work: { limits: Limits; clock: Clock };
  readonly #newHolder: () => string;
  readonly #told: (rate: Rate) => void;
  readonly #open = new Map<string, Budget>();

  /** `newHolder` names a claimant; never the same name twice. `told` learns every share that is claimed. */
  constructor(
    { store, clock }: { store: Pick<Store, 'limits'>; clock: Clock },
    newHolder: () => string,
    told: (rate: Rate) => void = () => undefined,
  ) {
    this.#work = { limits: store.limits, clock };
    this.#newHolder = newHolder;
    this.#told = told;
  }

  /** Nothing is claimed before it is used. */
  of(place: Place): Budget {
    const name = placeText(place);
    let budget = this.#open.get(name);
    if (budget === undefined) {
      budget = new Budget({ ...this.#work, name, holder: this.#newHolder() });
      budget.listen(this.#told);
      this.#open.set(name, budget);
    }
    return budget;
  }

  /** Gives back what was claimed; never rejects, for a share that is not given back expires. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((budget) => budget.close()));
    this.#open.clear();
  }
}

/** One account's and region's share. */
export class Budget {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #holder: string;
  readonly #over = new AbortController();
  readonly #listeners = new Set<(rate: Rate) => void>();
  #calls = 0;
  #throttled = 0;
  #rate: Rate | undefined;
  #first: Promise<Rate> | undefined;
  #claiming: Promise<void> | undefined;
  #slot = 0;

  constructor({
    limits,
    clock,
    name,
    holder,
  }: {
    limits: Limits;
    clock: Clock;
    name: string;
    holder: string;
  }) {
    this.#limits = limits;
    this.#clock = clock;
    this.#name = name;
    this.#holder = holder;
  }

  /** The share, claimed now if it was not yet. Rejects when the store does. */
  async share(): Promise<Rate> {
    this.#first ??= this.#claim().then((refreshMs) => {
      this.#claiming = this.#goOnClaiming(refreshMs);
      return this.#rate as Rate;
    });
    return this.#rate ?? this.#first;
  }

  /** Tells of every new share until the returned function is called. */
  listen(listener: (rate: Rate) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same cloud, its calls counted against the share. Whoever calls keeps to the share by itself. */
  counted(cloud: Cloud): Cloud {
    return aroundCalls(cloud, async (call) => {
      this.#calls += 1;
      const answer = await call();
      if (!answer.ok && answer.error.kind === 'throttled') this.#throttled += 1;
      return answer;
    });
  }

  /** Resolves when the next call may be made, not before `penaltyMs` from now, or when the signal fires. */
  async take(stop: AbortSignal, penaltyMs = 0): Promise<void> {
    const { rate } = await this.share();
    this.#slot = Math.max(this.#slot, this.#clock.now() + penaltyMs);
    const mine = this.#slot;
    this.#slot += 1_000 / rate;
    if (mine > this.#clock.now()) await this.#clock.sleep(mine, stop);
  }

  async close(): Promise<void> {
    this.#over.abort();
    if (this.#first === undefined) return;
    await this.#first.catch(() => undefined);
    await this.#claiming;
    if (this.#rate !== undefined) await this.#claim(true).catch(() => undefined);
  }

  async #goOnClaiming(first: number): Promise<void> {
    for (let refreshMs = first; ; ) {
      await this.#clock.sleep(this.#clock.now() + refreshMs, this.#over.signal);
      if (this.#over.signal.aborted) return;
      refreshMs = await this.#claim().catch(() => AGAIN_MS);
    }
  }

  async #claim(leave = false): Promise<number> {
    const [calls, throttled] = [this.#calls, this.#throttled];
    const claim = { holder: this.#holder, now: Math.round(this.#clock.now()), calls, throttled, leave };
    let share: ReturnType<typeof claimRate> | undefined;
    await this.#limits.change(this.#name, (kept) => {
      share = claimRate(kept, claim);
      return share.kept;
    });
    if (share === undefined) throw new Error('the store changed a note without asking for its new text');
    this.#calls -= calls;
    this.#throttled -= throttled;
    if (leave) return 0;
    const { rate, burst, refreshMs } = share;
    this.#rate = { rate, burst };
    for (const listener of this.#listeners) listener(this.#rate);
    return refreshMs;
  }
}
