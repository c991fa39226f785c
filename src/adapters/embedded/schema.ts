// Tables of the embedded store, as the steps that lead to them. A released step never changes: a store of any earlier
// version is brought here by the steps it lacks.
//
// The first four steps are those of before a stack was a name in a place; what they made is gone after the last one.
// Times are ms since the epoch.
import type { Database } from './database.ts';
import { moveToItems } from './migrate.ts';

const FIRST = `
CREATE TABLE stacks (
  name TEXT PRIMARY KEY,
  endpoint TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  state TEXT NOT NULL,
  outputs TEXT NOT NULL,
  last_run TEXT
) WITHOUT ROWID;

CREATE TABLE resources (
  stack TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
  logical_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  PRIMARY KEY (stack, logical_id)
) WITHOUT ROWID;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  stack TEXT NOT NULL,
  status TEXT NOT NULL,
  seq INTEGER NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  cancel_requested INTEGER NOT NULL,
  about TEXT NOT NULL,
  result TEXT
);
CREATE INDEX runs_by_stack ON runs (stack, id);
CREATE UNIQUE INDEX runs_running ON runs (stack) WHERE status = 'running';

CREATE TABLE journal (
  run_id TEXT NOT NULL REFERENCES runs (run_id),
  seq INTEGER NOT NULL,
  entry TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE plans (
  digest TEXT PRIMARY KEY,
  plan TEXT NOT NULL
);

CREATE TABLE leases (
  stack TEXT PRIMARY KEY,
  fence INTEGER NOT NULL,
  holder TEXT,
  since REAL NOT NULL,
  expires_at REAL NOT NULL
) WITHOUT ROWID;
`;

// What was measured, merged over runs: a sketch for distributions, a value for counters and maxima.
const METRICS = `
CREATE TABLE metrics (
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  kind TEXT NOT NULL,
  value REAL,
  sketch BLOB,
  PRIMARY KEY (name, labels)
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN measured_until REAL;
`;

// What all who share the store share besides: rates and learned durations of an account and region. Of a run: what was
// called for it so far.
const NOTES = `
CREATE TABLE notes (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN tally TEXT;
`;

// How a failed run is rolled back.
const ROLLBACK = `
ALTER TABLE runs ADD COLUMN rollback TEXT;
`;

// One table for everything that is small, one for what is large (src/adapters/table). Values are moved by migrate.ts.
const ITEMS = `
CREATE TABLE items (
  pk TEXT NOT NULL,
  sk TEXT NOT NULL,
  fields TEXT NOT NULL,
  body TEXT,
  expires_at REAL,
  PRIMARY KEY (pk, sk)
) WITHOUT ROWID;
CREATE TABLE blobs (
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (kind, digest)
);
`;

/** SQL, or what moves values where SQL cannot. Runs inside the transaction that raises the version. */
export type Step = string | ((db: Database) => void);

/** Step `n` leads from version `n` to `n + 1`; version 0 is an empty file. */
export const STEPS: readonly Step[] = [FIRST, METRICS, NOTES, ROLLBACK, ITEMS, moveToItems];

/** Kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = STEPS.length;
