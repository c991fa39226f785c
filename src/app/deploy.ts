// `deploy`: settles what an earlier run left, plans, asks, deploys. Nothing is called before the answer but reads.
import type { PlannedResource, Problem } from '#wasm';
import { AssentError, InvalidInput } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type RunDocument, stoppedDocument } from './documents/documents.ts';
import { iso } from './documents/events.ts';
import { answered, type GateOptions, judge } from './gate/gate.ts';
import { type AllowedLoss, dataLossRefusal } from './gate/guard.ts';
import { DEFAULT_CONCURRENCY, type PlanOptions } from './plan.ts';
import { makePlan, type Planned } from './planning/planning.ts';
import type { OnFailure } from './ports.ts';
import { withLease } from './run/lease.ts';
import { startRun } from './run/run.ts';
import { settle } from './run/settle.ts';
import { bindingOf, type Control, interrupted, type Session } from './session.ts';

/** What `deploy` takes. */
export interface DeployOptions extends PlanOptions, GateOptions {
  /** Digest of the plan that was approved; another plan is refused with `plan_changed`. */
  approve?: string;
  /** Asked when the circle is split and no digest was approved. Absent: the deployment waits for approval. */
  decide?: (planned: Planned, verdict: Verdict) => Promise<boolean>;
  /** What is done when it fails; default: it is rolled back. */
  onFailure?: OnFailure;
  /** What may be lost; default: nothing that holds data is deleted or replaced. */
  allowDataLoss?: AllowedLoss;
  /** Asked once, only when there is something to do. Absent: the call itself is the consent. */
  confirm?: (planned: Planned) => Promise<boolean>;
}

/**
 * Deploys a template. Resolves also when the deployment failed or was cancelled: the outcome says so. Rejects when it
 * was refused before anything was called, or when the work broke off and is to be resumed.
 */
export async function deploy(session: Session, options: DeployOptions, control: Control): Promise<RunDocument> {
  const { stack, approve, confirm } = options;
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
  return withLease(session, stack, async (held) => {
    await settle(session, held, options.parameters ?? {}, control);
    if (control.signal?.aborted) throw interrupted();
    const wanted = { ...options, mode: 'deploy', refresh: options.refresh ?? true, maxConcurrency } as const;
    const planned = await makePlan(session, wanted, control);
    const onFailure = options.onFailure ?? 'rollback';
    if (onFailure === 'delete') refuseDeletion(planned);
    await session.store.putPlan(planned.plan);
    const changes = changesOf(planned);
    tellPlan(planned, changes.length, session, control);
    await refuseTakenExports(session, planned);
    let verdict: Verdict | null = null;
    if (changes.length > 0) {
      if (approve !== undefined && approve !== planned.plan.digest) throw planChanged(approve, planned.plan.digest);
      const refusal = dataLossRefusal(planned, options.allowDataLoss);
      if (refusal !== undefined) return refusal;
      verdict = await decided(session, planned, options);
      control.emit({ event: 'decided', at: iso(session.clock.now()), ...verdict });
      if (verdict.decision === 'refuse') {
        const code = verdict.by === 'policy' ? 'security_validation_failed' : 'verdict_refused';
        return stoppedDocument(verdict, 'refused', code);
      }
      if (verdict.decision === 'ask') return stoppedDocument(verdict, 'waiting_approval', 'approval_required');
      if (confirm !== undefined && !(await confirm(planned))) throw declined();
      if (control.signal?.aborted) throw interrupted();
    }
    return startRun(session, held, planned, { maxConcurrency, verdict, onFailure }, control);
  });
}

/** The gate's verdict, a person's answer included: an approved digest answers a split circle, `--yes` does not. */
async function decided(session: Session, planned: Planned, options: DeployOptions): Promise<Verdict> {
  const { verdict } = await judge(session, planned, options.template, options);
  if (verdict.decision !== 'ask') return verdict;
  if (options.approve !== undefined) return answered(verdict, true);
  return options.decide === undefined ? verdict : answered(verdict, await options.decide(planned, verdict));
}

/** Resources that the plan does something with. */
export function changesOf({ plan }: Pick<Planned, 'plan'>): PlannedResource[] {
  return plan.resources.filter(({ action }) => action !== 'noop');
}

/** Tells the world what was planned. */
export function tellPlan({ plan, forecast }: Planned, changes: number, session: Session, { emit }: Control): void {
  const at = iso(session.clock.now());
  emit({ event: 'planned', at, digest: plan.digest, changes, makespanMs: forecast.makespanMs });
}

/** The rejection when the person said no. */
export function declined(): AssentError {
  return new AssentError('declined', 'Declined; nothing was changed.', { exitCode: 1 });
}

/** Only what this deployment itself brings about may be deleted when it fails. */
function refuseDeletion({ plan, recorded }: Planned): void {
  if (recorded === undefined || recorded.state.resources.length === 0) return;
  throw new InvalidInput('on_failure_delete', `Stack ${plan.stack} exists: only a new one can be deleted on failure.`, {
    help: 'Leave out --on-failure (it is rolled back), or use --on-failure keep.',
  });
}

function planChanged(approved: string, digest: string): AssentError {
  return new AssentError('plan_changed', `Plan ${approved} was approved, but the plan is now ${digest}.`, {
    help: 'Look at the new plan with `assent plan`, then approve its digest.',
    exitCode: 1,
  });
}

/** An export name belongs to one stack of an endpoint, account and region. */
async function refuseTakenExports(session: Session, { plan }: Planned): Promise<void> {
  const names = new Set(plan.outputs.flatMap(({ exportName }) => (exportName === undefined ? [] : [exportName])));
  if (names.size === 0) return;
  const problems: Problem[] = [];
  const here = bindingOf(session.endpoint, plan.context);
  for (const { state, outputs, endpoint } of await session.store.stacks()) {
    if (state.stack === plan.stack || bindingOf(endpoint, state.context) !== here) continue;
    for (const { exportName } of Object.values(outputs)) {
      if (exportName === undefined || !names.has(exportName)) continue;
      problems.push({
        code: 'export_taken',
        severity: 'error',
        message: `Export ${exportName} belongs to stack ${state.stack}.`,
        line: 0,
        column: 0,
        path: 'Outputs',
      });
    }
  }
  const [first] = problems;
  if (first !== undefined) throw new InvalidInput('export_taken', first.message, { problems });
}
