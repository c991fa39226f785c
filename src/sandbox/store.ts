// The sandbox's whole memory: one SQLite file that any number of sandbox processes share. Nothing true is held
// outside it, so a killed process loses nothing and a restarted one goes on. WAL with synchronous=OFF: a process may
// die at any instant without loss; only a crash of the machine could cost the last moments.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const VERSION = 1;

// Times are ms since the epoch. `scope` is account/region; `home` is where a resource lives: account/region, or
// account/global for services that have no regions.
const TABLES = `
CREATE TABLE requests (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  token TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  home TEXT NOT NULL,
  client_token TEXT,
  fingerprint TEXT NOT NULL,
  operation TEXT NOT NULL,
  type TEXT NOT NULL,
  identifier TEXT,
  status TEXT NOT NULL,
  started_at REAL NOT NULL,
  due_at REAL NOT NULL,
  early_at REAL,
  pause REAL NOT NULL,
  next_poll_at REAL NOT NULL,
  ended_at REAL,
  error_code TEXT,
  message TEXT,
  remnant INTEGER NOT NULL DEFAULT 0,
  shows_model INTEGER NOT NULL DEFAULT 0,
  after TEXT
);
CREATE INDEX requests_due ON requests (due_at) WHERE ended_at IS NULL;
CREATE INDEX requests_client ON requests (scope, client_token, started_at);
CREATE INDEX requests_scope ON requests (scope, seq);
CREATE TABLE resources (
  home TEXT NOT NULL,
  type TEXT NOT NULL,
  identifier TEXT NOT NULL,
  state TEXT NOT NULL,
  properties TEXT NOT NULL,
  request TEXT,
  hidden_reads INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL,
  PRIMARY KEY (home, type, identifier)
);
CREATE INDEX resources_type ON resources (type, identifier);
CREATE TABLE minted (token TEXT PRIMARY KEY, home TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL);
CREATE INDEX minted_owner ON minted (home, type, identifier);
CREATE TABLE uses (
  home TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL,
  target_home TEXT NOT NULL, target_type TEXT NOT NULL, target_identifier TEXT NOT NULL,
  request TEXT NOT NULL,
  PRIMARY KEY (home, type, identifier, target_home, target_type, target_identifier, request)
) WITHOUT ROWID;
CREATE INDEX uses_target ON uses (target_home, target_type, target_identifier);
CREATE TABLE slots (
  home TEXT NOT NULL, slot TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL,
  PRIMARY KEY (home, slot)
);
CREATE INDEX slots_owner ON slots (home, type, identifier);
CREATE TABLE buckets (scope TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL);
CREATE TABLE fault_hits (rule TEXT PRIMARY KEY, hits INTEGER NOT NULL);
CREATE TABLE calls (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL, scope TEXT NOT NULL, operation TEXT NOT NULL, type TEXT, identifier TEXT, request TEXT,
  outcome TEXT NOT NULL, in_flight INTEGER NOT NULL, early_poll INTEGER NOT NULL DEFAULT 0
);
`;

const NAMES = ['requests', 'resources', 'minted', 'uses', 'slots', 'buckets', 'fault_hits', 'calls'] as const;

type Bound = string | number | null;
export type Row = Record<string, Bound>;

/** One process's handle on the state folder. Every method may wait up to ten seconds for another process's turn. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or creates `<dir>/sandbox.db`. Throws when a newer version wrote it. */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#db = new DatabaseSync(join(dir, 'sandbox.db'), { timeout: 10_000 });
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY');
    this.transaction(() => {
      const version = Number(this.get('PRAGMA user_version')?.['user_version']);
      if (version > VERSION)
        throw new Error(`${join(dir, 'sandbox.db')} was written by a newer version of the sandbox`);
      if (version < VERSION) this.#db.exec(`${TABLES} PRAGMA user_version = ${VERSION};`);
    });
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(sql: string, ...values: Bound[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: Bound[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: Bound[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  insert(table: string, row: Row): void {
    const columns = Object.keys(row);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    this.run(sql, ...Object.values(row));
  }

  /** All or nothing, and alone among all processes. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.#db.exec('COMMIT');
      return value;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Forgets everything. */
  reset(): void {
    this.transaction(() => {
      for (const name of NAMES) this.run(`DELETE FROM ${name}`);
    });
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}
