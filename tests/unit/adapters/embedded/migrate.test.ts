// A store of an earlier version opens with all that was in it. `state-v2` was written by the program of then; the others
// are SQL, for what that one does not hold.
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SCHEMA_VERSION } from '../../../../src/adapters/embedded/schema.ts';
import { openStore } from '../../../../src/adapters/embedded/store.ts';
import { allOf, type Page, type PageOf, type Store } from '../../../../src/app/ports.ts';
import type { StackKey } from '../../../../src/domain/stack.ts';
import { WEB } from '../../../contract/samples.ts';

const NOW = { now: () => 1_800_000_000_000 };
const SANDBOX = { endpoint: 'sandbox', account: '123456789012', region: 'us-east-1' };
const here = (name: string): StackKey => ({ ...SANDBOX, name });

let dir: string;
let store: Store | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assent-migrate-'));
});
afterEach(async () => {
  await store?.close();
  store = undefined;
  await rm(dir, { recursive: true, force: true });
});

const file = () => join(dir, 'assent.db');

/** The database of version 2, as that program left it. */
function version2(): Buffer {
  return gunzipSync(readFileSync(new URL('./state-v2/assent.db.gz', import.meta.url)));
}

/** The database of version 1, with a stack, a run and its lease, and what `more` adds. */
function version1(more = ''): void {
  const db = new DatabaseSync(file());
  db.exec(`PRAGMA journal_mode = WAL; ${readFileSync(new URL('./version-1.sql', import.meta.url), 'utf8')}`);
  db.exec(more);
  db.close();
}

async function every<T>(page: (page: PageOf) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of allOf((next) => page({ next }))) all.push(one);
  return all;
}

/** What a query of the database of version 2 answers. */
function rowsOf(sql: string): Record<string, unknown>[] {
  const copy = join(dir, 'before.db');
  const db = new DatabaseSync(copy);
  const rows = db.prepare(sql).all() as Record<string, unknown>[];
  db.close();
  return rows;
}

