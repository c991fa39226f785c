// What every contract suite works in: a fresh place per test, a clock that the test turns, and as many openings of the
// place as it wants; several stand for several workers. All are closed and the place removed at the end.
import { afterEach, beforeEach } from 'vitest';
import type { Table } from '../../src/adapters/table/table.ts';
import type { Store } from '../../src/app/ports.ts';

/** What an adapter's module exports. Adapters that need a server get it from the environment their test sets up. */
export interface StoreModule<Place = unknown> {
  /** A fresh, empty storage. */
  place(): Promise<Place>;
  /** Opens it; several opens stand for several workers. */
  open(place: Place, options: { now: () => number }): Promise<Store>;
  /** Opens what lies below the ports. */
  openTable(place: Place, options: { now: () => number }): Promise<Table>;
  /** Removes a place that nobody has open any more. */
  remove(place: Place): Promise<void>;
  /** Where a place outlives a version: makes it one of a newer version; what it resolves with puts it back. */
  asNewer?(place: Place): Promise<() => Promise<void>>;
  /** What a body may have, where that is less than an item. */
  mostBodyBytes?: number;
  /** Where processes can open it: this module's address. A place is a text then. */
  url?: string;
}

export interface World {
  /** ms since the epoch, as every opening sees it. */
  now: number;
  place: unknown;
  open(): Promise<Store>;
  openTable(): Promise<Table>;
}

/** To be called inside `describe`. */
export function worldOf(module: StoreModule): World {
  let opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const options = { now: () => world.now };
  const world: World = {
    now: 0,
    place: undefined,
    open: async () => keep(await module.open(world.place, options)),
    openTable: async () => keep(await module.openTable(world.place, options)),
  };
  beforeEach(async () => {
    world.now = 1_800_000_000_000;
    world.place = await module.place();
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await module.remove(world.place);
  });
  return world;
}

/** Every item of a list, and that no page was longer than asked for. */
export async function paged<T>(
  limit: number,
  page: (next: string | undefined) => Promise<{ items: T[]; next?: string }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let next: string | undefined; ; ) {
    const part = await page(next);
    if (part.items.length > limit) throw new Error(`a page of ${part.items.length} items, ${limit} at most`);
    all.push(...part.items);
    if (part.next === undefined) return all;
    if (part.next === next) throw new Error('a page names itself as the next');
    next = part.next;
  }
}
