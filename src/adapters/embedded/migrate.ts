// Brings a store of before to this version's items: every stack, run, journal, plan, lease, note and measurement keeps
// its meaning. Runs inside the transaction that raises the version, so a store is moved whole or not at all.
//
// A stack was a name in the whole store; now it is a name in a place, and the place was always recorded beside it. A
// journal held events one by one and the resources stood in a table of their own: they become the stack's snapshot, and
// each event a turn that changes nothing.
import { createHash } from 'node:crypto';
import type { StackResource, StackState } from '#wasm';
import type { BlobKind, Brief, RunHead, StackRecord } from '../../app/ports.ts';
import { labelsKey } from '../../domain/metrics.ts';
import { endpointName, type Place, type StackKey, stackText } from '../../domain/stack.ts';
import { keys, MEASURES } from '../table/keys.ts';
import type { Fields, ItemKey } from '../table/table.ts';
import type { Database, Row } from './database.ts';

/** Moves everything; the old tables are dropped. */
export function moveToItems(db: Database): void {
  const move = new Move(db);
  move.plans();
  move.stacks();
  move.runs();
  move.leases();
  move.notes();
  move.measures();
  for (const table of ['journal', 'runs', 'resources', 'stacks', 'plans', 'leases', 'notes', 'metrics']) {
    db.run(`DROP TABLE ${table}`);
  }
}

class Move {
  readonly #db: Database;
  /** Places of stacks by name, of those that are gone that of a run. */
  readonly #places = new Map<string, Place>();

  constructor(db: Database) {
    this.#db = db;
  }

  plans(): void {
    for (const { digest, plan } of this.#db.all('SELECT * FROM plans')) {
      this.#blob('plan', String(digest), String(plan));
    }
  }

