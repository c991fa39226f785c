// A table and blobs whose texts are sealed where they are kept: bodies of items and blobs, which hold templates, parameters,
// plans, and what is known of resources. Keys and fields stay readable, since conditions look at them; so does what is
// measured and the log, which is there to be shown.
//
// What was kept before there was a key is read as it is, and sealed when it is written again.
import type { Blobs, Page } from '../../app/ports.ts';
import { isSealed, type Sealer, stateSealed } from './sealer.ts';
import type { Action, Item, ItemKey, Query, Table } from './table.ts';

const OPEN = /^(measures|log|(limits|estimates)#.*)$/s;

/** Without a sealer it seals nothing, and refuses by name what is sealed. */
export class SealedTable implements Table {
  readonly #table: Table;
  readonly #sealer: Sealer | undefined;

  constructor(table: Table, sealer: Sealer | undefined) {
    this.#table = table;
    this.#sealer = sealer;
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    const item = await this.#table.get(key);
    return item === undefined ? undefined : this.#opened(item);
  }

  async query(pk: string, query: Query): Promise<Page<Item>> {
    const page = await this.#table.query(pk, query);
    return { ...page, items: await Promise.all(page.items.map((item) => this.#opened(item))) };
  }

  async write(actions: readonly Action[]): Promise<void> {
    await this.#table.write(await Promise.all(actions.map((action) => this.#sealed(action))));
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  async #sealed(action: Action): Promise<Action> {
    if (this.#sealer === undefined || !('put' in action)) return action;
    const { put } = action;
    if (put.body === undefined || OPEN.test(put.pk)) return action;
    return { ...action, put: { ...put, body: await this.#sealer.seal(put.body, placeOf(put)) } };
  }

  async #opened(item: Item): Promise<Item> {
    if (item.body === undefined || OPEN.test(item.pk)) return item;
    return { ...item, body: await opened(item.body, placeOf(item), this.#sealer) };
  }
}

/** The same for blobs. */
export function sealedBlobs(blobs: Blobs, sealer: Sealer | undefined): Blobs {
  const placeOf = (kind: string, digest: string) => `${kind}/${digest}`;
  return {
    async put(kind, digest, text) {
      const isOpen = sealer === undefined || kind === 'list';
      await blobs.put(kind, digest, isOpen ? text : await sealer.seal(text, placeOf(kind, digest)));
    },
    async get(kind, digest) {
      const text = await blobs.get(kind, digest);
      return text === undefined ? undefined : opened(text, placeOf(kind, digest), sealer);
    },
  };
}

async function opened(text: string, place: string, sealer: Sealer | undefined): Promise<string> {
  if (!isSealed(text)) return text;
  if (sealer === undefined) throw stateSealed(`${place} was kept with a key`);
  return sealer.open(text, place);
}

function placeOf({ pk, sk }: ItemKey): string {
  return JSON.stringify([pk, sk]);
}
