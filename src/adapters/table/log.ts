// The log on a table: its head, tiles and entries in one partition, and with each run which entries are about it. The
// head's size is the condition of every append, so that two writers never continue the same log differently.
import type { Tile } from '#wasm';
import type { Log, LogAppend, LogEntry, LogHead, Page } from '../../app/ports.ts';
import { corrupt } from './content.ts';
import { entryName, keys, SAID } from './keys.ts';
import { ConditionFailed, type Item, type Table } from './table.ts';

const ENTRY = 'entry#';

export class TableLog implements Log {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async head(): Promise<LogHead | undefined> {
    const item = await this.#table.get(keys.logHead);
    if (item === undefined) return undefined;
    const { origin, size, latest } = item.fields;
    if (typeof size !== 'number' || item.body === undefined) throw corrupt('the head of the log is none');
    return { origin: String(origin), size, latest: String(latest), checkpoint: item.body };
  }

  async append({ from, head, tiles, entries }: LogAppend): Promise<boolean> {
    const { checkpoint, ...fields } = head;
    const condition = from === 0 ? ('absent' as const) : { size: from, origin: head.origin };
    try {
      await this.#table.write([
        { put: { ...keys.logHead, fields, body: checkpoint }, if: condition },
        ...tiles.map(({ level, index, hashes }) => ({
          put: { ...keys.tile(level, index), fields: { level, index }, body: hashes },
        })),
        ...entries.map(({ index, runId, text }) => ({
          put: { ...keys.entry(index), fields: { runId, index }, body: text },
          if: 'absent' as const,
        })),
        ...entries.map(({ index, runId }) => ({ put: { ...keys.said(runId, index), fields: { index } } })),
      ]);
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  async tiles(places: readonly (readonly [number, number])[]): Promise<Tile[]> {
    const items = await Promise.all(places.map(([level, index]) => this.#table.get(keys.tile(level, index))));
    return items.filter((item) => item !== undefined).map(tileFrom);
  }

  async entries({ from, limit }: { from: number; limit: number }): Promise<LogEntry[]> {
    const query = { prefix: ENTRY, limit, ...(from === 0 ? {} : { after: entryName(from - 1) }) };
    return (await this.#table.query(keys.logPartition, query)).items.map(entryFrom);
  }

  async ofRun(runId: string, next?: string): Promise<Page<LogEntry>> {
    const found = await this.#table.query(keys.runPartition(runId), { prefix: SAID, after: next, limit: 50 });
    const items = await Promise.all(found.items.map(({ fields }) => this.#entry(Number(fields['index']))));
    return found.next === undefined ? { items } : { items, next: found.next };
  }

  async #entry(index: number): Promise<LogEntry> {
    const item = await this.#table.get(keys.entry(index));
    if (item === undefined) throw corrupt(`entry ${index} of the log is missing`);
    return entryFrom(item);
  }
}

function tileFrom({ fields, body }: Item): Tile {
  return { level: Number(fields['level']), index: Number(fields['index']), hashes: body ?? '' };
}

function entryFrom({ fields, body }: Item): LogEntry {
  return { index: Number(fields['index']), runId: String(fields['runId']), text: body ?? '' };
}
