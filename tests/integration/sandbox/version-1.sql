-- sandbox.db as version 1 wrote it: nothing sealed.
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
INSERT INTO resources VALUES ('123456789012/us-east-1', 'AWS::SecretsManager::Secret',
  'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abcdef', 'live',
  '{"Name":"db","SecretString":"canary-of-version-1","Id":"arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abcdef"}',
  NULL, 0, 1700000000000);
INSERT INTO requests (token, scope, home, client_token, fingerprint, operation, type, identifier, status, started_at,
  due_at, pause, next_poll_at, ended_at, message, after)
VALUES ('11111111-1111-4111-8111-111111111111', '123456789012/us-east-1', '123456789012/us-east-1', 'token', 'print',
  'UPDATE', 'AWS::SecretsManager::Secret', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abcdef', 'SUCCESS',
  1700000000000, 1700000000000, 1, 1700000000000, 1700000000000, 'canary-in-a-message', '{"SecretString":"canary-before"}');
PRAGMA user_version = 1;
