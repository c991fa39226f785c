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

INSERT INTO stacks VALUES ('web', 'sandbox', '111111111111', 'us-east-1', '{"stack":"web","context":{"account":"111111111111","region":"us-east-1","partition":"aws","stackId":"arn:aws:x"},"parameters":{},"fingerprints":{}}', '{}', 'r1');
INSERT INTO resources VALUES ('web', 'Queue', '{"logicalId":"Queue"}');
INSERT INTO runs (run_id, stack, status, seq, started_at, cancel_requested, about) VALUES ('r1', 'web', 'running', 1, 1800000000000, 0, '{"binding":"sandbox|111111111111|us-east-1","mode":"deploy","planDigest":"d","config":{},"parameters":{},"fingerprints":{}}');
INSERT INTO journal VALUES ('r1', 1, '{"type":"started"}');
INSERT INTO leases VALUES ('web', 7, NULL, 0, 0);
PRAGMA user_version = 1;