describe('a store of version 2', () => {
  async function opened(): Promise<Store> {
    await writeFile(file(), version2());
    await writeFile(join(dir, 'before.db'), version2());
    store = await openStore(dir, NOW);
    return store;
  }

  test('has every stack, in its place', async () => {
    const store = await opened();
    const heads = await every((page) => store.stacks.list(page));
    const places = rowsOf('SELECT name, account, region FROM stacks ORDER BY name').map(
      ({ name, account, region }) => ({
        name,
        account,
        region,
        endpoint: name === 'flaky' ? 'http://localhost' : 'sandbox',
      }),
    );
    expect(heads.map(({ key }) => key).sort((one, other) => (one.name < other.name ? -1 : 1))).toEqual(places);
    for (const { key, lastRun } of heads) {
      expect((await every((page) => store.stacks.named(key.name, page))).map((head) => head.key)).toEqual([key]);
      const record = await store.stacks.get(key);
      const [row] = rowsOf(`SELECT * FROM stacks WHERE name = '${key.name}'`);
      const resources = rowsOf(`SELECT resource FROM resources WHERE stack = '${key.name}' ORDER BY logical_id`);
      expect(record?.state).toEqual({
        ...JSON.parse(String(row?.['state'])),
        resources: resources.map(({ resource }) => JSON.parse(String(resource))),
      });
      expect(record?.outputs).toEqual(JSON.parse(String(row?.['outputs'])));
      expect(lastRun).toBe(row?.['last_run']);
      expect(record?.unfinished).toBe(key.name === 'half' ? lastRun : undefined);
    }
  });

  test('has every run, with its plan, document and journal, newest first', async () => {
    const store = await opened();
    const heads = await every((page) => store.runs.list(page));
    const rows = rowsOf('SELECT * FROM runs ORDER BY run_id DESC');
    expect(heads.map(({ runId }) => runId)).toEqual(rows.map((row) => row['run_id']));
    expect(heads.map(({ status }) => status)).toEqual(['running', 'failed', 'cancelled', 'succeeded', 'succeeded']);
    for (const row of rows) {
      const runId = String(row['run_id']);
      const { binding, verdict, ...about } = JSON.parse(String(row['about']));
      const run = await store.runs.get(runId);
      expect(run).toMatchObject({
        ...about,
        runId,
        seq: row['seq'],
        startedAt: row['started_at'],
        submittedAt: row['started_at'],
        verdict: verdict ?? null,
        findings: [],
      });
      expect(run?.stack.name).toBe(row['stack']);
      expect(run?.endedAt ?? null).toBe(row['ended_at']);
      expect(run?.measuredUntil ?? null).toBe(row['measured_until']);
      expect(run?.result).toEqual(row['result'] === null ? undefined : JSON.parse(String(row['result'])));
      const turns = await every((page) => store.runs.journal(runId, page));
      const entries = rowsOf(`SELECT entry FROM journal WHERE run_id = '${runId}' ORDER BY seq`);
      expect(turns.flatMap((turn) => turn.entries)).toEqual(entries.map(({ entry }) => JSON.parse(String(entry))));
      expect(turns).toHaveLength(run?.seq ?? -1);
      const [plan] = rowsOf(`SELECT plan FROM plans WHERE digest = '${run?.planDigest}'`);
      expect(await store.blobs.get('plan', run?.planDigest ?? '')).toBe(plan?.['plan']);
      expect((await every((page) => store.runs.list({ ...page, stack: run?.stack as StackKey }))).length).toBe(1);
    }
  });

  test('has the exports, each its stack’s', async () => {
    const store = await opened();
    const value = (await store.stacks.get(here('web')))?.outputs['QueueArn']?.value;
    expect(value).toMatch(/^arn:aws:sqs:/);
    expect(await every((page) => store.exports.list(SANDBOX, page))).toEqual([
      { name: 'jobs-arn', owner: here('web'), value },
    ]);
    const web = await store.runs.acquire(here('web'));
    const user = await store.runs.acquire(here('user'));
    expect(await store.exports.claim(user, { name: 'jobs-arn' })).toEqual(here('web'));
    expect(await store.exports.claim(web, { name: 'jobs-arn', value: 'new' })).toBeUndefined();
  });

  test('has the fences, and a killed run is taken up by the next holder alone', async () => {
    const store = await opened();
    const half = here('half');
    const runId = (await store.stacks.get(half))?.unfinished ?? '';
    const seq = (await store.runs.get(runId))?.seq ?? 0;
    const [row] = rowsOf("SELECT fence FROM leases WHERE stack = 'half'");
    const old = { stack: half, fence: Number(row?.['fence']), holder: 'whoever' };
    const lease = await store.runs.acquire(half);
    expect(lease.fence).toBe(old.fence + 1);
    await expect(store.runs.append(old, runId, seq, { entries: [], record: [], forget: [] })).rejects.toThrow();
    await store.runs.reopen(lease, runId);
    expect(await store.runs.append(lease, runId, seq, { entries: [], record: [], forget: ['Q0x0'] })).toBe(seq + 1);
    const resources = (await store.stacks.get(half))?.state.resources.map(({ logicalId }) => logicalId);
    expect(resources).toEqual(['Q0x1', 'Q0x2', 'Q1x0', 'Q1x1', 'Q1x2']);
  });

  test('has all that was measured', async () => {
    const store = await opened();
    const rows = rowsOf('SELECT * FROM metrics ORDER BY name, labels');
    const wanted = rows.map(({ name, labels, kind, value, sketch }) => ({
      name,
      labels: JSON.parse(String(labels)),
      kind,
      ...(kind === 'distribution' ? { sketch } : { value }),
    }));
    expect(await every((page) => store.measures.list(page))).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(40);
    await store.measures.add([{ kind: 'counter', name: 'more', labels: {}, value: 1 }]);
    expect(await every((page) => store.measures.list(page))).toHaveLength(wanted.length + 1);
  });

  test('is of this version now: an older program refuses it', async () => {
    await opened();
    const db = new DatabaseSync(file());
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    db.close();
    expect(version).toBe(SCHEMA_VERSION);
    expect(version).toBeGreaterThan(2);
  });
});

