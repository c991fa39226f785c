// The memory store as the contract suites open it: a place is an object that its openings share.
import { Memory, MemoryTable, openMemoryStore } from '../../src/adapters/memory/store.ts';
import type { StoreModule } from './world.ts';

export const module: StoreModule<Memory> = {
  place: async () => new Memory(),
  open: async (place, { now }) => openMemoryStore({ now, holder: `process ${process.pid}` }, place),
  openTable: async (place, { now }) => new MemoryTable(place, now),
  remove: async () => undefined,
};
