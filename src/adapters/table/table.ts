// The one thing that every store must have: a table of small items, written by conditions. All ports but blobs are kept
// on it (this folder), so that SQLite, memory and DynamoDB differ in these three methods only.
//
// Shaped after DynamoDB, whose limits hold everywhere: an item has a partition and a sort key, a few scalar fields that
// conditions may look at, and a body; a write is one transaction of at most 100 actions.
// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
import type { Page } from '../../app/ports.ts';

/** Where an item is. Sort keys order as UTF-8 bytes. */
export interface ItemKey {
  pk: string;
  sk: string;
}

export type Fields = Readonly<Record<string, string | number>>;

export interface Item extends ItemKey {
  /** What conditions look at. */
  fields: Fields;
  /** Text that only its reader understands. */
  body?: string;
  /** Seconds since the epoch after which it may vanish; it is not read any more then. */
  expiresAt?: number;
}

/** `absent`: there is no item. Otherwise there is one, and these fields have these values. */
export type Condition = 'absent' | Fields;

/** `update` changes fields of an item that its condition finds (`null` removes one); its body stays. */
export type Action =
  | { put: Item; if?: Condition }
  | { update: ItemKey; set: Readonly<Record<string, string | number | null>>; if: Fields }
  | { delete: ItemKey; if?: Condition }
  | { check: ItemKey; if: Condition };

/** The item that an action is about. */
export function keyOf(action: Action): ItemKey {
  if ('put' in action) return action.put;
  if ('update' in action) return action.update;
  return 'delete' in action ? action.delete : action.check;
}

/** The item after an action; `undefined`: there is none. */
export function after(item: Item | undefined, action: Action): Item | undefined {
  if ('put' in action) return action.put;
  if ('delete' in action) return undefined;
  if ('check' in action || item === undefined) return item;
  const fields = Object.entries({ ...item.fields, ...action.set }).filter(
    (field): field is [string, string | number] => field[1] !== null,
  );
  return { ...item, fields: Object.fromEntries(fields) };
}

/** A query within one partition. */
export interface Query {
  /** Sort keys that begin so. */
  prefix: string;
  /** Only sort keys behind this one, in the order of the query. */
  after?: string | undefined;
  /** At least 1. */
  limit: number;
  newestFirst?: boolean;
}

export interface Table {
  /** As all writes that resolved before have left it. */
  get(key: ItemKey): Promise<Item | undefined>;
  /** As all writes that resolved before have left it; a last page may be empty. */
  query(pk: string, query: Query): Promise<Page<Item>>;
  /** All of it, durable when it resolves, or none: rejects with ConditionFailed when a condition does not hold. */
  write(actions: readonly Action[]): Promise<void>;
  close(): Promise<void>;
}

/** Somebody else has written meanwhile. */
export class ConditionFailed extends Error {
  override name = 'ConditionFailed';
}

export const MOST_ACTIONS = 100;
/** DynamoDB's 400 KB, less what names and numbers take. */
export const MOST_BYTES = 390_000;
/** What a body may have where a blob can take its place: sealed, it is a third longer. */
export const MOST_BODY_BYTES = 280_000;
export const MOST_KEY_BYTES = { pk: 2_048, sk: 1_024 } as const;

/** Throws where DynamoDB would refuse: our mistake, found by every test on any table. */
export function checkLimits(actions: readonly Action[]): void {
  if (actions.length === 0 || actions.length > MOST_ACTIONS) throw new Error(`${actions.length} actions in one write`);
  const keys = new Set<string>();
  for (const action of actions) {
    const { pk, sk } = keyOf(action);
    checkKey('pk', pk);
    checkKey('sk', sk);
    const name = `${pk}\n${sk}`;
    if (keys.has(name)) throw new Error(`two actions on one item in one write: ${name}`);
    keys.add(name);
    if ('put' in action && sizeOf(action.put) > MOST_BYTES) throw new Error(`an item of ${sizeOf(action.put)} bytes`);
  }
}

/** Whether an item can be there: a key that is empty or too long has none, and DynamoDB refuses to look for it. */
export function canBe({ pk, sk }: ItemKey): boolean {
  return isKey('pk', pk) && isKey('sk', sk);
}

function isKey(part: keyof typeof MOST_KEY_BYTES, text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= MOST_KEY_BYTES[part];
}

function checkKey(part: keyof typeof MOST_KEY_BYTES, text: string): void {
  if (!isKey(part, text)) throw new Error(`a ${part} of ${Buffer.byteLength(text)} bytes`);
}

function sizeOf({ pk, sk, fields, body = '' }: Item): number {
  return Buffer.byteLength(`${pk}${sk}${JSON.stringify(fields)}`) + Buffer.byteLength(body);
}

/** Whether an item meets a condition. */
export function holds(item: Item | undefined, condition: Condition | undefined): boolean {
  if (condition === undefined) return true;
  if (condition === 'absent') return item === undefined;
  return item !== undefined && Object.entries(condition).every(([name, value]) => item.fields[name] === value);
}

/** Tries again what somebody else's write has disturbed; each try reads anew. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConditionFailed) || tries === TRIES) throw error;
    }
  }
}

// Each failure means that another one has succeeded, so more than this is no ordinary crowd.
const TRIES = 50;

/** Every item of a partition with this prefix; for partitions that one run or one read bounds. */
export async function* itemsOf(table: Table, pk: string, query: Omit<Query, 'limit'>): AsyncGenerator<Item, void> {
  for (let after = query.after; ; ) {
    const { items, next } = await table.query(pk, { ...query, after, limit: 100 });
    yield* items;
    if (next === undefined) return;
    after = next;
  }
}
