// The documents that programs read (INTERFACE.md, "JSON"). Each has `version` and `kind`; field names change only by
// adding.
import type {
  Action,
  Caused,
  Drifted,
  Finding,
  Outcome,
  Plan,
  PlannedResource,
  Problem,
  PropertyChange,
  Replacement,
  ResourceChanges,
  ResourceReport,
  Undo,
} from '#wasm';
import { planChanges, planUndo } from '../../core/calls.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Planned } from '../planning/planning.ts';
import type { EndStatus, Run, RunAnswer } from '../ports.ts';
import type { Driven } from '../run/drive.ts';
import { type Calls, iso, noCalls, type ResourceDocument, resourceDocument } from './events.ts';

/** One action of a plan. */
export interface ActionDocument {
  logicalId: string;
  type: string;
  action: Action;
  reasons: string[];
  /** Each property that changes, as it was and as it will be; of a creation all of them. */
  changes: PropertyChange[];
  /** What the change makes others do, where it does. */
  causes?: Caused[];
  irreversible: string[];
  /** What a rollback does with it if the deployment fails; absent where there is nothing to undo. */
  undo?: Pick<Undo, 'action' | 'reasons'>;
  /** What else is worth knowing, where there is anything. */
  notes?: string[];
  /** In which order it is replaced. */
  replacement?: Replacement;
  /** Operations of the update; their values are among the changes. */
  patch?: { op: string; path: string }[];
  dependsOn: string[];
  estimateMs: number;
}

export interface PlanDocument {
  version: 1;
  kind: 'plan';
  digest: string;
  stack: string;
  actions: ActionDocument[];
  forecast: { makespanMs: number; criticalPath: string[] };
  problems: Problem[];
}

export interface RunDocument {
  version: 1;
  kind: 'deploy' | 'destroy';
  /** `null` where there was nothing to run over. */
  runId: string | null;
  planDigest: string | null;
  outcome: EndStatus | 'waiting_approval' | 'suspended';
  code?: string;
  resources: ResourceDocument[];
  outputs: Record<string, unknown>;
  /** What the gate decided; `null` where nothing had to be decided. */
  verdict: Verdict | null;
  elapsedMs: number;
  calls: Calls;
  /** How it was rolled back, where it was. */
  rollback?: RollbackDocument;
  /** What a person answered, where one was asked. */
  answer?: AnswerDocument;
  /** What would be done, of a run that waits for an answer. */
  actions?: ActionDocument[];
  /** Warnings of its plan, where there are any. */
  problems?: Problem[];
  /** Of a suspended run: there is nothing to do before so much time has passed. */
  resumeInMs?: number;
}

export interface AnswerDocument {
  decision: 'approve' | 'reject';
  by: string;
  at: string;
  reason?: string;
}

export interface RollbackDocument {
  planDigest: string;
  /** What was done on the way back. */
  resources: ResourceDocument[];
  /** What could not be undone, and what to do about it. */
  unrestored: { logicalId: string; type: string; physicalId: string | null; message: string; help: string }[];
}

export function planDocument({ plan, forecast, problems }: Planned): PlanDocument {
  return {
    version: 1,
    kind: 'plan',
    digest: plan.digest,
    stack: plan.stack,
    actions: actionDocuments(plan),
    forecast,
    problems,
  };
}

/** What a plan does, resource by resource. */
export function actionDocuments(plan: Plan): ActionDocument[] {
  const changes = planChanges(plan);
  const acts = plan.resources.some(({ action, movedFrom }) => action !== 'noop' || movedFrom !== undefined);
  const undone = new Map((acts ? planUndo(plan) : []).map(({ logicalId, ...undo }) => [logicalId, undo]));
  return plan.resources.map((resource, at) => actionDocument(resource, changes[at], undone.get(resource.logicalId)));
}

/** The same without what stays as it is: what a person is asked about. */
export function changingActions(plan: Plan): ActionDocument[] {
  return actionDocuments(plan).filter(({ action }) => action !== 'noop');
}

function actionDocument(
  resource: PlannedResource,
  shown: ResourceChanges | undefined,
  undo: ActionDocument['undo'],
): ActionDocument {
  const { logicalId, type, action, reasons, irreversible, dependsOn, estimateMs } = resource;
  const { notes = [], replacement, patch = [] } = resource;
  return {
    logicalId,
    type,
    action,
    reasons,
    changes: shown?.changes ?? [],
    ...(shown === undefined || shown.causes.length === 0 ? {} : { causes: shown.causes }),
    irreversible,
    ...(undo === undefined ? {} : { undo }),
    ...(notes.length === 0 ? {} : { notes }),
    ...(replacement === undefined ? {} : { replacement }),
    ...(patch.length === 0 ? {} : { patch: patch.map(({ op, path }) => ({ op, path })) }),
    dependsOn,
    estimateMs,
  };
}

/** How a run ends that is over. */
export type End = Exclude<Outcome, 'unreachable' | 'suspended'>;

/** The document of a run that the engine has ended. */
export function runDocument(
  run: Run,
  ended: {
    outcome: End;
    resources: readonly ResourceReport[];
    outputs: Record<string, unknown>;
    calls: Calls;
  },
  now: number,
): RunDocument {
  const document: RunDocument = {
    version: 1,
    kind: run.mode,
    runId: run.runId,
    planDigest: run.planDigest,
    outcome: ended.outcome,
    resources: ended.resources.map(resourceDocument),
    outputs: ended.outputs,
    verdict: run.verdict,
    elapsedMs: now - (run.startedAt ?? now),
    calls: ended.calls,
  };
  if (run.answer !== undefined) document.answer = answerDocument(run.answer);
  if (ended.outcome === 'failed') document.code = run.mode === 'deploy' ? 'deployment_failed' : 'destroy_failed';
  return document;
}

