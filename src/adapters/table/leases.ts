// One writer per stack: a lease with a fence that grows with every holder (DESIGN, "Lease with fencing").
//
// A lease ends by release, by expiry, or at once when its holder has certainly ended. Taking it also moves the fence of
// the stack's unfinished run on, in the same write: from then on the old holder's appends are refused. Not the clock
// keeps a holder that slept too long from writing, but that fence. A stack's lease outlives the stack.
import { type Lease, LeaseLost } from '../../app/ports.ts';
import { LeaseHeld } from '../../domain/errors.ts';
import type { StackKey } from '../../domain/stack.ts';
import { keys } from './keys.ts';
import { type Action, ConditionFailed, type Item, retried, type Table } from './table.ts';

/** Who takes leases, and what can be known of those who have them. */
export interface Holders {
  /** This one, as text. */
  holder: string;
  /** Whether a holder has certainly ended. */
  isGone(holder: string): boolean;
  /** A holder for people; default: another process. */
  describe?(holder: string): string;
}

export class TableLeases {
  readonly #table: Table;
  readonly #now: () => number;
  readonly #ttlMs: number;
  readonly #holders: Holders;

  constructor(table: Table, now: () => number, ttlMs: number, holders: Holders) {
    this.#table = table;
    this.#now = now;
    this.#ttlMs = ttlMs;
    this.#holders = holders;
  }

  async isHeld(stack: StackKey): Promise<boolean> {
    return this.#isInTheWay(await this.#table.get(keys.lease(stack)));
  }

  async acquire(stack: StackKey): Promise<Lease> {
    return retried(() => this.#acquire(stack));
  }

  async #acquire(stack: StackKey): Promise<Lease> {
    const [item, head] = await Promise.all([
      this.#table.get(keys.lease(stack)),
      this.#table.get(keys.stackHead(stack)),
    ]);
    if (item !== undefined && this.#isInTheWay(item)) throw this.#held(stack, item);
    const fence = Number(item?.fields['fence'] ?? 0) + 1;
    const { holder } = this.#holders;
    const now = this.#now();
    const actions: Action[] = [
      {
        put: { ...keys.lease(stack), fields: { fence, holder, since: now, until: now + this.#ttlMs } },
        // `until` too: a holder that has just renewed has not lost it.
        if: item === undefined ? 'absent' : item.fields,
      },
    ];
    const unfinished = String(head?.fields['unfinished'] ?? '');
    // A run that begins meanwhile would keep its old fence: read again then.
    actions.push({ check: keys.stackHead(stack), if: head === undefined ? 'absent' : { unfinished } });
    if (unfinished !== '') {
      const run = await this.#table.get(keys.runHead(unfinished));
      if (run !== undefined) {
        actions.push({ update: keys.runHead(unfinished), set: { fence }, if: { fence: run.fields['fence'] ?? 0 } });
      }
    }
    await this.#table.write(actions);
    return { stack, fence, holder };
  }

  async renew({ stack, fence, holder }: Lease): Promise<void> {
    const until = this.#now() + this.#ttlMs;
    try {
      await this.#table.write([{ update: keys.lease(stack), set: { until }, if: { fence, holder } }]);
    } catch (error) {
      throw error instanceof ConditionFailed ? lost(stack, fence) : error;
    }
  }

  /** Nothing happens when it is no longer this lease that counts. */
  async release({ stack, fence, holder }: Lease): Promise<void> {
    try {
      await this.#table.write([{ update: keys.lease(stack), set: { holder: '', until: 0 }, if: { fence, holder } }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  /** Whether it is this lease that counts. */
  async counts({ stack, fence, holder }: Lease): Promise<boolean> {
    const item = await this.#table.get(keys.lease(stack));
    return item?.fields['fence'] === fence && item.fields['holder'] === holder;
  }

  /** For a write that only the holder may make. */
  check({ stack, fence, holder }: Lease): Action {
    return { check: keys.lease(stack), if: { fence, holder } };
  }

  #isInTheWay(item: Item | undefined): boolean {
    const holder = item?.fields['holder'] ?? '';
    if (item === undefined || holder === '' || this.#now() >= Number(item.fields['until'])) return false;
    return !this.#holders.isGone(String(holder));
  }

  #held({ name }: StackKey, { fields }: Item): LeaseHeld {
    const who = this.#holders.describe?.(String(fields['holder'])) ?? 'another process';
    return new LeaseHeld(`Stack ${name} is held by ${who} since ${new Date(Number(fields['since'])).toISOString()}.`, {
      help: 'Wait for it to end, or stop its run.',
      ways: [{ action: 'status', stack: name }],
    });
  }
}

function lost({ name }: StackKey, fence: number): LeaseLost {
  return new LeaseLost(`lease ${fence} of stack ${name} no longer counts`);
}
