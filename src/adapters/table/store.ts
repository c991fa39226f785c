// All ports over one table and one place for blobs: what every store is, whatever lies below.
import { type Blobs, LEASE_MS, type Store } from '../../app/ports.ts';
import { TableAnswers } from './answers.ts';
import { TableExports } from './exports.ts';
import { type Holders, TableLeases } from './leases.ts';
import { TableLog } from './log.ts';
import { TableMeasures } from './measures.ts';
import { TableNotes } from './notes.ts';
import { TableRuns } from './runs.ts';
import { TableStacks } from './stacks.ts';
import type { Table } from './table.ts';

export interface TableStoreOptions extends Holders {
  /** ms since the epoch. */
  now: () => number;
  /** How long a lease lasts unless renewed. */
  leaseMs?: number;
  /** Which of the sums of measurements this process adds to; default the first. */
  shard?: number;
}

/** A store whose items are in `table` and whose blobs are in `blobs`; closing it closes the table. */
export function storeOn(table: Table, blobs: Blobs, options: TableStoreOptions): Store {
  const { now, leaseMs = LEASE_MS, shard = 0 } = options;
  const stacks = new TableStacks(table, blobs);
  const leases = new TableLeases(table, now, leaseMs, options);
  return {
    stacks,
    runs: new TableRuns(table, blobs, leases, stacks),
    blobs,
    measures: new TableMeasures(table, blobs, shard),
    limits: new TableNotes(table, 'limits'),
    estimates: new TableNotes(table, 'estimates'),
    drifts: new TableNotes(table, 'drifts'),
    answers: new TableAnswers(table),
    exports: new TableExports(table, leases),
    log: new TableLog(table),
    close: () => table.close(),
  };
}
