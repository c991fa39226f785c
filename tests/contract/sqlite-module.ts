// The embedded store as the contract suites open it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../src/adapters/embedded/database.ts';
import { openStore } from '../../src/adapters/embedded/store.ts';
import { SqliteTable } from '../../src/adapters/embedded/table.ts';
import type { StoreModule } from './world.ts';

export const module: StoreModule<string> = {
  place: () => mkdtemp(join(tmpdir(), 'assent-store-')),
  open: (dir, options) => openStore(dir, options),
  openTable: async (dir, { now }) => new SqliteTable(openDatabase(dir), now),
  async asNewer(dir) {
    const version = (wanted: string) => {
      const db = new DatabaseSync(join(dir, 'assent.db'));
      const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
      db.exec(`PRAGMA user_version = ${wanted}`);
      db.close();
      return user_version;
    };
    const before = version('99');
    return async () => void version(`${before}`);
  },
  remove: (dir) => rm(dir, { recursive: true }),
  url: import.meta.url,
};
