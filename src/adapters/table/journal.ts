// A run's journal: one item per turn of its engine, events and changes together. A turn too large for an item is a blob
// that the item names.
import type { Blobs, Page, Turn } from '../../app/ports.ts';
import { corrupt, keep, kept, parsed } from './content.ts';
import { keys, TURN, turnName } from './keys.ts';
import { type Item, MOST_BODY_BYTES, type Table } from './table.ts';

const PAGE = 100;

/** The item of turn `number` (the first is 1). */
export async function turnItem(blobs: Blobs, runId: string, number: number, turn: Turn): Promise<Item> {
  const { entries, record, forget } = turn;
  const value = { entries, record, forget };
  const body = JSON.stringify(value);
  const key = keys.turn(runId, number);
  if (Buffer.byteLength(body) <= MOST_BODY_BYTES) return { ...key, fields: {}, body };
  return { ...key, fields: { blob: await keep(blobs, 'turn', value) } };
}

/** A page of turns behind the first `from`. Rejects with `state_corrupt` where one is missing. */
export async function journalPage(
  table: Table,
  blobs: Blobs,
  runId: string,
  { from, limit = PAGE }: { from: number; limit?: number | undefined },
): Promise<Page<Turn>> {
  const pk = keys.runPartition(runId);
  const head = await table.get(keys.runHead(runId));
  const end = Number(head?.fields['seq'] ?? 0);
  const { items, next } = await table.query(pk, { prefix: TURN, after: turnName(from), limit });
  const turns: Turn[] = [];
  for (const item of items) {
    // Replaying a journal with a hole would repeat what was done: better not at all.
    if (item.sk !== turnName(from + turns.length + 1)) break;
    turns.push(await turnFrom(blobs, item));
  }
  if (turns.length < items.length || (next === undefined && from + turns.length < end)) {
    throw corrupt(`the journal of run ${runId} is not complete`);
  }
  return next === undefined ? { items: turns } : { items: turns, next: String(from + turns.length) };
}

/** All turns behind the first `from`. */
export async function* journalOf(table: Table, blobs: Blobs, runId: string, from = 0): AsyncGenerator<Turn, void> {
  for (let at = from; ; ) {
    const { items, next } = await journalPage(table, blobs, runId, { from: at });
    yield* items;
    if (next === undefined) return;
    at = Number(next);
  }
}

async function turnFrom(blobs: Blobs, { fields, body }: Item): Promise<Turn> {
  const blob = fields['blob'];
  return blob === undefined ? parsed<Turn>(body, 'a turn') : kept<Turn>(blobs, 'turn', String(blob));
}
