// The embedded store: stacks, runs, journals, plans and leases in one SQLite file (schema.ts) that any number of
// processes share. Implements the `Store` port; tests/contract/store.ts says what that means.
//
// Every method is one transaction without an await inside, so it is atomic towards this process as well. Whatever a
// run writes checks its lease in the same transaction.
import type { Event, Plan, StackResource, StackState } from '#wasm';
import {
  type ChangeNote,
  type Changes,
  LEASE_MS,
  type Lease,
  LeaseLost,
  type Place,
  type Rollback,
  type Run,
  type StackRecord,
  type Store,
} from '../../app/ports.ts';
import { ResourceNotFound } from '../../domain/errors.ts';
import type { Measured } from '../../domain/metrics.ts';
import { Database, type Row } from './database.ts';
import { Leases } from './leases.ts';
import { addMeasured, readMeasured } from './measured.ts';

export interface StoreOptions {
  /** ms since the epoch. */
  now: () => number;
  /** How long a lease lasts unless renewed. */
  leaseMs?: number;
}

/**
 * Opens the store in `dir`, creating what is missing (folder 0700, file 0600).
 * Rejects with InvalidInput: `state_too_new`, `state_corrupt`, `state_not_writable`.
 */
export async function openStore(dir: string, { now, leaseMs = LEASE_MS }: StoreOptions): Promise<Store> {
  const db = new Database(dir);
  return new SqliteStore(db, new Leases(db, now, leaseMs));
}

class SqliteStore implements Store {
  readonly #db: Database;
  readonly #leases: Leases;

  constructor(db: Database, leases: Leases) {
    this.#db = db;
    this.#leases = leases;
  }

