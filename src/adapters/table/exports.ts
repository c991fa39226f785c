// Exports on a table: a name is claimed by a condition on its owner.
import { type Export, type Exports, type Lease, LeaseLost, type Page, type PageOf } from '../../app/ports.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { type Place, type StackKey, stackText } from '../../domain/stack.ts';
import { parsed } from './content.ts';
import { IMPORTER, keys } from './keys.ts';
import type { TableLeases } from './leases.ts';
import {
  type Action,
  ConditionFailed,
  type Item,
  MOST_BODY_BYTES,
  MOST_KEY_BYTES,
  retried,
  type Table,
} from './table.ts';

const MOST_LISTED = 100;

export class TableExports implements Exports {
  readonly #table: Table;
  readonly #leases: TableLeases;

  constructor(table: Table, leases: TableLeases) {
    this.#table = table;
    this.#leases = leases;
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

  async claim(lease: Lease, { name, value }: Pick<Export, 'name' | 'value'>): Promise<StackKey | undefined> {
    const { stack } = lease;
    const wanted: Export = { name, owner: stack, ...(value === undefined ? {} : { value }) };
    const body = JSON.stringify(wanted);
    if (Buffer.byteLength(body) > MOST_BODY_BYTES || Buffer.byteLength(name) > MOST_KEY_BYTES.sk) {
      throw new InvalidInput('export_too_large', `Export ${name.slice(0, 100)} is too large.`);
    }
    return retried(async () => {
      const key = keys.export(stack, name);
      const item = await this.#table.get(key);
      const owner = stackText(stack);
      const before = item === undefined ? undefined : exportFrom(item);
      if (before !== undefined && stackText(before.owner) !== owner) return before.owner;
      // A claim before the value is known takes nothing from those who read the old one.
      if (before !== undefined && value === undefined) return undefined;
      const put = { ...key, fields: { owner }, body };
      await this.#write(lease, { put, if: before === undefined ? 'absent' : { owner } });
      return undefined;
    });
  }

  async release(lease: Lease, name: string): Promise<void> {
    const owner = stackText(lease.stack);
    try {
      await this.#write(lease, { delete: keys.export(lease.stack, name), if: { owner } });
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  /** Rejects with LeaseLost, or with ConditionFailed when it is the action that cannot be. */
  async #write(lease: Lease, action: Action): Promise<void> {
    try {
      await this.#table.write([this.#leases.check(lease), action]);
    } catch (error) {
      if (!(error instanceof ConditionFailed) || (await this.#leases.counts(lease))) throw error;
      throw new LeaseLost(`lease ${lease.fence} of stack ${lease.stack.name} no longer counts`);
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
