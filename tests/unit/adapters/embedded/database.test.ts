// What is particular to the SQLite store: the file, its folder, its version, and what happens when it is damaged.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../../../src/adapters/embedded/database.ts';
import { openStore } from '../../../../src/adapters/embedded/store.ts';
import { allOf, type Store } from '../../../../src/app/ports.ts';
import { AssentError } from '../../../../src/domain/errors.ts';
import { anEntry, aRun, begun, resource, WEB } from '../../../contract/samples.ts';
import { UNPRIVILEGED_NODE } from '../../../support/unprivileged.ts';

const module = fileURLToPath(new URL('../../../../src/adapters/embedded/store.ts', import.meta.url));
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

/** A closed store with a stack, 20 resources and 120 turns. */
async function filled(): Promise<string> {
  const store = await openStore(dir, NOW);
  const lease = await begun(store);
  for (let seq = 0; seq < 120; seq += 1) {
    const record = seq < 20 ? [resource(`R${seq}`, seq)] : [];
    await store.runs.append(lease, 'r1', seq, { entries: [anEntry(seq + 1)], record, forget: [] });
  }
  await store.close();
  return join(dir, 'assent.db');
}

/** Reads everything, so that damage anywhere is met. */
async function readAll(store: Store): Promise<void> {
  try {
    for await (const { key } of allOf((next) => store.stacks.list({ next }))) await store.stacks.get(key);
    for await (const { runId } of allOf((next) => store.runs.list({ next }))) {
      await store.runs.get(runId);
      for await (const _ of allOf((next) => store.runs.journal(runId, { next })));
    }
  } finally {
    await store.close();
  }
}

describe('folder and file', () => {
  test('a new folder is for its owner alone and ignored by git; the files too', async () => {
    const made = join(dir, 'deep', '.assent');
    const store = await openStore(made, NOW);
    await store.runs.acquire(WEB);
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
    expect(error.ways).toEqual([{ option: 'state' }]);
  });
});

