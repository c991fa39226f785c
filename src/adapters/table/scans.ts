// Documents of scans on a table: a small row for a week, the document in a blob.
import type { ScanHead, Scans } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import type { ScanDocument } from '../../app/scan.ts';
import { keep, kept } from './content.ts';
import { keys } from './keys.ts';
import type { Table } from './table.ts';

const LIVES_S = 7 * 24 * 60 * 60;

export class TableScans implements Scans {
  readonly #table: Table;
  readonly #blobs: Blobs;

  constructor(table: Table, blobs: Blobs) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async keep({ id, ...head }: ScanHead, document: ScanDocument): Promise<void> {
    const fields = { ...head, document: await keep(this.#blobs, 'document', document) };
    const expiresAt = Math.ceil(head.at / 1_000) + LIVES_S;
    await this.#table.write([{ put: { ...keys.scan(id), fields, expiresAt }, if: 'absent' }]);
  }

  async head(id: string): Promise<ScanHead | undefined> {
    const item = await this.#table.get(keys.scan(id));
    if (item === undefined) return undefined;
    const { by, stack, at } = item.fields;
    return { id, by: String(by), at: Number(at), ...(stack === undefined ? {} : { stack: String(stack) }) };
  }

  async document(id: string): Promise<ScanDocument | undefined> {
    const item = await this.#table.get(keys.scan(id));
    return item === undefined
      ? undefined
      : kept<ScanDocument>(this.#blobs, 'document', String(item.fields['document']));
  }
}