/** The document of a run that a worker has let go of. */
export function suspendedDocument(run: Run, driven: Driven, now: number): RunDocument {
  const { resources, outputs, calls, resumeInMs = 0 } = driven;
  const document = runDocument(run, { outcome: 'cancelled', resources, outputs, calls }, now);
  return { ...document, outcome: 'suspended', resumeInMs };
}

/** The document of a run that no worker has taken up: nothing was called. */
export function stoppedDocument(
  { runId, mode, planDigest, verdict, answer }: Pick<Run, 'runId' | 'mode' | 'planDigest' | 'verdict' | 'answer'>,
  outcome: 'refused' | 'rejected' | 'expired' | 'superseded' | 'waiting_approval',
  code: string,
): RunDocument {
  const document: RunDocument = { ...nothingToDo(mode), runId, planDigest, outcome, code, verdict };
  return answer === undefined ? document : { ...document, answer: answerDocument(answer) };
}

function answerDocument({ at, ...answer }: RunAnswer): AnswerDocument {
  return { ...answer, at: iso(at) };
}

/** The document where there was nothing to run over: an unknown stack to destroy, no run to resume. */
export function nothingToDo(kind: RunDocument['kind']): RunDocument {
  return {
    version: 1,
    kind,
    runId: null,
    planDigest: null,
    outcome: 'no_changes',
    resources: [],
    outputs: {},
    verdict: null,
    elapsedMs: 0,
    calls: noCalls(),
  };
}

export interface StatusDocument {
  version: 1;
  kind: 'status';
  stacks: StackDocument[];
  runs: RunSummary[];
}

export interface StackDocument {
  stack: string;
  account: string;
  region: string;
  endpoint: string;
  /** `in_progress`, `interrupted`, `complete`, `failed`, `cancelled`. */
  status: string;
  lastRun: string | null;
  resources: { logicalId: string; type: string; physicalId: string; status: string }[];
  /** Of its last successful deployment. */
  outputs: Record<string, unknown>;
}

export interface RunSummary {
  runId: string;
  stack: string;
  account: string;
  region: string;
  endpoint: string;
  mode: 'deploy' | 'destroy';
  /** `interrupted`: it has not ended, and no process works on it. */
  status: Run['status'] | 'interrupted';
  planDigest: string;
  submittedAt: string;
  /** `null`: no worker has taken it up. */
  startedAt: string | null;
  endedAt: string | null;
  elapsedMs: number;
  /** What its plan expected; `null` for a run of before this was kept. */
  forecastMs: number | null;
  /** Until when a person may answer, while the run waits. */
  expiresAt?: string;
  /** What was decided and found, of a run that waits or was not let through. */
  verdict?: Verdict | null;
  findings?: Finding[];
  answer?: AnswerDocument;
  /** What would be done, of a run that waits. */
  actions?: ActionDocument[];
}

const SHOWN_WHOLE: ReadonlySet<Run['status']> = new Set(['waiting_approval', 'refused', 'rejected', 'expired']);

export function runSummary(run: Run, held: boolean, now: number): RunSummary {
  const { runId, stack, submittedAt, startedAt, expiresAt, answer, verdict, findings } = run;
  return {
    runId,
    stack: stack.name,
    account: stack.account,
    region: stack.region,
    endpoint: stack.endpoint,
    mode: run.mode,
    status: run.status === 'running' && !held ? 'interrupted' : run.status,
    planDigest: run.planDigest,
    submittedAt: iso(submittedAt),
    startedAt: startedAt === undefined ? null : iso(startedAt),
    endedAt: run.endedAt === undefined ? null : iso(run.endedAt),
    elapsedMs: startedAt === undefined ? 0 : (run.endedAt ?? now) - startedAt,
    forecastMs: run.forecastMs ?? null,
    ...(run.status === 'waiting_approval' && expiresAt !== undefined ? { expiresAt: iso(expiresAt) } : {}),
    ...(SHOWN_WHOLE.has(run.status) ? { verdict, findings } : {}),
    ...(answer === undefined ? {} : { answer: answerDocument(answer) }),
  };
}

export interface OutputsDocument {
  version: 1;
  kind: 'outputs';
  stack: string;
  outputs: Record<string, unknown>;
}

/** INTERFACE.md, `drift`. */
export interface DriftDocument extends Drifted {
  version: 1;
  kind: 'drift';
  stack: string;
  /** Nothing is modified or deleted; what cannot be read is not known to be. */
  inSync: boolean;
}

export interface SimulateDocument {
  version: 1;
  kind: 'simulate';
  resources: number;
  makespanMs: number;
  lowerBoundMs: number;
  ratio: number;
  maxInFlight: number;
  events: number;
  elapsedMs: number;
  /** One per template, where several were given. */
  templates?: (Omit<SimulateDocument, 'version' | 'kind' | 'templates'> & { template: string })[];
}

export interface ErrorDocument {
  version: 1;
  kind: 'error';
  code: string;
  message: string;
  help: string;
  problems: readonly Problem[];
}
