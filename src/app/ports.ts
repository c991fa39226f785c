// What the use cases need from the outside, declared by their user. Adapters implement these; one contract suite per
// port runs against every implementation.

import type {
  Context,
  EngineConfig,
  Event,
  Found,
  ListedRequest,
  Lookup,
  Plan,
  RequestStatus,
  ResourceReport,
  StackResource,
  StackState,
  Unrestored,
} from '#wasm';
import type { Measured } from '../domain/metrics.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Calls } from './documents/events.ts';

/** A run as stored. Times in ms since the epoch. */
export interface Run {
  runId: string;
  stack: string;
  /** endpoint + account + region of the stack, see {@link StackRecord.binding}. */
  binding: string;
  mode: 'deploy' | 'destroy';
  planDigest: string;
  status:
    | 'running'
    | 'succeeded'
    | 'no_changes'
    | 'refused'
    | 'rolled_back'
    | 'failed'
    | 'cancelled'
    | 'waiting_approval';
  startedAt: number;
  endedAt?: number;
  /** Number of journal entries. */
  seq: number;
  config: EngineConfig;
  /** Effective parameter values, to be recorded with the stack when the run ends; NoEcho ones `null`. */
  parameters: Record<string, string | null>;
  /** Keyed fingerprints of the secrets used. */
  fingerprints: Record<string, string>;
  /** What the gate decided, by whom and why; `null` for a run that needs none. */
  verdict: Verdict | null;
  /** The final document once the run has ended (INTERFACE.md, `deploy`). */
  result?: unknown;
  cancelRequested: boolean;
  /** What is done when the deployment fails; absent: what was done is kept. */
  onFailure?: OnFailure;
  /** Since it failed, and only then: how it is rolled back. */
  rollback?: Rollback;
  /** Calls and operations in flight so far, over every process that has worked on it. */
  tally?: Tally;
  /** Makespan as its plan forecast it, ms. */
  forecastMs?: number;
  /** What ended by then has been measured: a cancelled run may be resumed and end again. Kept by `finish`. */
  measuredUntil?: number;
}

/** `rollback`: back to what was before; `keep`: nothing more; `delete`: a new stack is deleted, and its record too. */
export type OnFailure = 'rollback' | 'keep' | 'delete';

/** A failed run on its way back. */
export interface Rollback {
  /** Of the plan that leads back. */
  planDigest: string;
  /** Journal entries from here on are those of the way back. */
  seq: number;
  /** How the way there ended. */
  resources: ResourceReport[];
  /** What is left as it is. */
  unrestored: Unrestored[];
}

/** A stack as stored. */
export interface StackRecord {
  state: StackState;
  /** Cloud endpoint the stack is bound to: `sandbox`, `aws`, or the URL of a Cloud Control endpoint. */
  endpoint: string;
  outputs: Record<string, { value: unknown; description?: string; exportName?: string }>;
  lastRun?: string;
}

/** Where a stack lives; account numbers alone do not tell two endpoints apart. */
export interface Place extends Pick<Context, 'account' | 'region'> {
  endpoint: string;
}

/** The right to write a stack, until it is released or lost. `fence` grows with every holder. */
export interface Lease {
  stack: string;
  fence: number;
  holder: string;
}

/** How long a lease lasts unless it is renewed. */
export const LEASE_MS = 15_000;

/** What is counted over a whole run. What a killed process did after its last commit is missing. */
export interface Tally {
  calls: Calls;
  /** Operations in flight at most. */
  inFlightMax: number;
}

/** Changes of the stack's state that belong to one turn of the engine. */
export interface Changes {
  record: StackResource[];
  forget: string[];
  /** Replaces the run's. */
  tally?: Tally;
}

/** Makes the new text of a note out of the one that is kept. Pure: it may be called more than once. */
export type ChangeNote = (kept: string | undefined) => string;

/** The store was written by someone else meanwhile: this worker must stop and change nothing. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/**
 * Durable state. Every method is atomic; what it resolved with survives `kill -9`.
 * Opening a store written by a newer version rejects with InvalidInput `state_too_new`.
 */
export interface Store {
  stack(name: string): Promise<StackRecord | undefined>;
  stacks(): Promise<StackRecord[]>;
  /** Exports of all stacks of one endpoint, account and region: name to value. */
  exports(place: Place): Promise<Map<string, unknown>>;

  /** Takes the stack's lease, or rejects with LeaseHeld naming the holder. A dead process's lease is taken at once. */
  acquire(stack: string): Promise<Lease>;
  /** Whether acquiring would be rejected now; takes nothing. */
  isHeld(stack: string): Promise<boolean>;
  /** Extends the lease; rejects with LeaseLost when another holder has it. */
  renew(lease: Lease): Promise<void>;
  release(lease: Lease): Promise<void>;

  /** Keeps the plan under its digest. One that is there stays: a run resumes from the very plan it began with. */
  putPlan(plan: Plan): Promise<void>;
  plan(digest: string): Promise<Plan | undefined>;