test('a migration that is broken off, wherever, leaves the file as it was, and the next one does it all', async () => {
  await writeFile(file(), version2());
  const { exec, prepare } = DatabaseSync.prototype;
  let [steps, breakAt] = [0, Number.POSITIVE_INFINITY];
  const step = (sql: string) => {
    if (!/^\s*(CREATE|ALTER|INSERT|DROP|PRAGMA user_version =)/.test(sql)) return;
    steps += 1;
    if (steps === breakAt) throw new Error('broken off');
  };
  const spies = [
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
      step(sql);
      exec.call(this, sql);
    }),
    vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, sql) {
      step(sql);
      return prepare.call(this, sql);
    }),
  ];
  try {
    const copy = join(dir, 'whole');
    await cp(file(), join(copy, 'assent.db'));
    await (await openStore(copy, NOW)).close();
    const all = steps;
    expect(all).toBeGreaterThan(10);
    const contents = () => {
      const db = new DatabaseSync(file());
      const rows = (sql: string) => prepare.call(db, sql).all();
      const tables = rows("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name");
      const found = tables.map(({ name }) => rows(`SELECT * FROM "${name}"`));
      const version = rows('PRAGMA user_version');
      db.close();
      return { tables, found, version };
    };
    const old = contents();
    for (breakAt = 1; breakAt <= all; breakAt += 1) {
      steps = 0;
      await expect(openStore(dir, NOW)).rejects.toThrow('broken off');
      expect(contents()).toEqual(old);
    }
    breakAt = Number.POSITIVE_INFINITY;
    const store = await openStore(dir, NOW);
    expect(await every((page) => store.runs.list(page))).toHaveLength(5);
    await store.close();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});

