// A table that says which version wrote it, so that an older one does not misread what it finds: the embedded store's file
// has a number of its own for this (SQLite's user_version), a table in the cloud has an item.
//
// Read once per opening. Functions of an older version that are still busy while a newer one is installed write what they
// always wrote, and the newer one reads it.
import type { Page } from '../../app/ports.ts';
import { AssentError } from '../../domain/errors.ts';
import { keys } from './keys.ts';
import { type Action, ConditionFailed, type Item, type ItemKey, type Query, type Table } from './table.ts';

/**
 * What is kept, as this version writes it: items, blobs, entries of journals. It is raised when a version before would
 * misread what this one writes; what is older is read, or moved as it is found. A table that says none is of version 1.
 */
export const TABLE_VERSION = 1;

/** Every use rejects with AssentError `state_too_new`, and changes nothing, while the table is of a newer version. */
export class VersionedTable implements Table {
  readonly #table: Table;
  /** The version that the table says; `undefined`: it says none. */
  #found: Promise<number | undefined> | undefined;

  constructor(table: Table) {
    this.#table = table;
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    await this.#read();
    return this.#table.get(key);
  }

  async query(pk: string, query: Query): Promise<Page<Item>> {
    await this.#read();
    return this.#table.query(pk, query);
  }

  async write(actions: readonly Action[]): Promise<void> {
    while ((await this.#read()) !== TABLE_VERSION) await this.#mark();
    await this.#table.write(actions);
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  async #read(): Promise<number | undefined> {
    this.#found ??= this.#look();
    try {
      return await this.#found;
    } catch (error) {
      // The next use looks again: the table may be reachable by then, or have been put back.
      this.#found = undefined;
      throw error;
    }
  }

  async #look(): Promise<number | undefined> {
    const found = (await this.#table.get(keys.version))?.fields['version'];
    if (found !== undefined && Number(found) > TABLE_VERSION) throw tooNew(Number(found));
    return found === undefined ? undefined : Number(found);
  }

  /** Says that this version writes here from now on. */
  async #mark(): Promise<void> {
    const found = await this.#read();
    const put = { ...keys.version, fields: { version: TABLE_VERSION } };
    try {
      await this.#table.write([{ put, if: found === undefined ? 'absent' : { version: found } }]);
    } catch (error) {
      // Somebody else has said something.
      if (!(error instanceof ConditionFailed)) throw error;
    }
    this.#found = undefined;
  }
}

function tooNew(version: number): AssentError {
  return new AssentError(
    'state_too_new',
    `The table was written by a newer assent (version ${version}; this one knows up to ${TABLE_VERSION}).`,
    { help: 'Install that version again, or a newer one. Nothing was read or changed.', kind: 'failed' },
  );
}
