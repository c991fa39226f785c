// The table of the embedded store: one SQLite table that any number of processes share. Every method is one transaction
// without an await inside, so it is atomic towards this process as well.
import type { Blobs, Page } from '../../app/ports.ts';
import {
  type Action,
  after,
  ConditionFailed,
  checkLimits,
  type Fields,
  holds,
  type Item,
  type ItemKey,
  keyOf,
  type Query,
  type Table,
} from '../table/table.ts';
import type { Database, Row } from './database.ts';

const END = Buffer.from([0xff]);

export class SqliteTable implements Table {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async get({ pk, sk }: ItemKey): Promise<Item | undefined> {
    return this.#find(pk, sk);
  }

  async query(pk: string, { prefix, after: behind, limit, newestFirst = false }: Query): Promise<Page<Item>> {
    // BINARY, SQLite's default collation, compares UTF-8 bytes, and no text holds the byte FF: all that begins with the
    // prefix lies between it and it with that byte behind.
    const [order, than] = newestFirst ? ['DESC', '<'] : ['ASC', '>'];
    const rows = this.#db.all(
      `SELECT * FROM items WHERE pk = ? AND sk >= ? AND sk < CAST(? AS TEXT) ${behind === undefined ? '' : `AND sk ${than} ?`}
       AND (expires_at IS NULL OR expires_at > ?) ORDER BY sk ${order} LIMIT ?`,
      pk,
      prefix,
      Buffer.concat([Buffer.from(prefix), END]),
      ...(behind === undefined ? [] : [behind]),
      this.#now() / 1_000,
      limit + 1,
    );
    const items = rows.slice(0, limit).map((row) => this.#itemFrom(row));
    const last = items.at(-1);
    return last === undefined || rows.length <= limit ? { items } : { items, next: last.sk };
  }

  async write(actions: readonly Action[]): Promise<void> {
    checkLimits(actions);
    this.#db.write(() => this.writeNow(actions));
  }

  /** Inside a write transaction of the caller's. */
  writeNow(actions: readonly Action[]): void {
    for (const action of actions) {
      const { pk, sk } = keyOf(action);
      const found = action.if === undefined && 'put' in action ? undefined : this.#find(pk, sk);
      if (!holds(found, action.if)) throw new ConditionFailed(`${pk} ${sk}`);
      if ('check' in action) continue;
      const item = after(found, action);
      if (item === undefined) this.#db.run('DELETE FROM items WHERE pk = ? AND sk = ?', pk, sk);
      else this.#put(item);
    }
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #find(pk: string, sk: string): Item | undefined {
    const row = this.#db.get('SELECT * FROM items WHERE pk = ? AND sk = ?', pk, sk);
    if (row === undefined) return undefined;
    const item = this.#itemFrom(row);
    return item.expiresAt !== undefined && item.expiresAt <= this.#now() / 1_000 ? undefined : item;
  }

  #put({ pk, sk, fields, body, expiresAt }: Item): void {
    this.#db.run(
      'INSERT OR REPLACE INTO items (pk, sk, fields, body, expires_at) VALUES (?, ?, ?, ?, ?)',
      pk,
      sk,
      JSON.stringify(fields),
      body ?? null,
      expiresAt ?? null,
    );
  }

  #itemFrom({ pk, sk, fields, body, expires_at }: Row): Item {
    const item: Item = { pk: String(pk), sk: String(sk), fields: this.#fieldsFrom(fields) };
    if (typeof body === 'string') item.body = body;
    if (typeof expires_at === 'number') item.expiresAt = expires_at;
    return item;
  }

  #fieldsFrom(text: unknown): Fields {
    try {
      return JSON.parse(String(text));
    } catch (error) {
      throw this.#db.corrupt('an item in it is not JSON', error);
    }
  }
}

/** Blobs beside the items. */
export class SqliteBlobs implements Blobs {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async put(...[kind, digest, text]: Parameters<Blobs['put']>): Promise<void> {
    this.#db.run('INSERT OR IGNORE INTO blobs (kind, digest, text) VALUES (?, ?, ?)', kind, digest, text);
  }

  async get(...[kind, digest]: Parameters<Blobs['get']>): Promise<string | undefined> {
    const row = this.#db.get('SELECT text FROM blobs WHERE kind = ? AND digest = ?', kind, digest);
    return row?.['text'] as string | undefined;
  }
}
