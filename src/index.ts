// Assent for programs: the same use cases as the command line, each one call.
//
// Every function takes one options object and gives a promise that can also be iterated for progress:
//
//   const run = deploy({ template, stack: 'web', signal });
//   for await (const event of run) console.log(event.event);
//   const { outputs } = await run;
//
// Rejections are `AssentError`s; branch on `code` or on the subclasses. The call is the consent: nobody is asked.
import { systemClock } from './adapters/embedded/clock.ts';
import { aggregate as aggregateVotes, type ConsensusDocument, type ConsensusQuestion } from './app/consensus.ts';
import { type ConsultDocument, consult as consultCircle } from './app/consult.ts';
import { deploy as deployStack } from './app/deploy.ts';
import { destroy as destroyStack } from './app/destroy.ts';
import type { DriftDocument, PlanDocument, RunDocument, SimulateDocument } from './app/documents/documents.ts';
import type { Emit } from './app/documents/events.ts';
import { drift as driftOf } from './app/drift.ts';
import { Monitor as AnyMonitor, type Sink } from './app/measure/monitor.ts';
import { DEFAULT_CONCURRENCY, plan as planStack } from './app/plan.ts';
import { reconcile as reconcileStack } from './app/reconcile.ts';
import { type Running, running } from './app/run/running.ts';
import { type FailOn, type ScanDocument, scan as scanTexts } from './app/scan.ts';
import type { Control } from './app/session.ts';
import { simulate as simulateTemplate } from './app/simulate.ts';
import { AssentError, DeploymentFailed, InvalidInput, SecurityValidationFailed } from './domain/errors.ts';
import { circleIn } from './edge/config/configured.ts';
import { type OpenSession, openSession } from './edge/session.ts';

export type { ConsensusDocument, ConsensusQuestion, VoteInput } from './app/consensus.ts';
export type { ConsultDocument } from './app/consult.ts';
export type {
  ActionDocument,
  DriftDocument,
  PlanDocument,
  RunDocument,
  SimulateDocument,
} from './app/documents/documents.ts';
export type { Calls, ResourceDocument, RunEvent } from './app/documents/events.ts';
export type { Sink } from './app/measure/monitor.ts';
export { openMetrics } from './app/measure/openmetrics.ts';
export type { Counter, Distribution, Maximum } from './app/measure/recorder.ts';
export type { SeriesDocument } from './app/metrics.ts';
export type { Running } from './app/run/running.ts';
export type { ScanDocument } from './app/scan.ts';
export {
  AssentError,
  DeploymentFailed,
  InvalidInput,
  LeaseHeld,
  ResourceNotFound,
  SecurityValidationFailed,
  Unreachable,
} from './domain/errors.ts';
export type { Labels, Measured } from './domain/metrics.ts';
export * from './verify.ts';

/** Where state is kept and what is deployed to. */
export interface Place {
  /** Directory of the embedded store; default `.assent` in the working directory. */
  state?: string;
  /** Default: the bundled sandbox. */
  cloud?: 'sandbox' | 'aws';
  region?: string;
  profile?: string;
  roleArn?: string;
  /** Where the endpoint has no STS that says it. */
  account?: string;
}

export interface PlanOptions extends Place {
  /** Text of the template, JSON or YAML. */
  template: string;
  stack: string;
  /** Those left out keep their previous value. */
  parameters?: Readonly<Record<string, string>>;
  /** For every taggable resource. */
  tags?: Readonly<Record<string, string>>;
  /** Resources that exist already and are to be taken over: logical id to identifier. */
  imports?: Readonly<Record<string, string>>;
  /** Resources that the template calls by another name than the stack: old logical id to new one. */
  moved?: Readonly<Record<string, string>>;
  /** Read what is recorded before planning; default true. */
  refresh?: boolean;
  /** Names and identifiers may be made from secrets; otherwise such a template is refused. */
  allowSecretIdentifiers?: boolean;
  /** Operations in flight at most; default 25. */
  maxConcurrency?: number;
  signal?: AbortSignal;
}

