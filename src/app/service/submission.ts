// A submission as the use cases take it.
import { DEFAULT_CONCURRENCY } from '../plan.ts';
import type { Wanted } from '../planning/planning.ts';
import type { Submission } from '../ports/service.ts';
import { wayBack } from '../reconcile.ts';
import type { Control, Session } from '../session.ts';

/** What is to be planned; of the way back, what is recorded says it. */
export async function wantedFor(session: Session, submission: Submission, control: Control): Promise<Wanted> {
  if (submission.reconcile !== true) return wantedOf(submission);
  const { stack, maxConcurrency } = submission;
  return wayBack(session, { stack, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) }, control);
}

/** The same where there is a template, or a deletion. */
export function wantedOf(submission: Submission) {
  const { mode, stack, template, parameters = {}, tags, imports, moved, maxConcurrency, refresh } = submission;
  const { allowSecretIdentifiers } = submission;
  return {
    mode,
    stack,
    parameters,
    refresh: mode === 'deploy' && refresh !== false,
    maxConcurrency: maxConcurrency ?? DEFAULT_CONCURRENCY,
    ...(template === undefined ? {} : { template: { text: template, name: 'template' } }),
    ...(tags === undefined ? {} : { tags }),
    ...(imports === undefined ? {} : { imports }),
    ...(moved === undefined ? {} : { moved }),
    ...(allowSecretIdentifiers === undefined ? {} : { allowSecretIdentifiers }),
  };
}

/** How it is judged. */
export function judgeOptions(submission: Submission, accessPolicy?: string) {
  const { template, failOn = 'critical', allowDataLoss = [], askAlways = false } = submission;
  const { suppressions = true, planDigest, skipExperts = false } = submission;
  return {
    failOn,
    allowDataLoss: allowDataLoss.includes('all') ? ('all' as const) : allowDataLoss,
    askAlways,
    suppressions,
    skipExperts,
    ...(accessPolicy === undefined ? {} : { accessPolicy }),
    ...(planDigest === undefined ? {} : { expect: planDigest }),
    ...(template === undefined ? {} : { template: { text: template, name: 'template' } }),
  };
}
