// One writer per stack: a lease with a fence that grows with every holder (DESIGN, "Lease with fencing").
//
// A lease ends by release, by expiry, or at once when its process has certainly ended. Expiry alone takes nothing away:
// until somebody else takes the lease its holder may renew it and write. `check` belongs into the transaction that
// writes; that, not the clock, is what keeps a holder that slept too long from writing.
import { type Lease, LeaseLost } from '../../app/ports.ts';
import { LeaseHeld } from '../../domain/errors.ts';
import type { Database, Row } from './database.ts';
import { type Holder, isGone, parseHolder, thisProcess } from './holder.ts';

export class Leases {
  readonly #db: Database;
  readonly #now: () => number;
  readonly #ttl: number;
  readonly #me: Holder = thisProcess();

  constructor(db: Database, now: () => number, ttlMs: number) {
    this.#db = db;
    this.#now = now;
    this.#ttl = ttlMs;
  }

  /** Whether somebody would be in the way of taking it. */
  isHeld(stack: string): boolean {
    return this.#inTheWay(this.#row(stack)) !== undefined;
  }

  /** @throws LeaseHeld naming the holder. */
  acquire(stack: string): Lease {
    return this.#db.write(() => {
      const now = this.#now();
      const row = this.#row(stack);
      const other = this.#inTheWay(row);
      if (other !== undefined) throw held(stack, other, Number(row?.['since']), this.#me);
      const fence = Number(row?.['fence'] ?? 0) + 1;
      const holder = JSON.stringify(this.#me);
      this.#db.run(
        `INSERT INTO leases (stack, fence, holder, since, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (stack) DO UPDATE SET fence = excluded.fence, holder = excluded.holder, since = excluded.since,
           expires_at = excluded.expires_at`,
        stack,
        fence,
        holder,
        now,
        now + this.#ttl,
      );
      return { stack, fence, holder };
    });
  }

  /** @throws LeaseLost when it is no longer this lease that counts. */
  renew(lease: Lease): void {
    const expiry = this.#now() + this.#ttl;
    const renewed = this.#db.run(
      'UPDATE leases SET expires_at = ? WHERE stack = ? AND fence = ? AND holder IS NOT NULL',
      expiry,
      lease.stack,
      lease.fence,
    );
    if (renewed === 0) throw lost(lease);
  }

  /** Gives it back; nothing happens when it is no longer this lease that counts. */
  release({ stack, fence }: Lease): void {
    this.#db.run('UPDATE leases SET holder = NULL, expires_at = 0 WHERE stack = ? AND fence = ?', stack, fence);
  }

  /** Inside the transaction that writes. @throws LeaseLost */
  check(lease: Lease): void {
    const row = this.#db.get('SELECT fence, holder FROM leases WHERE stack = ?', lease.stack);
    if (row?.['fence'] !== lease.fence || row['holder'] === null) throw lost(lease);
  }

  #row(stack: string): Row | undefined {
    return this.#db.get('SELECT fence, holder, since, expires_at FROM leases WHERE stack = ?', stack);
  }

  /** The holder that has not let go, not expired and not certainly ended; null: there is one, nobody knows which. */
  #inTheWay(row: Row | undefined): Holder | null | undefined {
    const current = row?.['holder'];
    if (typeof current !== 'string' || this.#now() >= Number(row?.['expires_at'])) return undefined;
    const holder = parseHolder(current);
    return holder === null || !isGone(holder, this.#me) ? holder : undefined;
  }
}

function lost({ stack, fence }: Lease): LeaseLost {
  return new LeaseLost(`lease ${fence} of stack ${stack} no longer counts`);
}

function held(stack: string, holder: Holder | null, since: number, me: Holder): LeaseHeld {
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid}${holder.host === me.host ? '' : ` on ${holder.host}`}${holder.pid === me.pid && holder.host === me.host ? ' (this one)' : ''}`;
  return new LeaseHeld(`Stack ${stack} is held by ${who} since ${new Date(since).toISOString()}.`, {
    help: `Wait for it to end, or stop its run: assent status --stack ${stack}, then assent cancel RUN.`,
  });
}
