// `destroy`: deletes a stack's resources in reverse order. A stack nobody knows is already gone.

import { changesOf, declined, tellPlan } from './deploy.ts';
import { nothingToDo, type RunDocument } from './documents/documents.ts';
import { type AllowedLoss, dataLossRefusal } from './gate/guard.ts';
import { DEFAULT_CONCURRENCY } from './plan.ts';
import { makePlan, type Planned } from './planning/planning.ts';
import { withLease } from './run/lease.ts';
import { startRun } from './run/run.ts';
import { settle } from './run/settle.ts';
import { type Control, interrupted, type Session } from './session.ts';

/** What `destroy` takes. */
export interface DestroyOptions {
  stack: string;
  maxConcurrency?: number;
  /** NoEcho values, needed only when an interrupted deployment has to be settled with them first. */
  parameters?: Readonly<Record<string, string>>;
  /** What may be lost; default: nothing that holds data is deleted. */
  allowDataLoss?: AllowedLoss;
  /** Asked once, only when there is something to do. Absent: the call itself is the consent. */
  confirm?: (planned: Planned) => Promise<boolean>;
}

/** Destroys a stack; resolves with `no_changes` and no run when it does not exist. Otherwise as `deploy`. */
export async function destroy(session: Session, options: DestroyOptions, control: Control): Promise<RunDocument> {
  const { stack, confirm } = options;
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
  if ((await session.store.stack(stack)) === undefined) return nothingToDo('destroy');
  return withLease(session, stack, async (held) => {
    await settle(session, held, options.parameters ?? {}, control);
    if (control.signal?.aborted) throw interrupted();
    if ((await session.store.stack(stack)) === undefined) return nothingToDo('destroy');
    const planned = await makePlan(session, { stack, mode: 'destroy', refresh: false, maxConcurrency }, control);
    const changes = changesOf(planned);
    tellPlan(planned, changes.length, session, control);
    if (changes.length > 0) {
      const refusal = dataLossRefusal(planned, options.allowDataLoss);
      if (refusal !== undefined) return refusal;
      if (confirm !== undefined && !(await confirm(planned))) throw declined();
      if (control.signal?.aborted) throw interrupted();
    }
    return startRun(session, held, planned, { maxConcurrency }, control);
  });
}