  async stack(name: string): Promise<StackRecord | undefined> {
    return this.#db.read(() => {
      const row = this.#db.get('SELECT * FROM stacks WHERE name = ?', name);
      return row === undefined ? undefined : this.#stackFrom(row);
    });
  }

  async stacks(): Promise<StackRecord[]> {
    return this.#db.read(() => this.#db.all('SELECT * FROM stacks ORDER BY name').map((row) => this.#stackFrom(row)));
  }

  async exports({ endpoint, account, region }: Place): Promise<Map<string, unknown>> {
    const rows = this.#db.all(
      'SELECT outputs FROM stacks WHERE endpoint = ? AND account = ? AND region = ? ORDER BY name',
      endpoint,
      account,
      region,
    );
    const exported = new Map<string, unknown>();
    for (const row of rows) {
      for (const { exportName, value } of Object.values(this.#json<StackRecord['outputs']>(row['outputs']))) {
        if (exportName !== undefined) exported.set(exportName, value);
      }
    }
    return exported;
  }

  async acquire(stack: string): Promise<Lease> {
    return this.#leases.acquire(stack);
  }

  async isHeld(stack: string): Promise<boolean> {
    return this.#leases.isHeld(stack);
  }

  async renew(lease: Lease): Promise<void> {
    this.#leases.renew(lease);
  }

  async release(lease: Lease): Promise<void> {
    this.#leases.release(lease);
  }

  async putPlan(plan: Plan): Promise<void> {
    this.#db.run('INSERT OR IGNORE INTO plans (digest, plan) VALUES (?, ?)', plan.digest, JSON.stringify(plan));
  }

  async plan(digest: string): Promise<Plan | undefined> {
    const row = this.#db.get('SELECT plan FROM plans WHERE digest = ?', digest);
    return row === undefined ? undefined : this.#json<Plan>(row['plan']);
  }

  async begin(lease: Lease, run: Run, record: StackRecord): Promise<void> {
    this.#db.write(() => {
      this.#leases.check(lease);
      this.#refuseSecondRun(lease, run.runId);
      const { context, stack } = record.state;
      const created = this.#db.run(
        `INSERT INTO stacks (name, endpoint, account, region, state, outputs, last_run) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
        stack,
        record.endpoint,
        context.account,
        context.region,
        headOf(record.state),
        JSON.stringify(record.outputs),
        run.runId,
      );
      if (created === 0) this.#db.run('UPDATE stacks SET last_run = ? WHERE name = ?', run.runId, stack);
      else for (const resource of record.state.resources) this.#record(stack, resource);
      const { binding, mode, planDigest, config, parameters, fingerprints, verdict, forecastMs, onFailure } = run;
      this.#db.run(
        `INSERT INTO runs (run_id, stack, status, seq, started_at, ended_at, cancel_requested, about, result)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        run.runId,
        run.stack,
        run.status,
        run.seq,
        run.startedAt,
        run.endedAt ?? null,
        run.cancelRequested ? 1 : 0,
        JSON.stringify({ binding, mode, planDigest, config, parameters, fingerprints, verdict, forecastMs, onFailure }),
        run.result === undefined ? null : JSON.stringify(run.result),
      );
    });
  }

  async beginRollback(lease: Lease, runId: string, rollback: Rollback): Promise<void> {
    this.#db.write(() => {
      this.#leases.check(lease);
      const turned = this.#db.run(
        `UPDATE runs SET rollback = ?
         WHERE run_id = ? AND stack = ? AND status = 'running' AND seq = ? AND rollback IS NULL`,
        JSON.stringify(rollback),
        runId,
        lease.stack,
        rollback.seq,
      );
      if (turned !== 1) throw new LeaseLost(`run ${runId} cannot turn back now`);
    });
  }

  async reopen(lease: Lease, runId: string): Promise<void> {
    this.#db.write(() => {
      this.#leases.check(lease);
      this.#refuseSecondRun(lease, runId);
      const reopened = this.#db.run(
        `UPDATE runs SET status = 'running', cancel_requested = 0, ended_at = NULL, result = NULL
         WHERE run_id = ? AND stack = ? AND status IN ('running', 'cancelled')`,
        runId,
        lease.stack,
      );
      if (reopened === 0) throw new LeaseLost(`run ${runId} of stack ${lease.stack} has ended`);
    });
  }

  async run(runId: string): Promise<Run | undefined> {
    return this.#runs('WHERE run_id = ?', runId)[0];
  }

  async runs(stack?: string): Promise<Run[]> {
    return stack === undefined ? this.#runs('') : this.#runs('WHERE stack = ?', stack);
  }

  async unfinished(stack?: string): Promise<Run | undefined> {
    const running = "WHERE status = 'running'";
    return (stack === undefined ? this.#runs(running) : this.#runs(`${running} AND stack = ?`, stack))[0];
  }

  async append(
    lease: Lease,
    runId: string,
    seq: number,
    entries: readonly Event[],
    { record, forget, tally }: Changes,
  ): Promise<number> {
    return this.#db.write(() => {
      this.#leases.check(lease);
      const { stack } = lease;
      const next = seq + entries.length;
      const advanced = this.#db.run(
        "UPDATE runs SET seq = ? WHERE run_id = ? AND stack = ? AND seq = ? AND status = 'running'",
        next,
        runId,
        stack,
        seq,
      );
      if (advanced === 0) throw new LeaseLost(`run ${runId} is not running at entry ${seq} any more`);
      for (const [index, entry] of entries.entries()) {
        const sql = 'INSERT INTO journal (run_id, seq, entry) VALUES (?, ?, ?)';
        this.#db.run(sql, runId, seq + index + 1, JSON.stringify(entry));
      }
      // In this order, because a resource that exists must not be lost: named by both, it is recorded.
      for (const id of forget) this.#db.run('DELETE FROM resources WHERE stack = ? AND logical_id = ?', stack, id);
      for (const resource of record) this.#record(stack, resource);
      if (tally !== undefined) this.#db.run('UPDATE runs SET tally = ? WHERE run_id = ?', JSON.stringify(tally), runId);
      return next;
    });
  }

  async journal(runId: string): Promise<Event[]> {
    const { rows, seq } = this.#db.read(() => ({
      rows: this.#db.all('SELECT seq, entry FROM journal WHERE run_id = ? ORDER BY seq', runId),
      seq: this.#db.get('SELECT seq FROM runs WHERE run_id = ?', runId)?.['seq'] ?? 0,
    }));
    // Replaying a journal with a hole would repeat what was done: better not at all.
    if (rows.length !== seq || rows.some((row, index) => row['seq'] !== index + 1)) {
      throw this.#db.corrupt(`the journal of run ${runId} is not complete`);
    }
    return this.#json<Event[]>(`[${rows.map((row) => row['entry']).join(',')}]`);
  }

  async finish(
    lease: Lease,
    run: Run,
    record: StackRecord,
    measured: readonly Measured[] = [],
    learned?: { note: string; change: ChangeNote },
  ): Promise<void> {
    this.#db.write(() => {
      this.#leases.check(lease);
      const ended = this.#db.run(
        `UPDATE runs SET status = ?, ended_at = ?, result = ?, tally = coalesce(?, tally)
         WHERE run_id = ? AND stack = ? AND status = 'running'`,
        run.status,
        run.endedAt ?? null,
        run.result === undefined ? null : JSON.stringify(run.result),
        run.tally === undefined ? null : JSON.stringify(run.tally),
        run.runId,
        lease.stack,
      );
      if (ended === 0) throw new LeaseLost(`run ${run.runId} of stack ${lease.stack} has ended`);
      if (measured.length > 0) {
        addMeasured(this.#db, measured, 'replace');
        this.#db.run('UPDATE runs SET measured_until = ended_at WHERE run_id = ?', run.runId);
      }
      if (learned !== undefined) this.#changeNote(learned.note, learned.change);
      const destroyed = run.mode === 'destroy' && (run.status === 'succeeded' || run.status === 'no_changes');
      const undone = run.onFailure === 'delete' && run.status === 'rolled_back';
      if ((destroyed || undone) && this.#resourceRows(lease.stack).length === 0) {
        this.#db.run('DELETE FROM stacks WHERE name = ?', lease.stack);
        return;
      }
      this.#db.run(
        'UPDATE stacks SET state = ?, outputs = ?, last_run = ? WHERE name = ?',
        headOf(record.state),
        JSON.stringify(record.outputs),
        run.runId,
        lease.stack,
      );
    });
  }

  async requestCancel(runId: string): Promise<void> {
    if (this.#db.run('UPDATE runs SET cancel_requested = 1 WHERE run_id = ?', runId) > 0) return;
    throw new ResourceNotFound(`There is no run ${runId}.`, { help: 'assent status lists the runs.' });
  }

  async cancelRequested(runId: string): Promise<boolean> {
    return this.#db.get('SELECT cancel_requested FROM runs WHERE run_id = ?', runId)?.['cancel_requested'] === 1;
  }

  async addMeasured(measured: readonly Measured[]): Promise<void> {
    this.#db.write(() => addMeasured(this.#db, measured, 'refuse'));
  }

  async measured(): Promise<Measured[]> {
    return readMeasured(this.#db);
  }

  async note(name: string): Promise<string | undefined> {
    return this.#note(name);
  }

  async changeNote(name: string, change: ChangeNote): Promise<void> {
    this.#db.write(() => this.#changeNote(name, change));
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #note(name: string): string | undefined {
    return this.#db.get('SELECT text FROM notes WHERE name = ?', name)?.['text'] as string | undefined;
  }

  /** Inside a write transaction. */
  #changeNote(name: string, change: ChangeNote): void {
    const text = change(this.#note(name));
    this.#db.run('INSERT OR REPLACE INTO notes (name, text) VALUES (?, ?)', name, text);
  }

  #refuseSecondRun({ stack }: Lease, runId: string): void {
    const other = this.#db.get(
      "SELECT run_id FROM runs WHERE stack = ? AND status = 'running' AND run_id <> ?",
      stack,
      runId,
    );
    if (other !== undefined) throw new LeaseLost(`run ${other['run_id']} of stack ${stack} is not settled yet`);
  }

  #record(stack: string, resource: StackResource): void {
    this.#db.run(
      `INSERT INTO resources (stack, logical_id, resource) VALUES (?, ?, ?)
       ON CONFLICT (stack, logical_id) DO UPDATE SET resource = excluded.resource`,
      stack,
      resource.logicalId,
      JSON.stringify(resource),
    );
  }

  #resourceRows(stack: string): Row[] {
    return this.#db.all('SELECT resource FROM resources WHERE stack = ? ORDER BY logical_id', stack);
  }

  #stackFrom(row: Row): StackRecord {
    const name = row['name'] as string;
    const head = this.#json<Omit<StackState, 'resources'>>(row['state']);
    const resources = this.#resourceRows(name).map(({ resource }) => this.#json<StackResource>(resource));
    const record: StackRecord = {
      state: { ...head, resources },
      endpoint: row['endpoint'] as string,
      outputs: this.#json(row['outputs']),
    };
    if (row['last_run'] !== null) record.lastRun = row['last_run'] as string;
    return record;
  }

  #runs(where: string, ...values: string[]): Run[] {
    return this.#db.all(`SELECT * FROM runs ${where} ORDER BY id DESC`, ...values).map((row) => {
      const about = this.#json<
        Pick<
          Run,
          | 'binding'
          | 'mode'
          | 'planDigest'
          | 'config'
          | 'parameters'
          | 'fingerprints'
          | 'verdict'
          | 'forecastMs'
          | 'onFailure'
        >
      >(row['about']);
      const run: Run = {
        // Runs of before there was a gate have no verdict.
        ...about,
        verdict: about.verdict ?? null,
        runId: row['run_id'] as string,
        stack: row['stack'] as string,
        status: row['status'] as Run['status'],
        seq: row['seq'] as number,
        startedAt: row['started_at'] as number,
        cancelRequested: row['cancel_requested'] === 1,
      };
      if (row['ended_at'] !== null) run.endedAt = row['ended_at'] as number;
      if (row['measured_until'] !== null) run.measuredUntil = row['measured_until'] as number;
      if (row['rollback'] !== null) run.rollback = this.#json(row['rollback']);
      if (row['tally'] !== null) run.tally = this.#json(row['tally']);
      if (row['result'] !== null) run.result = this.#json(row['result']);
      return run;
    });
  }

  #json<T>(text: unknown): T {
    try {
      return JSON.parse(text as string) as T;
    } catch (error) {
      throw this.#db.corrupt('a value in it is not JSON', error);
    }
  }
}

/** The state without its resources, which have rows of their own. */
function headOf({ resources: _, ...head }: StackState): string {
  return JSON.stringify(head);
}