describe('version', () => {
  test('a store of a newer version is refused, named, and not touched', async () => {
    const file = await filled();
    const db = new DatabaseSync(file);
    // A newer version may have chosen another journal, too.
    db.exec('PRAGMA user_version = 99; PRAGMA journal_mode = DELETE');
    db.close();
    const before = await readFile(file);
    const { mtimeMs } = await stat(file);
    const error = await refusal(openStore(dir, NOW));
    expect(error).toMatchObject({ name: 'InvalidInput', code: 'state_too_new', kind: 'invalid' });
    expect(error.message).toContain('version 99');
    expect(error.help).not.toBe('');
    expect((await readFile(file)).equals(before)).toBe(true);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
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

  test('six processes that open a new folder at once all succeed', { timeout: 180_000 }, async () => {
    const script = `
      const { openStore } = await import(${JSON.stringify(module)});
      const store = await openStore(${JSON.stringify(dir)}, { now: Date.now });
      await store.runs.acquire({ endpoint: 'sandbox', account: '1', region: 'r', name: 'stack-' + process.pid });
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
    ['is empty', (file) => truncate(file, 0)],
    ['is one byte', (file) => truncate(file, 1)],
    ['is half a header', (file) => truncate(file, 50)],
    ['is all zeros', (file) => overwrite(file, 0, '\0'.repeat(100_000))],
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
    ['a turn is missing', "DELETE FROM items WHERE sk = 'turn#000000060'"],
    ['a turn at the end of a page is missing', "DELETE FROM items WHERE sk = 'turn#000000100'"],
    ['the last turn is missing', "DELETE FROM items WHERE sk = 'turn#000000120'"],
    ['the first turn is missing', "DELETE FROM items WHERE sk = 'turn#000000001'"],
    ['every turn is missing', "DELETE FROM items WHERE sk LIKE 'turn#%'"],
    ['a turn is not JSON', "UPDATE items SET body = '{' WHERE sk = 'turn#000000003'"],
    ['a turn has no text', "UPDATE items SET body = NULL WHERE sk = 'turn#000000003'"],
    ['fields are not JSON', "UPDATE items SET fields = '{' WHERE pk = 'run#r1' AND sk = 'head'"],
    ['a snapshot is missing', "DELETE FROM blobs WHERE kind = 'state'"],
    ['a snapshot was changed', "UPDATE blobs SET text = replace(text, 'dev', 'prod') WHERE kind = 'state'"],
    ['a brief was changed', "UPDATE blobs SET text = text || ' ' WHERE kind = 'brief'"],
    ['a brief is missing', "DELETE FROM blobs WHERE kind = 'brief'"],
    ['a stack has a name that none can have', "UPDATE items SET sk = 'web' WHERE pk = 'stacks'"],
  ])('when %s, nothing is replayed from what is left', async (_, sql) => {
    const db = new DatabaseSync(await filled());
    db.exec(sql);
    db.close();
    expect(await refusal(openStore(dir, NOW).then(readAll))).toMatchObject({ code: 'state_corrupt' });
  });

  test('a measurement that is damaged is refused by name', async () => {
    const store = await openStore(dir, NOW);
    await store.measures.add([{ kind: 'counter', name: 'calls', labels: {}, value: 2 }]);
    await store.close();
    const db = new DatabaseSync(join(dir, 'assent.db'));
    db.exec("UPDATE items SET body = '{}' WHERE pk = 'measures'");
    db.close();
    const damaged = await openStore(dir, NOW);
    expect(await refusal(damaged.measures.list())).toMatchObject({ code: 'state_corrupt' });
    await damaged.close();
  });

  async function overwrite(file: string, at: number, text: string): Promise<void> {
    const bytes = await readFile(file);
    bytes.write(text, at, 'latin1');
    await writeFile(file, bytes);
  }
});

describe('an empty file', () => {
  test.each<[string, (file: string) => void]>([
    ['of no bytes', (file) => writeFileSync(file, '')],
    [
      'with a header and nothing else',
      (file) => {
        const db = new DatabaseSync(file);
        db.exec('PRAGMA journal_mode = WAL; VACUUM');
        db.close();
      },
    ],
  ])('%s is not taken for a new one, which would create everything again, and stays as it is', async (_, make) => {
    const file = join(dir, 'assent.db');
    make(file);
    const before = await readFile(file);
    const error = await refusal(openStore(dir, NOW));
    expect(error).toMatchObject({ code: 'state_corrupt', ways: [{ option: 'state' }] });
    expect(error.message).toContain('empty');
    expect(error.help).toContain('delete the file');
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  test('is never what an attempt leaves that fails while it makes the first one', async () => {
    const break_ = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(() => {
      throw new Error('no');
    });
    await expect(openStore(dir, NOW)).rejects.toThrow('no');
    break_.mockRestore();
    expect((await readdir(dir)).filter((name) => name.startsWith('assent.db'))).toEqual([]);
    await (await openStore(dir, NOW)).close();
    expect((await readdir(dir)).sort()).toEqual(['.gitignore', 'assent.db']);
  });
});

describe.runIf(process.platform === 'linux')('a folder that may only be read', () => {
  /** What a user sees of the folder who may not write it: the script's answer as JSON. */
  function asReader(script: string): unknown {
    const program = `
      const { openStore } = await import(${JSON.stringify(module)});
      const now = () => 1_800_000_000_000;
      const web = ${JSON.stringify(WEB)};
      const dir = ${JSON.stringify(dir)};
      try { console.log(JSON.stringify(await (async () => { ${script} })())); }
      catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message })); }`;
    const [run, ...before] = UNPRIVILEGED_NODE;
    const args = [...before, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
    const { stdout } = spawnSync(run, args, { encoding: 'utf8' });
    return JSON.parse(stdout);
  }

  async function readOnly(): Promise<void> {
    for (const name of await readdir(dir)) await chmod(join(dir, name), 0o444);
    await chmod(dir, 0o555);
  }

  const READ = `
    const store = await openStore(dir, { now, mayOnlyRead: true });
    const { items } = await store.runs.list();
    const turns = (await store.runs.journal('r1')).items.length;
    return { runs: items.length, turns, resources: (await store.stacks.get(web)).state.resources.length };`;

  test('can be read, and every write is refused by name', async () => {
    await filled();
    await readOnly();
    expect(asReader(READ)).toEqual({ runs: 1, turns: 100, resources: 20 });
    const writing = `
      const store = await openStore(dir, { now, mayOnlyRead: true });
      await store.runs.requestCancel('r1');`;
    expect(asReader(writing)).toMatchObject({ code: 'state_not_writable' });
    const opening = 'await openStore(dir, { now });';
    expect(asReader(opening)).toMatchObject({ code: 'state_not_writable' });
  });

  test('can be read with what a killed process has left beside the file', async () => {
    const file = await filled();
    // Open while it is copied, as a killed process would leave it.
    const store = await openStore(dir, NOW);
    await store.runs.submit(aRun('r2'));
    for (const name of ['', '-wal', '-shm']) await copyFile(`${file}${name}`, `${file}${name}.left`);
    await store.close();
    for (const name of ['', '-wal', '-shm']) await rename(`${file}${name}.left`, `${file}${name}`);
    await readOnly();
    expect(asReader(READ)).toEqual({ runs: 2, turns: 100, resources: 20 });
    await chmod(dir, 0o755);
    // Without the index of what is not in the file yet there is no way to read it, and reading less would be a lie.
    await rm(`${file}-shm`);
    await chmod(dir, 0o555);
    expect(asReader(READ)).toMatchObject({ code: 'state_not_writable' });
  });
});

test('a commit waits for the disk: WAL with synchronous=FULL', async () => {
  const db = openDatabase(dir);
  expect(db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  expect(db.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  db.close();
});