  stacks(): void {
    for (const row of this.#db.all('SELECT * FROM stacks ORDER BY name')) {
      const name = String(row['name']);
      const place = { ...placeOf(row), endpoint: named(String(row['endpoint'])) };
      this.#places.set(name, place);
      const key: StackKey = { ...place, name };
      const resources = this.#db
        .all('SELECT resource FROM resources WHERE stack = ? ORDER BY logical_id', name)
        .map(({ resource }) => this.#json<StackResource>(resource));
      const state: StackState = { ...this.#json<StackState>(row['state']), resources };
      const outputs = this.#json<StackRecord['outputs']>(row['outputs']);
      const snapshot = this.#keep('state', { state, outputs });
      const running = this.#db.get("SELECT run_id FROM runs WHERE stack = ? AND status = 'running'", name);
      const unfinished = String(running?.['run_id'] ?? '');
      this.#put(keys.stackHead(key), { snapshot, lastRun: String(row['last_run'] ?? ''), unfinished });
      this.#put(keys.stackInAll(key), {});
      this.#put(keys.stackByName(key), {});
      for (const { exportName, value } of Object.values(outputs)) {
        if (exportName === undefined) continue;
        const body = { name: exportName, owner: key, value };
        // Two ports of one machine have become one place: the name stays with the first of them.
        this.#put(keys.export(place, exportName), { owner: stackText(key) }, JSON.stringify(body), 'IGNORE');
      }
    }
  }

  runs(): void {
    for (const row of this.#db.all('SELECT * FROM runs ORDER BY id DESC')) {
      const runId = String(row['run_id']);
      const about = this.#json<OldAbout>(row['about']);
      const name = String(row['stack']);
      const stack = { ...placeOfRun(about.binding), name };
      if (!this.#places.has(name)) this.#places.set(name, stack);
      const { parameters, fingerprints, verdict = null } = about;
      const brief: Brief = { parameters, fingerprints, verdict, noEcho: [], findings: [] };
      const entries = this.#db.all('SELECT entry FROM journal WHERE run_id = ? ORDER BY seq', runId);
      entries.forEach(({ entry }, index) => {
        const turn = { entries: [this.#json(entry)], record: [], forget: [] };
        this.#put(keys.turn(runId, index + 1), {}, JSON.stringify(turn));
      });
      const head: Partial<RunHead> = {
        runId,
        stack,
        mode: about.mode,
        status: row['status'] as RunHead['status'],
        planDigest: about.planDigest,
        submittedAt: row['started_at'] as number,
        startedAt: row['started_at'] as number,
        seq: row['seq'] as number,
        config: about.config,
        ...(about.forecastMs === undefined ? {} : { forecastMs: about.forecastMs }),
        ...(about.onFailure === undefined ? {} : { onFailure: about.onFailure }),
        ...(row['ended_at'] === null ? {} : { endedAt: row['ended_at'] as number }),
        ...(row['measured_until'] === null ? {} : { measuredUntil: row['measured_until'] as number }),
      };
      const fields: Record<string, string | number> = {
        fence: this.#fence(name),
        folded: head.seq ?? 0,
      };
      for (const [name, value] of Object.entries(head)) {
        fields[name] = typeof value === 'object' ? JSON.stringify(value) : value;
      }
      if (row['tally'] !== null) fields['tally'] = String(row['tally']);
      fields['brief'] = this.#keep('brief', brief);
      if (row['rollback'] !== null) fields['rollback'] = this.#keep('document', this.#json(row['rollback']));
      if (row['result'] !== null) fields['result'] = this.#keep('document', this.#json(row['result']));
      this.#put(keys.runHead(runId), fields);
      this.#put(keys.runInAll(runId), {});
      this.#put(keys.stackRun(stack, runId), {});
      if (row['cancel_requested'] === 1) this.#put(keys.cancel(runId), {});
    }
  }

  /** The fence only ever grows, also of stacks that are gone. */
  leases(): void {
    for (const row of this.#db.all('SELECT * FROM leases')) {
      const name = String(row['stack']);
      const place = this.#places.get(name);
      if (place === undefined) continue;
      const fields = {
        fence: Number(row['fence']),
        holder: String(row['holder'] ?? ''),
        since: Number(row['since']),
        until: Number(row['expires_at']),
      };
      this.#put(keys.lease({ ...place, name }), fields);
    }
  }

  notes(): void {
    for (const { name, text } of this.#db.all('SELECT * FROM notes')) {
      const [kind, endpoint, ...rest] = String(name).split('|');
      const port = kind === 'rate' ? 'limits' : kind === 'durations' ? 'estimates' : undefined;
      if (port === undefined || endpoint === undefined) continue;
      // What two ports of one machine have learned: one of them will do.
      this.#put(keys.note(port, [named(endpoint), ...rest].join('|')), { version: 1 }, String(text), 'IGNORE');
    }
  }

  measures(): void {
    const measured = this.#db
      .all('SELECT * FROM metrics ORDER BY name, labels')
      .map(({ name, labels, kind, value, sketch }) => ({
        name,
        labels: JSON.parse(labelsKey(this.#json(labels))),
        kind,
        ...(sketch instanceof Uint8Array ? { sketch: Buffer.from(sketch).toString('base64') } : { value }),
      }));
    if (measured.length === 0) return;
    this.#put({ pk: MEASURES, sk: 'sum#0' }, { version: 1 }, JSON.stringify(measured));
  }

  #fence(stack: string): number {
    return Number(this.#db.get('SELECT fence FROM leases WHERE stack = ?', stack)?.['fence'] ?? 0);
  }

  #keep(kind: Exclude<BlobKind, 'plan'>, value: unknown): string {
    const text = JSON.stringify(value);
    const digest = createHash('sha256').update(text).digest('hex');
    this.#blob(kind, digest, text);
    return digest;
  }

  #blob(kind: BlobKind, digest: string, text: string): void {
    this.#db.run('INSERT OR IGNORE INTO blobs (kind, digest, text) VALUES (?, ?, ?)', kind, digest, text);
  }

  #put({ pk, sk }: ItemKey, fields: Fields, body?: string, taken: 'ABORT' | 'IGNORE' = 'ABORT'): void {
    const sql = `INSERT OR ${taken} INTO items (pk, sk, fields, body) VALUES (?, ?, ?, ?)`;
    this.#db.run(sql, pk, sk, JSON.stringify(fields), body ?? null);
  }

  #json<T>(text: unknown): T {
    try {
      return JSON.parse(String(text)) as T;
    } catch (error) {
      throw this.#db.corrupt('a value in it is not JSON', error);
    }
  }
}

/** What a run's row kept as JSON. */
interface OldAbout extends Pick<RunHead, 'mode' | 'planDigest' | 'config' | 'forecastMs' | 'onFailure'> {
  binding: string;
  parameters: Brief['parameters'];
  fingerprints: Brief['fingerprints'];
  verdict?: Brief['verdict'];
}

function placeOf(row: Row): Omit<Place, 'endpoint'> {
  return { account: String(row['account']), region: String(row['region']) };
}

function placeOfRun(binding: string): Place {
  const [endpoint = '', account = '', region = ''] = binding.split('|');
  return { endpoint: named(endpoint), account, region };
}

/** Custom endpoints were kept with their port. */
function named(endpoint: string): string {
  return endpoint.includes('://') ? endpointName(endpoint) : endpoint;
}
