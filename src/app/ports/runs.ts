// Runs: their heads, their journals, and the right to work on a stack.
//
// A run is written when it is submitted, before anybody has judged it; a worker takes it up under a lease and appends
// turns to its journal. The head holds fence and sequence: an append advances it if both match, else the worker has been
// superseded and must stop.
import type { EngineConfig, Event, Finding, Plan, ResourceReport, StackResource, Unrestored } from '#wasm';
import type { StackKey } from '../../domain/stack.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { RunDocument } from '../documents/documents.ts';
import type { Calls } from '../documents/events.ts';
import type { Page, PageOf } from './page.ts';
import type { StackRecord } from './stacks.ts';

/**
 * `submitted`: planned, not judged yet. `waiting_approval`: for a person, until `expiresAt`. `approved`: may be worked on.
 * `running`: a worker has taken it up. `suspended`: it has let go, and another may go on. All others are ends; a
 * `cancelled` run may be reopened.
 */
export type RunStatus = PendingStatus | 'running' | 'suspended' | EndStatus;

/** Nothing has been done yet. */
export type PendingStatus = 'submitted' | 'waiting_approval' | 'approved';

/** Nothing more is done. */
export type EndStatus = (typeof END_STATUSES)[number];

export const END_STATUSES = [
  'succeeded',
  'no_changes',
  'refused',
  'rejected',
  'expired',
  'superseded',
  'rolled_back',
  'failed',
  'cancelled',
] as const;

/** A run as lists show it: small. Times in ms since the epoch. */
export interface RunHead {
  runId: string;
  stack: StackKey;
  mode: Plan['mode'];
  status: RunStatus;
  planDigest: string;
  submittedAt: number;
  /** When a worker first took it up. */
  startedAt?: number;
  endedAt?: number;
  /** Makespan as its plan forecast it, ms. */
  forecastMs?: number;
  /** Until when a person may answer. */
  expiresAt?: number;
  /** What a person answered. */
  answer?: RunAnswer;
  /** Turns in its journal. */
  seq: number;
  /** What the worker last counted. */
  tally?: Tally;
  /** Snapshot of the stack that its plan was made from; absent: there was none. */
  base?: string;
  /** What is done when the deployment fails; absent: what was done is kept. */
  onFailure?: OnFailure;
  config: EngineConfig;
  /** What ended by then has been measured: a cancelled run may be resumed and end again. */
  measuredUntil?: number;
}

/** What a run was submitted with and how it was judged. Kept in a blob: it may be large. */
export interface Brief {
  /** Effective parameter values, to be recorded with the stack when the run ends; NoEcho ones `null`. */
  parameters: Record<string, string | null>;
  /** Tags for every taggable resource, to be recorded likewise; absent in runs of before they were. */
  tags?: Record<string, string>;
  /** Names of the exports of other stacks that its plan uses; absent likewise. */
  imports?: string[];
  /** Keyed fingerprints of the secrets used. */
  fingerprints: Record<string, string>;
  /** NoEcho parameters whose values the work needs. */
  noEcho: string[];
  /** What the gate decided, by whom and why; `null` for a run that needs none. */
  verdict: Verdict | null;
  /** What the verdict rests on. */
  findings: Finding[];
}

/** A whole run. */
export interface Run extends RunHead, Brief {
  /** Since it failed, and only then: how it is rolled back. */
  rollback?: Rollback;
  /** The final document once the run has ended (INTERFACE.md, `deploy`). */
  result?: RunDocument;
}

/** A person's answer. */
export interface RunAnswer {
  decision: 'approve' | 'reject';
  by: string;
  at: number;
  reason?: string;
}

/** `rollback`: back to what was before; `keep`: nothing more; `delete`: a new stack is deleted, and its record too. */
export type OnFailure = 'rollback' | 'keep' | 'delete';

/** A failed run on its way back. */
export interface Rollback {
  /** Of the plan that leads back. */
  planDigest: string;
  /** Turns from here on are those of the way back. */
  seq: number;
  /** How the way there ended. */
  resources: ResourceReport[];
  /** What is left as it is. */
  unrestored: Unrestored[];
}

/** What is counted over a whole run. What a killed process did after its last commit is missing. */
export interface Tally {
  calls: Calls;
  /** Operations in flight at most. */
  inFlightMax: number;
}