export interface DeployOptions extends PlanOptions {
  /** Digest of the approved plan; any other plan is refused with `plan_changed`. It also answers a split circle. */
  approve?: string;
  /** Findings of this severity or worse refuse; default critical. */
  failOn?: FailOn;
  /** Leaves the circle of experts out; the verdict says so. */
  skipExperts?: boolean;
  /** A configuration file (`assent.config.yaml`) with the circle that judges; default: the built-in experts. */
  config?: string;
  /** Logical ids whose data may be lost, or `all`; default none. */
  allowDataLoss?: readonly string[] | 'all';
  /** What is done when it fails; default `rollback`. `delete` is for a new stack only. */
  onFailure?: 'rollback' | 'keep' | 'delete';
}

export type ConsultOptions = PlanOptions & Pick<DeployOptions, 'failOn' | 'allowDataLoss' | 'config'>;

export interface ScanOptions {
  /** Text of the template, JSON or YAML. */
  template: string;
  /** Those left out have their default or are unknown. */
  parameters?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface DestroyOptions extends Place {
  stack: string;
  /** NoEcho values, needed only to settle an interrupted deployment. */
  parameters?: Readonly<Record<string, string>>;
  maxConcurrency?: number;
  /** Logical ids whose data may be lost, or `all`; default none. */
  allowDataLoss?: readonly string[] | 'all';
  /** A configuration file (`assent.config.yaml`) that says where a person always decides; no expert is asked. */
  config?: string;
  signal?: AbortSignal;
}

export interface DriftOptions extends Place {
  stack: string;
  /** Also plan the way back to what was deployed. */
  reconcile?: boolean;
  /** With `reconcile`: go it. No policy and no expert is asked; nothing that holds data is deleted. */
  yes?: boolean;
  /** Operations in flight at most on the way back; default 25. */
  maxConcurrency?: number;
  signal?: AbortSignal;
}

/** What has drifted; with `reconcile` the plan that leads back, where anything has, and how it went, where it was gone. */
export interface DriftResult extends DriftDocument {
  plan?: PlanDocument;
  run?: RunDocument;
}

export interface SimulateOptions {
  template: string;
  parameters?: Readonly<Record<string, string>>;
  maxConcurrency?: number;
  /** Calls per second the simulated cloud accepts; default: no limit. */
  rate?: number;
  policy?: 'critical-path' | 'fifo';
  /** Decimal, 64 bits. */
  seed?: string;
  signal?: AbortSignal;
}

/** What a deployment would change. Rejects with InvalidInput and every problem of a bad template. */
export function plan({ signal, template, ...options }: PlanOptions): Running<PlanDocument> {
  return inSession(options, signal, async (session, control) => {
    const { document } = await planStack(session, { ...options, template: named(template) }, control);
    return document;
  });
}

/** Plans and deploys. Rejects with DeploymentFailed when a resource failed: its `cause` is the run's document. */
export function deploy({ signal, template, config, ...options }: DeployOptions): Running<RunDocument> {
  return inSession(options, signal, async (session, control) => {
    const circle = config === undefined ? undefined : await circleIn(config);
    return settled(await deployStack(session, { ...options, circle, template: named(template) }, control));
  });
}

/** Deletes a stack; one that does not exist is already gone. Rejects as `deploy` does. */
export function destroy({ signal, config, ...options }: DestroyOptions): Running<RunDocument> {
  return inSession(options, signal, async (session, control) => {
    const circle = config === undefined ? undefined : await circleIn(config);
    return settled(await destroyStack(session, { ...options, circle }, control));
  });
}

/**
 * What is there against what was deployed; drift does not reject. Rejects with ResourceNotFound, LeaseHeld during a run, and
 * where a way back was gone as `deploy` does; with InvalidInput `yes_without_reconcile`.
 */
export function drift({ signal, ...options }: DriftOptions): Running<DriftResult> {
  const { reconcile = false, yes = false } = options;
  return inSession(options, signal, async (session, control) => {
    if (!reconcile) {
      if (yes) throw new InvalidInput('yes_without_reconcile', '`yes` says nothing without `reconcile`.');
      return driftOf(session, options, control);
    }
    const { drift: document, plan, run } = await reconcileStack(session, { ...options, yes }, control);
    const back = plan === undefined ? {} : { plan };
    return { ...document, ...back, ...(run === undefined ? {} : { run: settled(run) }) };
  });
}

/** What only the circle of experts says of a plan. */
export function consult({ signal, template, config, ...options }: ConsultOptions): Running<ConsultDocument> {
  return inSession(options, signal, async (session, control) => {
    const circle = config === undefined ? undefined : await circleIn(config);
    return consultCircle(session, { ...options, circle, template: named(template) }, control);
  });
}

/** Policy, secrets and mistakes of a template; touches neither store nor cloud. Findings do not reject. */
export function scan({ signal, template, ...options }: ScanOptions): Running<ScanDocument> {
  return running(async () => {
    signal?.throwIfAborted();
    return scanTexts({ ...options, sources: [{ ...named(template), named: true }] }, systemClock.now);
  });
}

/** The real engine on a virtual clock; touches neither store nor cloud. */
export function simulate({ signal, template, ...options }: SimulateOptions): Running<SimulateDocument> {
  return running(async () => {
    signal?.throwIfAborted();
    const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
    return simulateTemplate({ ...options, maxConcurrency, templates: [named(template)] }, systemClock.now);
  });
}

export interface AggregateOptions extends ConsensusQuestion {
  signal?: AbortSignal;
}

/** One answer from given votes on one question. Rejects with InvalidInput `invalid_votes` and every problem. */
export function aggregate({ signal, ...question }: AggregateOptions): Running<ConsensusDocument> {
  return running(async () => {
    signal?.throwIfAborted();
    return aggregateVotes(question);
  });
}

export interface MonitorOptions {
  /** Takes what was measured by interval and at `close`: all of it, or it rejects and has kept nothing. */
  sink?: Sink;
  /** Between two flushes; default 10 s. */
  intervalMs?: number;
}

/** Records measurements, collects them as mergeable sketches, flushes them; `close` it to end its interval. */
export class Monitor extends AnyMonitor {
  constructor(options: MonitorOptions = {}) {
    super({ clock: systemClock, ...options });
  }
}

function named(text: string): { text: string; name: string } {
  return { text, name: 'template' };
}

function inSession<T>(
  { state = '.assent', cloud = 'sandbox', region, profile, roleArn, account }: Place,
  signal: AbortSignal | undefined,
  work: (session: OpenSession, control: Control) => Promise<T>,
): Running<T> {
  return running(async (emit: Emit) => {
    const session = await openSession({
      state,
      cloud,
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile }),
      ...(roleArn === undefined ? {} : { roleArn }),
      ...(account === undefined ? {} : { account }),
    });
    try {
      return await work(session, { signal, emit });
    } finally {
      await session.close();
    }
  });
}

function settled(document: RunDocument): RunDocument {
  const { outcome, code, runId } = document;
  if (outcome === 'refused' && code !== 'drifted') {
    const why = document.verdict?.reasons.join('; ') ?? '';
    throw new SecurityValidationFailed(`Refused: ${why}`, { cause: document });
  }
  if (outcome === 'failed' || outcome === 'rolled_back' || outcome === 'refused') {
    const [first] = document.resources.filter(({ status }) => status === 'failed');
    const what = first === undefined ? '' : `: ${first.logicalId}: ${first.message ?? first.errorCode ?? ''}`;
    const back = outcome === 'failed' ? 'failed' : 'failed and was rolled back';
    throw new DeploymentFailed(`Run ${runId} ${back}${what}`, { cause: document });
  }
  if (outcome === 'superseded') {
    throw new AssentError('run_superseded', `Run ${runId}: the stack has changed since its plan was made.`, {
      retryable: true,
      kind: 'refused',
      cause: document,
    });
  }
  if (outcome === 'cancelled' || outcome === 'suspended') {
    throw new AssentError('interrupted', `Run ${runId} was ${outcome}; it can be resumed.`, {
      kind: 'interrupted',
      cause: document,
    });
  }
  return document;
}
