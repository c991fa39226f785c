// `drift --reconcile`: the way back to what is recorded, planned, and carried out where that is said. It passes through a
// run like any deployment; no policy and no expert is asked, for what it leads to was judged when it was deployed
// (docs/decisions/0026-back-to-what-is-recorded.md).
import { ask, type DeployOptions } from './deploy.ts';
import { type DriftDocument, type PlanDocument, planDocument, type RunDocument } from './documents/documents.ts';
import { drift } from './drift.ts';
import { judge } from './judge.ts';
import { DEFAULT_CONCURRENCY } from './plan.ts';
import { baselines } from './planning/baselines.ts';
import { makePlan, type Wanted } from './planning/planning.ts';
import { type Control, type Session, stackHere } from './session.ts';
import { unknownStack } from './status.ts';
import { changesAnything, submit } from './submit.ts';

/** A way back that fails is gone on with, not turned round. */
export const BACK_ON_FAILURE = 'keep';

/** What `reconcile` takes. */
export interface ReconcileOptions extends Pick<DeployOptions, 'maxConcurrency' | 'onFailure' | 'show' | 'by'> {
  stack: string;
  /** Carry the plan out; otherwise it is only made. */
  yes: boolean;
}

/** What has drifted, what leads back (where anything does), and how it went (where it was carried out). */
export interface Reconciled {
  drift: DriftDocument;
  plan?: PlanDocument;
  run?: RunDocument;
}

/** What is to be planned to lead back to what is recorded of a stack. Rejects with ResourceNotFound. */
export async function wayBack(
  session: Session,
  { stack, maxConcurrency = DEFAULT_CONCURRENCY }: Pick<ReconcileOptions, 'stack' | 'maxConcurrency'>,
  control: Control,
): Promise<Wanted> {
  const { store } = session;
  const { stack: key } = await stackHere(session, stack, control);
  const record = await store.stacks.get(key);
  if (record === undefined) throw unknownStack(stack);
  const baseline = await baselines(store, key, record.state.resources);
  return { stack, mode: 'deploy', refresh: true, maxConcurrency, reconcile: { baseline } };
}

/** Compares a stack and plans the way back. Rejects as `drift` and `deploy` do. */
export async function reconcile(session: Session, options: ReconcileOptions, control: Control): Promise<Reconciled> {
  const { stack, yes, onFailure = BACK_ON_FAILURE } = options;
  const found = await drift(session, { stack }, control);
  if (found.inSync) return { drift: found };
  const wanted = await wayBack(session, options, control);
  if (!yes) {
    const planned = await makePlan(session, wanted, control);
    using _planner = planned.inCore;
    return { drift: found, plan: planDocument(planned) };
  }
  const submitted = await submit(session, { ...wanted, onFailure }, control);
  using _planner = submitted.planned.inCore;
  const plan = planDocument(submitted.planned);
  const { document, run } = await judge(session, submitted, {}, control);
  const ended = document ?? (await ask(session, { ...submitted, run }, options, control));
  const { problems } = submitted.planned;
  const said = problems.length === 0 ? ended : { ...ended, problems };
  return changesAnything(submitted.planned) ? { drift: found, plan, run: said } : { drift: found, plan };
}
