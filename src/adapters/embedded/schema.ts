// Tables of the embedded store, as the steps that lead to them. A released step never changes: a store of any earlier
// version is brought here by the steps it lacks.
//
// A resource is a row of its own, so an append writes what has changed and nothing else. JSON columns hold values whose
// form is a contract of the core (`#wasm`). Times are ms since the epoch. A stack's lease outlives the stack: its fence
// only ever grows.

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

/** Step `n` leads from version `n` to `n + 1`; version 0 is an empty file. */
export const STEPS: readonly string[] = [FIRST, METRICS, NOTES, ROLLBACK];

/** Kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = STEPS.length;
