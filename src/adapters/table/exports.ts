// Exports on a table: a name is claimed by a condition on its owner.
import type { Export, Exports, Page, PageOf } from '../../app/ports.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { type Place, type StackKey, stackText } from '../../domain/stack.ts';
import { parsed } from './content.ts';
import { IMPORTER, keys } from './keys.ts';
import { ConditionFailed, type Item, retried, type Table } from './table.ts';

const MOST_LISTED = 100;
const MOST_BYTES = 300_000;

export class TableExports implements Exports {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async get(place: Place, name: string): Promise<Export | undefined> {
    const item = await this.#table.get(keys.export(place, name));
    return item === undefined ? undefined : exportFrom(item);
  }

  async list(place: Place, { next, limit = MOST_LISTED }: PageOf = {}): Promise<Page<Export>> {
    const found = await this.#table.query(keys.exportsPartition(place), { prefix: '', after: next, limit });
    const items = found.items.map(exportFrom);
    return found.next === undefined ? { items } : { items, next: found.next };
  }

  async claim(wanted: Export): Promise<StackKey | undefined> {
    const body = JSON.stringify(wanted);
    if (Buffer.byteLength(body) > MOST_BYTES) {
      throw new InvalidInput('export_too_large', `The value of export ${wanted.name} is too large.`);
    }
    return retried(async () => {
      const key = keys.export(wanted.owner, wanted.name);
      const item = await this.#table.get(key);
      const owner = stackText(wanted.owner);
      const before = item === undefined ? undefined : exportFrom(item);
      if (before !== undefined && stackText(before.owner) !== owner) return before.owner;
      // A claim before the value is known takes nothing from those who read the old one.
      if (before !== undefined && wanted.value === undefined) return undefined;
      await this.#table.write([
        { put: { ...key, fields: { owner }, body }, if: before === undefined ? 'absent' : { owner } },
      ]);
      return undefined;
    });
  }

  async release(name: string, owner: StackKey): Promise<void> {
    try {
      await this.#table.write([{ delete: keys.export(owner, name), if: { owner: stackText(owner) } }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  async addImporter(name: string, importer: StackKey): Promise<void> {
    await this.#table.write([
      { put: { ...keys.importer(name, importer), fields: {}, body: JSON.stringify(importer) } },
    ]);
  }

  async removeImporter(name: string, importer: StackKey): Promise<void> {
    await this.#table.write([{ delete: keys.importer(name, importer) }]);
  }

  async importers(place: Place, name: string, { next, limit = MOST_LISTED }: PageOf = {}): Promise<Page<StackKey>> {
    const pk = keys.importersPartition(place, name);
    const found = await this.#table.query(pk, { prefix: IMPORTER, after: next, limit });
    const items = found.items.map(({ body }) => parsed<StackKey>(body, `an importer of ${name}`));
    return found.next === undefined ? { items } : { items, next: found.next };
  }
}

function exportFrom({ sk, body }: Item): Export {
  return parsed<Export>(body, `export ${sk}`);
}
