// A store that lives as long as its object: for tests, and to hold the others to the same contract.
import type { Blobs, Store } from '../../app/ports.ts';
import { storeOn } from '../table/store.ts';
import {
  type Action,
  after,
  ConditionFailed,
  checkLimits,
  holds,
  type Item,
  type ItemKey,
  keyOf,
  type Table,
} from '../table/table.ts';

/** What several stores in one process share. */
export class Memory {
  readonly items = new Map<string, Map<string, Item>>();
  readonly blobs = new Map<string, string>();
}

/** Opens a store over `memory`; several opens stand for several workers. */
export function openMemoryStore(
  { now, leaseMs, holder = 'memory' }: { now: () => number; leaseMs?: number; holder?: string },
  memory: Memory = new Memory(),
): Store {
  return storeOn(new MemoryTable(memory, now), blobsIn(memory), {
    now,
    holder,
    isGone: () => false,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
}

export class MemoryTable implements Table {
  readonly #memory: Memory;
  readonly #now: () => number;

  constructor(memory: Memory, now: () => number) {
    this.#memory = memory;
    this.#now = now;
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    return structuredClone(this.#find(key));
  }

  async query(
    pk: string,
    { prefix, after: behind, limit, newestFirst = false }: Parameters<Table['query']>[1],
  ): ReturnType<Table['query']> {
    const order = newestFirst ? -1 : 1;
    const found = [...(this.#memory.items.get(pk)?.values() ?? [])]
      .filter(({ sk }) => sk.startsWith(prefix) && (behind === undefined || byBytes(sk, behind) * order > 0))
      .filter((item) => !this.#isOver(item))
      .sort((one, other) => byBytes(one.sk, other.sk) * order);
    const items = structuredClone(found.slice(0, limit));
    const last = items.at(-1);
    return last === undefined || found.length <= limit ? { items } : { items, next: last.sk };
  }

  async write(actions: readonly Action[]): Promise<void> {
    checkLimits(actions);
    for (const action of actions) {
      const { pk, sk } = keyOf(action);
      if (!holds(this.#find({ pk, sk }), action.if)) throw new ConditionFailed(`${pk} ${sk}`);
    }
    for (const action of actions) {
      const { pk, sk } = keyOf(action);
      const item = after(this.#find({ pk, sk }), action);
      if (item === undefined) this.#partition(pk).delete(sk);
      else this.#partition(pk).set(sk, structuredClone(item));
    }
  }

  async close(): Promise<void> {}

  #find({ pk, sk }: ItemKey): Item | undefined {
    const item = this.#memory.items.get(pk)?.get(sk);
    return item === undefined || this.#isOver(item) ? undefined : item;
  }

  #isOver({ expiresAt }: Item): boolean {
    return expiresAt !== undefined && expiresAt * 1_000 <= this.#now();
  }

  #partition(pk: string): Map<string, Item> {
    let partition = this.#memory.items.get(pk);
    if (partition === undefined) {
      partition = new Map();
      this.#memory.items.set(pk, partition);
    }
    return partition;
  }
}

/** Its blobs. */
export function blobsIn({ blobs }: Memory): Blobs {
  return {
    async put(kind, digest, text) {
      const name = `${kind}/${digest}`;
      if (!blobs.has(name)) blobs.set(name, text);
    },
    async get(kind, digest) {
      return blobs.get(`${kind}/${digest}`);
    },
  };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
