// `deploy`: submit, judge, ask, work. The question at a terminal is the same two answers that `approve` and `reject` give.
import { InvalidInput } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { approve, reject } from './answer.ts';
import { changingActions, type RunDocument, stoppedDocument } from './documents/documents.ts';
import type { GateOptions } from './gate/gate.ts';
import type { AllowedLoss } from './gate/guard.ts';
import { judge } from './judge.ts';
import { DEFAULT_CONCURRENCY, type PlanOptions } from './plan.ts';
import type { Planned } from './planning/planning.ts';
import type { OnFailure, SpanAttributes } from './ports.ts';
import { type Control, interrupted, type Session } from './session.ts';
import { changesAnything, type Submitted, submit } from './submit.ts';
import { work } from './work.ts';

/** What `deploy` takes. */
export interface DeployOptions extends PlanOptions, GateOptions, Asking {
  /** Digest of the plan that was approved; another plan is refused with `plan_changed`. */
  approve?: string;
  /** Digest of the plan that was shown; another is refused in the same way, and no question is answered by it. */
  expect?: string;
  /** What is done when it fails; default: it is rolled back. */
  onFailure?: OnFailure;
  /** What may be lost; default: nothing that holds data is deleted or replaced. */
  allowDataLoss?: AllowedLoss;
}

/** How a person is asked; only when there is something to do. */
export interface Asking {
  /** "Deploy this plan?" Absent: the call itself is the consent. Rejects with InvalidInput where nobody can be asked. */
  consent?: (planned: Planned) => Promise<boolean>;
  /** What a split circle cannot decide. Absent: the run waits for approval. */
  decide?: (planned: Planned, verdict: Verdict) => Promise<boolean>;
  /** Shown what is done without a question. */
  show?: (planned: Planned) => void;
  /** Who answers. */
  by?: string;
}

/**
 * Deploys a template. Resolves also when it was refused, waits, failed or was cancelled: the outcome says so. Rejects
 * when nothing could be planned, or when the work broke off and is to be resumed.
 */
export function deploy(session: Session, options: DeployOptions, control: Control): Promise<RunDocument> {
  return session.tracer.within('deploy', { stack: options.stack }, async (span) => {
    const document = await deployNow(session, options, control);
    span.set(spanOf(document));
    return document;
  });
}

/** What the span of a run says of its end. */
export function spanOf({ runId, outcome }: RunDocument): SpanAttributes {
  return { outcome, ...(runId === null ? {} : { runId }) };
}

async function deployNow(session: Session, options: DeployOptions, control: Control): Promise<RunDocument> {
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
  const refresh = options.refresh ?? true;
  const onFailure = options.onFailure ?? 'rollback';
  const wanted = { ...options, mode: 'deploy', refresh, maxConcurrency, onFailure } as const;
  const submitted = await submit(session, wanted, control);
  // Held only while it is judged: planner and engine do not hold memory at the same time.
  using _planner = submitted.planned.inCore;
  const askAlways = options.consent !== undefined;
  const { problems } = submitted.planned;
  const { document, run } = await judge(session, submitted, { ...options, askAlways }, control);
  const ended = document ?? (await ask(session, { ...submitted, run }, options, control));
  return problems.length === 0 ? ended : { ...ended, problems };
}

/** Asks where there is a question, then works or rejects. */
export async function ask(
  session: Session,
  { run, planned }: Submitted,
  { consent, decide, show, by = 'the caller' }: Asking,
  control: Control,
): Promise<RunDocument> {
  const { runId, verdict, status } = run;
  const parameters = planned.secretParameters;
  if (status === 'waiting_approval') {
    const isSplit = verdict?.decision === 'ask';
    if (isSplit && decide === undefined) {
      const document = stoppedDocument(run, 'waiting_approval', 'approval_required');
      return { ...document, actions: changingActions(planned.plan) };
    }
    const question = isSplit ? decide?.(planned, verdict) : consent?.(planned);
    const yes = await Promise.resolve(question).catch(async (error: unknown) => {
      // What nobody can be shown does not wait. An interruption leaves it waiting: it can still be answered.
      if (error instanceof InvalidInput) await reject(session, { runId, by: 'nobody', reason: error.message });
      throw error;
    });
    if (yes !== true) return reject(session, { runId, by });
    await approve(session, { runId, by, parameters });
  } else if (changesAnything(planned)) show?.(planned);
  if (control.signal?.aborted) throw interrupted();
  planned.inCore[Symbol.dispose]();
  return work(session, { runId, secretParameters: parameters }, control);
}
