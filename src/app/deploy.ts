// `deploy`: settles what an earlier run left, plans, asks, deploys. Nothing is called before the answer but reads.
import type { PlannedResource, Problem } from '#wasm';
import { AssentError, InvalidInput } from '../domain/errors.ts';
import type { RunDocument } from './documents.ts';
import { iso } from './events.ts';
import { withLease } from './lease.ts';
import { DEFAULT_CONCURRENCY, type PlanOptions } from './plan.ts';
import { makePlan, type Planned } from './planning.ts';
import { startRun } from './run.ts';
import { bindingOf, type Control, interrupted, type Session } from './session.ts';
import { settle } from './settle.ts';

/** What `deploy` takes. */
export interface DeployOptions extends PlanOptions {
  /** Digest of the plan that was approved; another plan is refused with `plan_changed`. */
  approve?: string;
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
    await session.store.putPlan(planned.plan);
    const changes = changesOf(planned);
    tellPlan(planned, changes.length, session, control);
    await refuseTakenExports(session, planned);
    if (changes.length > 0) {
      if (approve !== undefined && approve !== planned.plan.digest) throw planChanged(approve, planned.plan.digest);
      if (confirm !== undefined && !(await confirm(planned))) throw declined();
      if (control.signal?.aborted) throw interrupted();
    }
    return startRun(session, held, planned, { maxConcurrency }, control);
  });
}

/** Resources that the plan does something with. */
export function changesOf({ plan }: Pick<Planned, 'plan'>): PlannedResource[] {
  return plan.resources.filter(({ action }) => action !== 'noop');
}

/** Tells the world what was planned. */
export function tellPlan({ plan, forecast }: Planned, changes: number, session: Session, { emit }: Control): void {
  const at = iso(session.clock.now());
  emit({ event: 'planned', at, digest: plan.digest, changes, makespanMs: forecast.makespanMs / session.speed });
}

/** The rejection when the person said no. */
export function declined(): AssentError {
  return new AssentError('declined', 'Declined; nothing was changed.', { exitCode: 1 });
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
