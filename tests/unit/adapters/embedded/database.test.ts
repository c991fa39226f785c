// What is particular to the SQLite store: the file, its folder, its version, and what happens when it is damaged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../../src/adapters/embedded/store.ts';
import type { Store } from '../../../../src/app/ports.ts';
import { AssentError } from '../../../../src/domain/errors.ts';
import { anEntry, aRun, aStack, resource } from '../../../contract/samples.ts';

const NOW = { now: () => 1_800_000_000_000 };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assent-database-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function refusal(opening: Promise<unknown>): Promise<AssentError> {
  const error = await opening.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AssentError);
  return error as AssentError;
}

/** A closed store with a stack, 20 resources and 500 entries. */
async function filled(): Promise<string> {
  const store = await openStore(dir, NOW);
  const lease = await store.acquire('web');
  await store.begin(lease, aRun('r1', 'web'), aStack('web'));
  const record = Array.from({ length: 20 }, (_, index) => resource(`R${index}`, index));
  await store.append(
    lease,
    'r1',
    0,
    Array.from({ length: 500 }, (_, index) => anEntry(index + 1)),
    { record, forget: [] },
  );
  await store.close();
  return join(dir, 'assent.db');
}

/** Reads everything, so that damage anywhere is met. */
async function readAll(store: Store): Promise<void> {
  try {
    await store.stacks();
    for (const { runId } of await store.runs()) await store.journal(runId);
  } finally {
    await store.close();
  }
}

describe('folder and file', () => {
  test('a new folder is for its owner alone and ignored by git; the files too', async () => {
    const made = join(dir, 'deep', '.assent');
    const store = await openStore(made, NOW);
    await store.acquire('web');
    expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(made, '.gitignore'), 'utf8')).toBe('*\n');
    for (const name of ['assent.db', 'assent.db-wal', 'assent.db-shm']) {
      expect((await stat(join(made, name))).mode & 0o777, name).toBe(0o600);
    }
    await store.close();
  });

  test('a folder with files of somebody else gets no .gitignore', async () => {
    await writeFile(join(dir, 'template.yaml'), '');
    await (await openStore(dir, NOW)).close();
    expect((await readdir(dir)).sort()).toEqual(['assent.db', 'template.yaml']);
  });

  test('a folder in which only the sandbox has been gets one', async () => {
    await writeFile(join(dir, 'sandbox.db'), '');
    await (await openStore(dir, NOW)).close();
    expect(await readFile(join(dir, '.gitignore'), 'utf8')).toBe('*\n');
  });

  test.each([
    ['a file where the folder should be', async (at: string) => writeFile(at, 'x')],
    ['a folder where the file should be', async (at: string) => mkdir(join(at, 'assent.db'), { recursive: true })],
  ])('%s is refused with a way out', async (_, prepare) => {
    const at = join(dir, 'state');
    await prepare(at);
    const error = await refusal(openStore(at, NOW));
    expect(error).toMatchObject({ code: 'state_not_writable', kind: 'invalid' });
    expect(error.message).toContain(at);
    expect(error.help).toContain('--state');
  });
});

