// The embedded store as the contract suites open it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/embedded/database.ts';
import { openStore } from '../../src/adapters/embedded/store.ts';
import { SqliteTable } from '../../src/adapters/embedded/table.ts';
import type { StoreModule } from './world.ts';

export const module: StoreModule<string> = {
  place: () => mkdtemp(join(tmpdir(), 'assent-store-')),
  open: (dir, options) => openStore(dir, options),
  openTable: async (dir, { now }) => new SqliteTable(openDatabase(dir), now),
  remove: (dir) => rm(dir, { recursive: true }),
  url: import.meta.url,
};