describe('a store of version 1', () => {
  test('opens with all that is in it, and measures from now on', async () => {
    version1();
    const store = await openStore(dir, NOW);
    const record = await store.stacks.get(WEB);
    expect(record).toMatchObject({ lastRun: 'r1', unfinished: 'r1' });
    expect(record?.state.resources).toEqual([{ logicalId: 'Queue' }]);
    expect(await store.runs.get('r1')).toMatchObject({ status: 'running', seq: 1, startedAt: 1_800_000_000_000 });
    expect((await store.runs.journal('r1')).items).toEqual([
      { entries: [{ type: 'started' }], record: [], forget: [] },
    ]);
    expect((await store.runs.acquire(WEB)).fence).toBe(8);
    await store.measures.add([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await store.close();
    const again = await openStore(dir, NOW);
    expect((await again.measures.list()).items).toEqual([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await again.close();
  });

  test('comes to the same tables as a new one', async () => {
    version1();
    await (await openStore(dir, NOW)).close();
    const fresh = join(dir, 'fresh');
    await (await openStore(fresh, NOW)).close();
    const tables = (at: string) => {
      const db = new DatabaseSync(join(at, 'assent.db'));
      const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
      const version = db.prepare('PRAGMA user_version').get();
      db.close();
      return { rows, version };
    };
    expect(tables(dir)).toEqual(tables(fresh));
  });

  test('opened by two at once is moved once', async () => {
    version1();
    const stores = await Promise.all([openStore(dir, NOW), openStore(dir, NOW)]);
    for (const store of stores) expect((await store.runs.list()).items).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
    expect((await readdir(dir)).filter((name) => name.startsWith('assent.db'))).toEqual(['assent.db']);
  });

  test('with a value that is not JSON is refused by name, and stays as it is', async () => {
    version1("UPDATE resources SET resource = '{'");
    const bytes = await readFile(file());
    await expect(openStore(dir, NOW)).rejects.toMatchObject({ code: 'state_corrupt' });
    expect((await readFile(file())).equals(bytes)).toBe(true);
  });
});

describe('names of places', () => {
  const stack = (name: string, endpoint: string, outputs = '{}') =>
    `INSERT INTO stacks VALUES ('${name}', '${endpoint}', '1', 'r', '{"stack":"${name}"}', '${outputs}', NULL);`;
  const run = (runId: string, stack: string, binding: string) =>
    `INSERT INTO runs (run_id, stack, status, seq, started_at, cancel_requested, about) VALUES
     ('${runId}', '${stack}', 'failed', 0, 1, 1, '{"binding":"${binding}","mode":"deploy","planDigest":"d","config":{},"parameters":{},"fingerprints":{}}');`;
  const at = (endpoint: string, name: string) => ({ endpoint, account: '1', region: 'r', name });

  test.each([
    ['aws', 'aws'],
    ['sandbox', 'sandbox'],
    ['http://127.0.0.1:4566', 'http://localhost'],
    ['http://localhost:4566/', 'http://localhost'],
    ['https://cc.example.com:8443/path', 'https://cc.example.com:8443'],
  ])('%s becomes %s, for stack, run and lease', async (endpoint, name) => {
    version1(
      `${stack('s', endpoint)} ${run('r2', 's', `${endpoint}|1|r`)} INSERT INTO leases VALUES ('s', 4, NULL, 0, 0);`,
    );
    const store = await openStore(dir, NOW);
    expect((await store.stacks.get(at(name, 's')))?.key).toEqual(at(name, 's'));
    expect((await store.runs.list({ stack: at(name, 's') })).items).toMatchObject([
      { runId: 'r2', stack: at(name, 's') },
    ]);
    expect(await store.runs.cancelRequested('r2')).toBe(true);
    expect((await store.runs.acquire(at(name, 's'))).fence).toBe(5);
    await store.close();
  });

  test('two ports of one machine are one place: what both have is there once, and nothing stands in the way', async () => {
    const exported = '{"A":{"value":1,"exportName":"shared"}}';
    version1(`
      ${stack('one', 'http://127.0.0.1:1', exported)} ${stack('two', 'http://127.0.0.1:2', exported)}
      ALTER TABLE runs ADD COLUMN measured_until REAL; ALTER TABLE runs ADD COLUMN tally TEXT;
      CREATE TABLE metrics (name TEXT NOT NULL, labels TEXT NOT NULL, kind TEXT NOT NULL, value REAL, sketch BLOB, PRIMARY KEY (name, labels)) WITHOUT ROWID;
      CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
      INSERT INTO notes VALUES ('rate|http://127.0.0.1:1|1|r', 'first'), ('rate|http://127.0.0.1:2|1|r', 'second'),
        ('durations|sandbox|1|r|x60', 'learned'), ('other', 'x');
      PRAGMA user_version = 3;`);
    const store = await openStore(dir, NOW);
    const place = at('http://localhost', 'x');
    expect((await store.stacks.list()).items).toHaveLength(3);
    expect(await store.exports.get(place, 'shared')).toEqual({
      name: 'shared',
      owner: at('http://localhost', 'one'),
      value: 1,
    });
    expect(await store.limits.get('http://localhost|1|r')).toBe('first');
    expect(await store.estimates.get('sandbox|1|r|x60')).toBe('learned');
    await store.close();
  });

  test('a run stays where it ran, though a stack of its name stands elsewhere now or nowhere', async () => {
    version1(`${stack('s', 'sandbox')} ${run('r2', 's', 'aws|1|r')} ${run('r3', 's', 'sandbox|1|r')}
      ${run('r4', 'gone', 'aws|1|r')} INSERT INTO leases VALUES ('gone', 9, NULL, 0, 0);`);
    const store = await openStore(dir, NOW);
    const runsOf = async (key: StackKey) => (await store.runs.list({ stack: key })).items.map(({ runId }) => runId);
    expect(await runsOf(at('sandbox', 's'))).toEqual(['r3']);
    expect(await runsOf(at('aws', 's'))).toEqual(['r2']);
    expect(await runsOf(at('aws', 'gone'))).toEqual(['r4']);
    expect((await store.runs.acquire(at('aws', 'gone'))).fence).toBe(10);
    await store.close();
  });
});
