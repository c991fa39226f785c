// Measurements on a table. A run's stand under its name, so that putting them twice counts once; what processes measure
// is merged into one of a few sums, chosen by who measures, so that many at once rarely meet.

import { Bounded } from '../../app/measure/bounded.ts';
import type { Blobs, MeasuredRun, Measures, Page, PageOf } from '../../app/ports.ts';
import type { Measured } from '../../domain/metrics.ts';
import { corrupt, keep, kept, parsed } from './content.ts';
import { MEASURES } from './keys.ts';
import { type Item, MOST_BODY_BYTES, retried, type Table } from './table.ts';

const PAGE = 50;
const RUN = 'run#';

/** JSON has no bytes: a sketch is Base64 there. */
type Kept =
  | Exclude<Measured, { kind: 'distribution' }>
  | (Omit<Extract<Measured, { kind: 'distribution' }>, 'sketch'> & { sketch: string });

export class TableMeasures implements Measures {
  readonly #table: Table;
  readonly #blobs: Blobs;
  readonly #sum: string;

  /** `shard`: which of the sums this process adds to. */
  constructor(table: Table, blobs: Blobs, shard: number) {
    this.#table = table;
    this.#blobs = blobs;
    this.#sum = `sum#${shard}`;
  }

  async put(source: string, measured: readonly Measured[]): Promise<void> {
    await this.#table.write([{ put: await this.#item(`${RUN}${source}`, measured, {}) }]);
  }

  async add(measured: readonly Measured[]): Promise<void> {
    await retried(async () => {
      const item = await this.#table.get({ pk: MEASURES, sk: this.#sum });
      const sum = new Bounded();
      for (const part of item === undefined ? [] : await this.#measured(item)) sum.add(part);
      for (const part of measured) sum.add(part);
      const version = Number(item?.fields['version'] ?? 0);
      const put = await this.#item(this.#sum, sum.parts(), { version: version + 1 });
      await this.#table.write([{ put, if: item === undefined ? 'absent' : { version } }]);
    });
  }

  async list({ next, limit = PAGE }: PageOf = {}): Promise<Page<Measured>> {
    const found = await this.#table.query(MEASURES, { prefix: '', after: next, limit });
    const items = (await Promise.all(found.items.map((item) => this.#measured(item)))).flat();
    return found.next === undefined ? { items } : { items, next: found.next };
  }

  async runs({ next, limit = PAGE }: PageOf = {}): Promise<Page<MeasuredRun>> {
    const found = await this.#table.query(MEASURES, { prefix: RUN, after: next, limit, newestFirst: true });
    const items = await Promise.all(
      found.items.map(async (item) => {
        const [runId = ''] = item.sk.slice(RUN.length).split('/');
        return { runId, measured: await this.#measured(item) };
      }),
    );
    return found.next === undefined ? { items } : { items, next: found.next };
  }

  async #item(sk: string, measured: readonly Measured[], fields: Record<string, number>): Promise<Item> {
    const value = measured.map(
      (one): Kept =>
        one.kind === 'distribution' ? { ...one, sketch: Buffer.from(one.sketch).toString('base64') } : one,
    );
    const body = JSON.stringify(value);
    if (Buffer.byteLength(body) <= MOST_BODY_BYTES) return { pk: MEASURES, sk, fields, body };
    return { pk: MEASURES, sk, fields: { ...fields, blob: await keep(this.#blobs, 'document', value) } };
  }

  async #measured({ sk, fields, body }: Item): Promise<Measured[]> {
    const blob = fields['blob'];
    const value =
      blob === undefined ? parsed<Kept[]>(body, sk) : await kept<Kept[]>(this.#blobs, 'document', String(blob));
    if (!Array.isArray(value)) throw corrupt(`${sk} holds no measurements`);
    return value.map((one) =>
      one.kind === 'distribution' ? { ...one, sketch: new Uint8Array(Buffer.from(one.sketch, 'base64')) } : one,
    );
  }
}
