// The embedded store: one SQLite file in a folder that any number of processes share.
import { LEASE_MS, type Store } from '../../app/ports.ts';
import { SealedTable, sealedBlobs } from '../table/sealed.ts';
import { Sealer } from '../table/sealer.ts';
import { storeOn } from '../table/store.ts';
import { openDatabase } from './database.ts';
import { describeHolder, isGone, parseHolder, thisProcess } from './holder.ts';
import { localDataKeys } from './state-key.ts';
import { SqliteBlobs, SqliteTable } from './table.ts';

export interface StoreOptions {
  /** ms since the epoch. */
  now: () => number;
  /** How long a lease lasts unless renewed. */
  leaseMs?: number;
  /** A folder that cannot be written is opened all the same; every write is refused then. */
  mayOnlyRead?: boolean;
  /** What is kept is sealed with it: 32 bytes in Base64, or a file of them. */
  stateKey?: string | undefined;
}

/**
 * Opens the store in `dir`, creating what is missing (folder 0700, file 0600) and migrating what is older.
 * Rejects with InvalidInput: `state_too_new`, `state_corrupt`, `state_not_writable`, `state_key_unreadable`; every read of
 * what was sealed with no such key, with `state_sealed`.
 */
export async function openStore(
  dir: string,
  { now, leaseMs = LEASE_MS, mayOnlyRead = false, stateKey }: StoreOptions,
): Promise<Store> {
  const sealer = stateKey === undefined ? undefined : new Sealer(localDataKeys(stateKey), now);
  const db = openDatabase(dir, { mayOnlyRead });
  const me = thisProcess();
  return storeOn(new SealedTable(new SqliteTable(db, now), sealer), sealedBlobs(new SqliteBlobs(db), sealer), {
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
