// One SQLite file: opened, checked, brought to this version's schema; statements cached; SQLite's error codes in the
// product's words. Used by store.ts and table.ts.
//
// WAL with synchronous=FULL: a commit is fsync'd when it returns, and readers never wait for a writer.
// <https://sqlite.org/wal.html>, <https://sqlite.org/rescode.html>
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AssentError, InvalidInput } from '../../domain/errors.ts';
import { addFile, FILE, isReadOnly, prepareFolder, sizeOf } from './folder.ts';
import { SCHEMA_VERSION, STEPS } from './schema.ts';
import { DatabaseSync } from './sqlite.ts';

// Transactions of other processes last milliseconds; one that holds the file this long is stuck.
const BUSY_TIMEOUT_MS = 5_000;

export type Row = Record<string, unknown>;

/**
 * Opens `<dir>/assent.db`, creating folder and file when missing. `mayOnlyRead`: a folder that cannot be written is opened
 * all the same, and every write is refused then.
 */
export function openDatabase(dir: string, { mayOnlyRead = false } = {}): Database {
  const file = join(dir, FILE);
  if (mayOnlyRead && isReadOnly(dir)) return new Database(file, 'read');
  try {
    prepareFolder(dir);
    if (!existsSync(file)) addFile(dir, FILE, (draft) => new Database(draft, 'make').close());
  } catch (error) {
    throw error instanceof AssentError ? error : notWritable(dir, error);
  }
  return new Database(file, 'write');
}

/** An open store file. Every method is synchronous; errors are AssentErrors with a stable code. */
export class Database {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens a file: to `make` the tables in an empty one, to `write` or `read` one that has them. */
  constructor(file: string, wanted: 'make' | 'write' | 'read') {
    this.file = file;
    if (wanted !== 'make' && existsSync(file) && sizeOf(file) === 0) throw this.#empty();
    this.#db = this.#guard(() => this.#open(wanted));
    try {
      this.#guard(() => this.#check(wanted));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values));
  }

  /** Number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** A consistent view of several reads. */
  read<T>(work: () => T): T {
    return this.#transaction('BEGIN', work);
  }

  /** All of it or, when `work` throws, nothing. Durable when this returns. */
  write<T>(work: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', work);
  }

  /** The error for content that SQLite accepts but this store never wrote. */
  corrupt(what: string, cause?: unknown): AssentError {
    return new InvalidInput('state_corrupt', `${this.file} is damaged: ${what}.`, {
      help: RESTORE,
      ways: [{ option: 'state' }],
      cause,
    });
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.#statements.clear();
    this.#db.close();
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.run(begin);
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      // Some errors (a full disk) have ended the transaction already.
      if (this.#db.isTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #version(): number {
    return Number(this.get('PRAGMA user_version')?.['user_version']);
  }

  #open(wanted: 'make' | 'write' | 'read'): DatabaseSync {
    if (wanted !== 'read') return new DatabaseSync(this.file, { timeout: BUSY_TIMEOUT_MS });
    const options = { timeout: BUSY_TIMEOUT_MS, readOnly: true };
    const db = new DatabaseSync(this.file, options);
    try {
      db.prepare('PRAGMA user_version').get();
      return db;
    } catch (error) {
      db.close();
      // A reader needs the files beside the database, or has to make them. Where nothing is in them, it can do without.
      if (!NOT_WRITABLE.has(primaryCode(error) ?? 0) || sizeOf(`${this.file}-wal`) > 0) throw error;
      const url = pathToFileURL(this.file);
      url.searchParams.set('immutable', '1');
      return new DatabaseSync(url, options);
    }
  }

  /** Nothing is written before the version is known to be ours. */
  #check(wanted: 'make' | 'write' | 'read'): void {
    const found = this.#version();
    if (found > SCHEMA_VERSION) throw this.#tooNew(found);
    if (found === 0 && wanted !== 'make') {
      throw this.all('SELECT 1 FROM sqlite_schema LIMIT 1').length > 0
        ? this.corrupt('it is a database of another program')
        : this.#empty();
    }
    if (wanted === 'read') {
      if (found < SCHEMA_VERSION) throw this.#tooOldToRead();
      return;
    }
    if (wanted === 'write') this.#journalInWal();
    this.#db.exec('PRAGMA synchronous = FULL');
    if (found < SCHEMA_VERSION) this.#migrate();
  }

  #migrate(): void {
    this.write(() => {
      // Another process may have been faster.
      const now = this.#version();
      if (now > SCHEMA_VERSION) throw this.#tooNew(now);
      if (now === SCHEMA_VERSION) return;
      for (const step of STEPS.slice(now)) {
        if (typeof step === 'string') this.#db.exec(step);
        else step(this);
      }
      this.#db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    });
  }

  /** Switching to WAL takes an exclusive lock that SQLite does not always wait for, so the first openers may collide. */
  #journalInWal(): void {
    for (const started = Date.now(); ; ) {
      try {
        this.#db.exec('PRAGMA journal_mode = WAL');
        return;
      } catch (error) {
        if (primaryCode(error) !== BUSY || Date.now() - started > BUSY_TIMEOUT_MS) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }

  #tooNew(version: number): InvalidInput {
    return new InvalidInput(
      'state_too_new',
      `${this.file} was written by a newer assent (state version ${version}; this one knows up to ${SCHEMA_VERSION}).`,
      {
        help: 'Update assent, or use another folder. The file was not changed.',
        ways: [{ option: 'state' }],
      },
    );
  }

  /** A file is put into the folder whole, so this one has lost what was in it. */
  #empty(): InvalidInput {
    return new InvalidInput('state_corrupt', `${this.file} is damaged: it is empty.`, {
      help: `${RESTORE} If nothing was ever deployed with it, delete the file.`,
      ways: [{ option: 'state' }],
    });
  }

  #tooOldToRead(): InvalidInput {
    return new InvalidInput(
      'state_not_writable',
      `${this.file} was written by an older assent and cannot be brought to this version: its folder is read-only.`,
      { help: 'Copy the folder to where you may write, and use it there.', ways: [{ option: 'state' }] },
    );
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #translate(error: unknown): unknown {
    const code = primaryCode(error);
    if (code === undefined) return error;
    const message = (error as Error).message;
    switch (code) {
      case CORRUPT:
      case NOT_A_DATABASE:
        return this.corrupt(message, error);
      case BUSY:
        return new AssentError('state_busy', `Another process keeps ${this.file} locked.`, {
          help: 'Try again when the other assent process has ended.',
          retryable: true,
          kind: 'held',
          cause: error,
        });
      case PERMISSION:
      case READ_ONLY:
      case CANNOT_OPEN:
        return notWritable(this.file, error);
      case IO_ERROR:
      case FULL:
        return new AssentError('state_io', `${this.file} cannot be written: ${message}.`, {
          help: 'Free space on the disk; then the run can be resumed.',
          kind: 'failed',
          cause: error,
        });
      default:
        return error;
    }
  }
}

// Primary result codes of SQLite; the extended ones keep them in their low byte.
const PERMISSION = 3;
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

const NOT_WRITABLE: ReadonlySet<number> = new Set([PERMISSION, READ_ONLY, CANNOT_OPEN]);

const RESTORE = 'Restore the folder from a backup, or start with another one. Deployed resources are not affected.';

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function notWritable(path: string, cause: unknown): InvalidInput {
  return new InvalidInput('state_not_writable', `${path} cannot be written: ${(cause as Error).message}.`, {
    help: 'Choose a folder you may write to.',
    ways: [{ option: 'state' }],
    cause,
  });
}
