// Notes on a table: a text with a version that every change moves on.
import type { ChangeNote, Notes } from '../../app/ports.ts';
import { keys, type NoteKind } from './keys.ts';
import { retried, type Table } from './table.ts';

export class TableNotes implements Notes {
  readonly #table: Table;
  readonly #kind: NoteKind;

  constructor(table: Table, kind: NoteKind) {
    this.#table = table;
    this.#kind = kind;
  }

  async get(name: string): Promise<string | undefined> {
    return (await this.#table.get(keys.note(this.#kind, name)))?.body;
  }

  async change(name: string, change: ChangeNote): Promise<void> {
    await retried(async () => {
      const key = keys.note(this.#kind, name);
      const item = await this.#table.get(key);
      const version = Number(item?.fields['version'] ?? 0);
      const body = change(item?.body);
      await this.#table.write([
        { put: { ...key, fields: { version: version + 1 }, body }, if: item === undefined ? 'absent' : { version } },
      ]);
    });
  }
}
