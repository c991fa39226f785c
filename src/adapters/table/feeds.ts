// What runs tell, on a table: one item per batch, numbered without a hole, so that nobody who reads on misses one.
import type { RunEvent } from '../../app/documents/events.ts';
import type { Feeds } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import { keep, kept, parsed } from './content.ts';
import { eventsName, keys, TOLD } from './keys.ts';
import { type Item, MOST_BODY_BYTES, retried, type Table } from './table.ts';

const LIVES_S = 30 * 24 * 60 * 60;
// An item holds 400 KB; a batch that does not fit is a blob.
const PAGE = 100;

export class TableFeeds implements Feeds {
  readonly #table: Table;
  readonly #blobs: Blobs;
  readonly #now: () => number;
  /** The last number of each run that this process has written. */
  readonly #last = new Map<string, number>();

  constructor(table: Table, blobs: Blobs, now: () => number) {
    this.#table = table;
    this.#blobs = blobs;
    this.#now = now;
  }

  async append(runId: string, events: readonly RunEvent[]): Promise<void> {
    const body = JSON.stringify(events);
    const content =
      Buffer.byteLength(body) <= MOST_BODY_BYTES
        ? { fields: {}, body }
        : { fields: { blob: await keep(this.#blobs, 'document', events) } };
    const expiresAt = Math.ceil(this.#now() / 1_000) + LIVES_S;
    await retried(async () => {
      const number = (this.#last.get(runId) ?? (await this.#newest(runId))) + 1;
      // Another worker may have told something meanwhile: looked up anew then.
      this.#last.delete(runId);
      await this.#table.write([{ put: { ...keys.told(runId, number), ...content, expiresAt }, if: 'absent' }]);
      this.#last.set(runId, number);
    });
  }

  async read(runId: string, after: number): Promise<{ events: RunEvent[]; next: number }> {
    const query = { prefix: TOLD, after: eventsName(after), limit: PAGE };
    const { items } = await this.#table.query(keys.runPartition(runId), query);
    const batches = await Promise.all(items.map((item) => this.#batch(item)));
    const last = items.at(-1);
    return { events: batches.flat(), next: last === undefined ? after : numberOf(last) };
  }

  async #newest(runId: string): Promise<number> {
    const query = { prefix: TOLD, limit: 1, newestFirst: true };
    const [newest] = (await this.#table.query(keys.runPartition(runId), query)).items;
    return newest === undefined ? 0 : numberOf(newest);
  }

  async #batch({ fields, body }: Item): Promise<RunEvent[]> {
    const { blob } = fields;
    return blob === undefined ? parsed(body, 'what a run told') : kept(this.#blobs, 'document', String(blob));
  }
}

function numberOf({ sk }: Item): number {
  return Number(sk.slice(TOLD.length));
}
