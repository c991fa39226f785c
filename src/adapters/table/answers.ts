// Answers on a table: one item each, which vanishes by itself.
import type { Answers } from '../../app/ports.ts';
import { keys } from './keys.ts';
import type { Table } from './table.ts';

export class TableAnswers implements Answers {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#table.get(keys.answer(key)))?.body;
  }

  async keep(key: string, text: string, expiresAt: number): Promise<void> {
    const item = { ...keys.answer(key), fields: {}, body: text, expiresAt: Math.ceil(expiresAt / 1_000) };
    await this.#table.write([{ put: item }]);
  }
}
