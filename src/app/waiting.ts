// What a person is asked about: of a run that waits for an answer, all that its plan would do.
import type { AssentError } from '../domain/errors.ts';
import { type ActionDocument, changingActions } from './documents/documents.ts';
import { keptPlan } from './planning/planning.ts';
import type { Run } from './ports.ts';
import type { Local } from './session.ts';

/** The actions of a waiting run, to be shown with it; nothing of any other run. */
export async function askedAbout({ store }: Pick<Local, 'store'>, run: Run): Promise<{ actions?: ActionDocument[] }> {
  if (run.status !== 'waiting_approval') return {};
  const plan = await keptPlan(store.blobs, run.planDigest).catch((error: unknown) => {
    // Whoever approves it is told; everything else is still worth seeing.
    if ((error as Partial<AssentError> | null)?.code !== 'plan_altered') throw error;
    return undefined;
  });
  return plan === undefined ? {} : { actions: changingActions(plan) };
}
