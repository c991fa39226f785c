// The sandbox's whole memory: one SQLite file that any number of sandbox processes share. Nothing true is held
// outside it, so a killed process loses nothing and a restarted one goes on. WAL with synchronous=OFF: a process may
// die at any instant without loss; only a crash of the machine could cost the last moments.
//
// No value of a property is in it in plain text: SEALED columns are sealed on the way in and opened on the way out, so
// that nobody else need know. What is looked for by value is a keyed hash in a column of its own.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { isObject, type JsonObject } from './json.ts';
import { isSealed, openSeal, privateFile, privateFolder, type Seal } from './seal.ts';
import { DatabaseSync } from './sqlite.ts';

const VERSION = 2;

/** Columns that hold values of properties, or what handlers say of them. */
const SEALED = new Set(['properties', 'after', 'message']);

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
  named TEXT,
  PRIMARY KEY (home, type, identifier)
);
CREATE INDEX resources_type ON resources (type, identifier);
CREATE INDEX resources_named ON resources (home, type, named);
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

/** Properties whose values together may occur once per account and region, though they are not the primary identifier. */
const UNIQUE: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::SecurityGroup': ['GroupName', 'VpcId'],
  'AWS::EC2::LaunchTemplate': ['LaunchTemplateName'],
  'AWS::EC2::KeyPair': ['KeyName'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['Name'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['Name'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::AppRunner::Service': ['ServiceName'],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName'],
  'AWS::VpcLattice::Service': ['Name'],
  'AWS::VpcLattice::ServiceNetwork': ['Name'],
  'AWS::VpcLattice::TargetGroup': ['Name'],
  'AWS::WAFv2::IPSet': ['Name', 'Scope'],
  'AWS::WAFv2::RegexPatternSet': ['Name', 'Scope'],
  'AWS::WAFv2::RuleGroup': ['Name', 'Scope'],
  'AWS::WAFv2::WebACL': ['Name', 'Scope'],
  'AWS::CloudFront::CachePolicy': ['CachePolicyConfig/Name'],
  'AWS::CloudFront::OriginAccessControl': ['OriginAccessControlConfig/Name'],
  'AWS::ApiGateway::Resource': ['RestApiId', 'ParentId', 'PathPart'],
  'AWS::ApiGatewayV2::Route': ['ApiId', 'RouteKey'],
  'AWS::Cognito::UserPoolDomain': ['Domain'],
};

type Bound = string | number | null;
export type Row = Record<string, Bound>;

/** One process's handle on the state folder. Every method may wait up to ten seconds for another process's turn. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #seal: Seal;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens or creates `<dir>/sandbox.db` and `<dir>/sandbox.key`. Throws when a newer version wrote it, when it is
   * damaged, or when its key is gone.
   */
  constructor(dir: string) {
    privateFolder(dir);
    const path = join(dir, 'sandbox.db');
    const keyless = existsSync(path) && !existsSync(join(dir, 'sandbox.key'));
    privateFile(path);
    this.#seal = openSeal(dir);
    // SQLite gives the files beside it the same permissions.
    this.#db = new DatabaseSync(path, { timeout: 10_000 });
    let version = 0;
    try {
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY');
      this.transaction(() => {
        version = Number(this.get('PRAGMA user_version')?.['user_version']);
        if (version > VERSION) throw new Error(`${path} was written by a newer version of the sandbox`);
        if (version === VERSION && keyless) throw new Error(`${path} cannot be opened: its sandbox.key is gone`);
        if (version === 0) this.#db.exec(TABLES);
        if (version === 1) this.#sealAll();
        if (version < VERSION) this.#db.exec(`PRAGMA user_version = ${VERSION};`);
      });
      // What was in plain text is in no free page either.
      if (version === 1) this.#db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** From version 1, which sealed nothing. */
  #sealAll(): void {
    this.#db.exec(`ALTER TABLE resources ADD COLUMN named TEXT;
      CREATE INDEX resources_named ON resources (home, type, named);`);
    for (const row of this.all('SELECT rowid, type, properties FROM resources')) {
      const properties = String(row['properties']);
      const model = JSON.parse(properties) as JsonObject;
      const sealed = this.#seal.close(properties, 'properties');
      const named = this.named(String(row['type']), model);
      this.run('UPDATE resources SET properties = ?, named = ? WHERE rowid = ?', sealed, named, Number(row['rowid']));
    }
    for (const row of this.all('SELECT seq, after, message FROM requests')) {
      const sealed = (column: string) => (row[column] === null ? null : this.#seal.close(String(row[column]), column));
      // Nobody can know whether a repetition asks for the same; a hash without a key must not stay.
      const seq = Number(row['seq']);
      this.run('UPDATE requests SET after = ?, message = ? WHERE seq = ?', sealed('after'), sealed('message'), seq);
    }
    for (const row of this.all('SELECT seq, fingerprint FROM requests')) {
      const print = this.hash(String(row['fingerprint']));
      this.run('UPDATE requests SET fingerprint = ? WHERE seq = ?', print, Number(row['seq']));
    }
  }

  /** What a value is looked for by. */
  hash(text: string): string {
    return this.#seal.hash(text);
  }

  /** A text as a sealed column holds it. */
  sealed(text: string, column: 'properties'): string {
    return this.#seal.close(text, column);
  }

  /** What says that two resources of a type have the same name; null: nothing does. */
  named(type: string, model: JsonObject): string | null {
    const paths = Object.hasOwn(UNIQUE, type) ? UNIQUE[type] : undefined;
    const values = paths?.map((path) =>
      path
        .split('/')
        .reduce<unknown>((part, key) => (isObject(part as never) ? (part as JsonObject)[key] : undefined), model),
    );
    if (values === undefined || values.some((value) => typeof value !== 'string')) return null;
    return this.hash(JSON.stringify(values));
  }

  #opened(row: Row): Row {
    for (const column of SEALED) {
      const text = row[column];
      if (typeof text === 'string' && isSealed(text)) row[column] = this.#seal.open(text, column);
    }
    return row;
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
    const row = this.#prepare(sql).get(...values) as Row | undefined;
    return row && this.#opened(row);
  }

  all(sql: string, ...values: Bound[]): Row[] {
    return (this.#prepare(sql).all(...values) as Row[]).map((row) => this.#opened(row));
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: Bound[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  insert(table: string, row: Row): void {
    const columns = Object.keys(row);
    const values = columns.map((column) => {
      const value = row[column] ?? null;
      return SEALED.has(column) && typeof value === 'string' ? this.#seal.close(value, column) : value;
    });
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    this.run(sql, ...values);
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