describe('version', () => {
  test('a store of a newer version is refused, named, and not touched', async () => {
    const file = await filled();
    const db = new DatabaseSync(file);
    // A newer version may have chosen another journal, too.
    db.exec('PRAGMA user_version = 7; PRAGMA journal_mode = DELETE');
    db.close();
    const before = await readFile(file);
    const { mtimeMs } = await stat(file);
    const error = await refusal(openStore(dir, NOW));
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'state_too_new', kind: 'invalid' });
    expect(error.message).toContain('version 7');
    expect(error.help).not.toBe('');
    expect((await readFile(file)).equals(before)).toBe(true);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  });

  /** As version 1 of the store wrote it. */
  function oldStore(): void {
    const db = new DatabaseSync(join(dir, 'assent.db'));
    db.exec(readFileSync(new URL('./version-1.sql', import.meta.url), 'utf8'));
    db.close();
  }

  test('a store of version 1 opens with all that is in it, and measures from now on', async () => {
    oldStore();
    const store = await openStore(dir, NOW);
    expect(await store.unfinished()).toMatchObject({ runId: 'r1', stack: 'web', seq: 1, startedAt: 1_800_000_000_000 });
    expect((await store.stack('web'))?.state.resources).toEqual([{ logicalId: 'Queue' }]);
    expect(await store.journal('r1')).toEqual([{ type: 'started' }]);
    expect((await store.acquire('web')).fence).toBe(8);
    await store.addMeasured([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await store.close();
    const again = await openStore(dir, NOW);
    expect(await again.measured()).toEqual([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await again.close();
  });

  test('an old store and a new one come to the same tables', async () => {
    oldStore();
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

  test('a measurement that is damaged is refused by name', async () => {
    const store = await openStore(dir, NOW);
    await store.addMeasured([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await store.close();
    const db = new DatabaseSync(join(dir, 'assent.db'));
    db.exec("UPDATE metrics SET kind = 'distribution'");
    db.close();
    const damaged = await openStore(dir, NOW);
    expect(await refusal(damaged.measured())).toMatchObject({
      code: 'state_corrupt',
      message: expect.stringContaining('calls'),
    });
    await damaged.close();
  });

  test('a database of another program is refused and not touched', async () => {
    const file = join(dir, 'assent.db');
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE songs (title TEXT)');
    db.close();
    const before = await readFile(file);
    expect(await refusal(openStore(dir, NOW))).toMatchObject({ code: 'state_corrupt', kind: 'invalid' });
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  test('a folder that another process finishes between two looks is ours all the same', async () => {
    await (await openStore(dir, NOW)).close();
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementationOnce(function (
      this: DatabaseSync,
      sql,
    ) {
      const statement = this.prepare(sql);
      vi.spyOn(statement, 'get').mockReturnValueOnce({ user_version: 0 });
      return statement;
    });
    try {
      await (await openStore(dir, NOW)).close();
    } finally {
      prepare.mockRestore();
    }
  });

  test('six processes that open a new folder at once all succeed', { timeout: 180_000 }, async () => {
    const module = fileURLToPath(new URL('../../../../src/adapters/embedded/store.ts', import.meta.url));
    const script = `
      const { openStore } = await import(${JSON.stringify(module)});
      const store = await openStore(${JSON.stringify(dir)}, { now: Date.now });
      await store.acquire('stack-' + process.pid);
      await store.close();`;
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));
    expect(codes).toEqual(Array.from({ length: 6 }, () => 0));
  });
});

describe('damage', () => {
  test.each<[string, (file: string) => Promise<unknown>]>([
    ['is text', (file) => writeFile(file, 'this is not a database, but long enough to be read as one'.repeat(20))],
    ['has another first byte', (file) => overwrite(file, 0, 'X')],
    ['ends in its middle', async (file) => truncate(file, Math.floor((await stat(file)).size / 2 / 4096) * 4096)],
    ['has zeros for pages', (file) => overwrite(file, 8192, '\0'.repeat(40_000))],
  ])('a file that %s is called damaged, never read as something else', async (_, damage) => {
    const file = await filled();
    await damage(file);
    const error = await refusal(openStore(dir, NOW).then(readAll));
    expect(error).toMatchObject({ code: 'state_corrupt', kind: 'invalid' });
    expect(error.message).toContain(file);
    expect(error.help).not.toBe('');
  });

  test.each([
    ['an entry is missing', 'DELETE FROM journal WHERE seq = 250'],
    ['the last entry is missing', 'DELETE FROM journal WHERE seq = 500'],
    ['the first entry is missing', 'DELETE FROM journal WHERE seq = 1'],
    ['an entry is not JSON', "UPDATE journal SET entry = '{' WHERE seq = 3"],
    ['a resource is not JSON', "UPDATE resources SET resource = '' WHERE logical_id = 'R3'"],
  ])('when %s, nothing is replayed from what is left', async (_, sql) => {
    const db = new DatabaseSync(await filled());
    db.exec(sql);
    db.close();
    expect(await refusal(openStore(dir, NOW).then(readAll))).toMatchObject({ code: 'state_corrupt' });
  });

  async function overwrite(file: string, at: number, text: string): Promise<void> {
    const bytes = await readFile(file);
    bytes.write(text, at, 'latin1');
    await writeFile(file, bytes);
  }
});

test('a commit waits for the disk: WAL with synchronous=FULL', async () => {
  const { Database } = await import('../../../../src/adapters/embedded/database.ts');
  const db = new Database(dir);
  expect(db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  expect(db.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  db.close();
});