/** One turn of the engine: what happened, and what it changes in the stack's state. */
export interface Turn {
  entries: readonly Event[];
  record: readonly StackResource[];
  /** A resource named by both is recorded: what exists must not be lost. */
  forget: readonly string[];
}

/** The right to write a stack, until it is released or lost. `fence` grows with every holder. */
export interface Lease {
  stack: StackKey;
  fence: number;
  holder: string;
}

/** How long a lease lasts unless it is renewed. */
export const LEASE_MS = 15_000;

/** The store was written by someone else meanwhile: this worker must stop and change nothing. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** What a run leaves behind. */
export interface Ended {
  status: EndStatus;
  endedAt: number;
  result: RunDocument;
  tally?: Tally;
  measuredUntil?: number;
  /** The stack from now on; `undefined`: it is gone. */
  stack: Pick<StackRecord, 'state' | 'outputs' | 'imports'> | undefined;
}

/** Every method is atomic; what it resolved with survives `kill -9`. */
export interface Runs {
  /** Keeps a new run. Rejects with InvalidInput `run_exists` when its id is taken. */
  submit(run: Run): Promise<void>;
  get(runId: string): Promise<Run | undefined>;
  /** Newest first; of one stack, or all. */
  list(page?: PageOf & { stack?: StackKey }): Promise<Page<RunHead>>;
  /**
   * Changes a run that no worker has taken up, if its status is one of `from`; resolves with whether it was. What is
   * given replaces; `result` ends it.
   */
  move(
    runId: string,
    from: readonly PendingStatus[],
    change: Partial<Pick<Run, 'status' | 'verdict' | 'findings' | 'answer' | 'expiresAt' | 'endedAt' | 'result'>>,
  ): Promise<boolean>;

  /** Takes the stack's lease, or rejects with LeaseHeld naming the holder. A dead process's lease is taken at once. */
  acquire(stack: StackKey): Promise<Lease>;
  /** Whether acquiring would be rejected now; takes nothing. */
  isHeld(stack: StackKey): Promise<boolean>;
  /** Extends the lease; rejects with LeaseLost when another holder has it. */
  renew(lease: Lease): Promise<void>;
  release(lease: Lease): Promise<void>;

  /**
   * Takes up an approved run: it is `running`, and the stack's. A stack that is new is made of `fresh`. Rejects with
   * LeaseLost, also when the run is not approved or the stack has another unfinished run: that one is settled first.
   * Resolves with `false` and changes nothing when the stack is no longer the one that the plan was made from.
   */
  begin(lease: Lease, runId: string, startedAt: number, fresh: StackRecord): Promise<boolean>;
  /** Takes up a run that is running, suspended or cancelled: `running` again. What it was asked stays. Rejects with LeaseLost. */
  reopen(lease: Lease, runId: string): Promise<void>;
  /** Appends one turn under fence and sequence. Rejects with LeaseLost. Resolves with the new sequence. */
  append(lease: Lease, runId: string, seq: number, turn: Turn, tally?: Tally): Promise<number>;
  /** The run turns back, once: from now on its journal is that of the way back. Rejects with LeaseLost. */
  turnBack(lease: Lease, runId: string, rollback: Rollback): Promise<void>;
  /** The worker lets go of a run that goes on later. Rejects with LeaseLost. */
  suspend(lease: Lease, runId: string, seq: number): Promise<void>;
  /**
   * Ends a run, under fence and sequence: its document, and the stack's next snapshot. Rejects with LeaseLost.
   */
  finish(lease: Lease, runId: string, seq: number, ended: Ended): Promise<void>;
  /** Turns in order, those after `after` of them. Rejects with `state_corrupt` where one is missing. */
  journal(runId: string, page?: PageOf & { after?: number }): Promise<Page<Turn>>;

  /**
   * Sets the flag that whoever works on the run looks at, now or next; `now`: what is in flight is cancelled in the cloud too, and a later request
   * takes nothing back. Rejects with ResourceNotFound for an unknown run.
   */
  requestCancel(runId: string, now?: boolean): Promise<void>;
  /** A cancelled run is to go on: nobody asks it to cancel any more. Does nothing to any other. */
  withdrawCancel(runId: string): Promise<void>;
  cancelRequested(runId: string): Promise<boolean | 'now'>;
}
