// The embedded store: one SQLite file in a folder that any number of processes share.
import { LEASE_MS, type Store } from '../../app/ports.ts';
import { storeOn } from '../table/store.ts';
import { openDatabase } from './database.ts';
import { describeHolder, isGone, parseHolder, thisProcess } from './holder.ts';
import { SqliteBlobs, SqliteTable } from './table.ts';

export interface StoreOptions {
  /** ms since the epoch. */
  now: () => number;
  /** How long a lease lasts unless renewed. */
  leaseMs?: number;
  /** A folder that cannot be written is opened all the same; every write is refused then. */
  mayOnlyRead?: boolean;
}

/**
 * Opens the store in `dir`, creating what is missing (folder 0700, file 0600) and migrating what is older.
 * Rejects with InvalidInput: `state_too_new`, `state_corrupt`, `state_not_writable`.
 */
export async function openStore(
  dir: string,
  { now, leaseMs = LEASE_MS, mayOnlyRead = false }: StoreOptions,
): Promise<Store> {
  const db = openDatabase(dir, { mayOnlyRead });
  const me = thisProcess();
  return storeOn(new SqliteTable(db, now), new SqliteBlobs(db), {
    now,
    leaseMs,
    holder: JSON.stringify(me),
    isGone: (text) => {
      const holder = parseHolder(text);
      return holder !== null && isGone(holder, me);
    },
    describe: (text) => describeHolder(parseHolder(text), me),
  });
}