  /**
   * Creates the run row and the stack (when new; of a stack that exists only `lastRun` changes) under the lease.
   * Rejects with LeaseLost, also when the stack has another run with status `running`: that one is settled first.
   */
  begin(lease: Lease, run: Run, stack: StackRecord): Promise<void>;
  /** The run turns back, once: from now on its journal is that of the way back. Rejects with LeaseLost. */
  beginRollback(lease: Lease, runId: string, rollback: Rollback): Promise<void>;
  /** Sets a cancelled run to `running` again and takes back the request to cancel it. */
  reopen(lease: Lease, runId: string): Promise<void>;
  run(runId: string): Promise<Run | undefined>;
  /** Newest first. */
  runs(stack?: string): Promise<Run[]>;
  /** Run of this stack that has status `running`. */
  unfinished(stack?: string): Promise<Run | undefined>;
  /** One transaction: checks fence and seq, appends entries, applies changes. Rejects with LeaseLost. Returns new seq. */
  append(lease: Lease, runId: string, seq: number, entries: readonly Event[], changes: Changes): Promise<number>;
  journal(runId: string): Promise<Event[]>;
  /**
   * Ends a run: status, document, outputs, effective parameters; resources stay as appended. A stack whose destroy run
   * succeeded (or had nothing to do), or whose run was rolled back with `onFailure: delete`, and that has no resources
   * left is removed; its runs are kept. What the run measured
   * is merged in the same transaction, so it counts once; a kept series that is damaged starts anew. So is what it has
   * learned: a note that is changed with the run's end or not at all.
   */
  finish(
    lease: Lease,
    run: Run,
    stack: StackRecord,
    measured?: readonly Measured[],
    learned?: { note: string; change: ChangeNote },
  ): Promise<void>;
  /** Sets the flag a running worker looks at on each renewal. */
  requestCancel(runId: string): Promise<void>;
  cancelRequested(runId: string): Promise<boolean>;
  /** Merges measurements into those kept, all or none. Rejects where a series is of another kind. */
  addMeasured(measured: readonly Measured[]): Promise<void>;
  /** All that was measured, by name and labels. */
  measured(): Promise<Measured[]>;
  /** A small text that several processes share, by its name. */
  note(name: string): Promise<string | undefined>;
  /** Replaces a note, atomically towards all who share the store. What `change` throws rejects and changes nothing. */
  changeNote(name: string, change: ChangeNote): Promise<void>;
  close(): Promise<void>;
}

/** A progress event of Cloud Control in our words. */
export interface Progress {
  requestToken: string;
  status: RequestStatus;
  identifier?: string;
  model?: unknown;
  errorCode?: string;
  message?: string;
  /** ms since the epoch. */
  retryAfter?: number;
}

/** Why a call brought no usable answer. */
export type CallError =
  | { kind: 'throttled'; message: string }
  | { kind: 'lost'; message: string }
  | { kind: 'notFound'; message: string }
  | { kind: 'rejected'; errorCode: string; message: string };

/** A value or an error, never an exception: the driver turns both into events. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: CallError };

/**
 * Cloud Control of one account and region. No method retries: the engine decides.
 * Methods reject in one case only: with Unreachable when the credentials are missing, expired or not accepted. No other
 * call would fare better, so the run stops where it is and can be resumed; nothing was done by the call.
 */
export interface Cloud {
  create(call: { typeName: string; desiredState: string; clientToken: string }): Promise<Answer<Progress>>;
  update(call: { typeName: string; identifier: string; patch: string; clientToken: string }): Promise<Answer<Progress>>;
  delete(call: { typeName: string; identifier: string; clientToken: string }): Promise<Answer<Progress>>;
  poll(requestToken: string): Promise<Answer<Progress>>;
  /** Asks for an operation to be stopped; where it cannot be (any more), the call is `rejected`. */
  cancel(requestToken: string): Promise<Answer<Progress>>;
  /** Live properties; a missing resource is `notFound`. */
  get(call: { typeName: string; identifier: string }): Promise<Answer<unknown>>;
  /** One page of the account's creations of the last seven days; `time` in ms: when begun, or ended. */
  listRequests(
    next?: string,
  ): Promise<Answer<Page<{ typeName: string | undefined; time: number | undefined } & ListedRequest>>>;
  /** One page of primary identifiers of everything of a type. */
  listResources(call: { typeName: string; next?: string }): Promise<Answer<Page<string>>>;
  /** Primary identifiers of all resources of a type, all pages of them. */
  list(typeName: string): Promise<Answer<string[]>>;
  close(): void;
}

/** A part of a list; `next` names the part that follows. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/** The few calls besides Cloud Control that plans need. Reject with Unreachable, or InvalidInput when refused. */
export interface Facts {
  /** `warning`: the account was guessed, because a custom Cloud Control endpoint came without a usable STS. */
  identity(): Promise<{ account: string; partition: string; region: string; warning?: string }>;
  lookup(lookup: Exclude<Lookup, { kind: 'import' | 'resource' | 'resources' }>): Promise<Found['value']>;
  /** Value of a dynamic reference (`secretsmanager:…`, `ssm-secure:…`); never stored, never logged. */
  secret(id: string): Promise<unknown>;
}

/** Time, so that tests can turn it. */
export interface Clock {
  /** Wall time, ms since the epoch. */
  now(): number;
  /** ms since some moment of this process; never set back. */
  monotonic(): number;
  /** Resolves at `until` (ms) or when the signal fires, whichever is first; never rejects. */
  sleep(until: number, signal: AbortSignal): Promise<void>;
}
