// `submit`: a run begins here, before anybody has judged it. What an earlier run left in flight is settled, a plan is
// made and kept, and the run is written down as `submitted`. Nothing is called but reads; no lease is held afterwards.

import { InvalidInput } from '../domain/errors.ts';
import { concealed } from '../domain/secret.ts';
import { stoppedDocument } from './documents/documents.ts';
import { iso } from './documents/events.ts';
import { keepPlan, makePlan, type Planned, type Wanted } from './planning/planning.ts';
import { allOf, type OnFailure, type Run } from './ports.ts';
import { attestEnd } from './proof/attest.ts';
import { refuseTakenExports, refuseUsedExports } from './run/exports.ts';
import { settle } from './run/settle.ts';
import { type Control, interrupted, type Session, stackHere } from './session.ts';

// Until its share is known; then the engine keeps to that.
const RATE = { rate: 20, maxRate: 100, burst: 20 };

/** A run that waits to be judged, with its plan. */
export interface Submitted {
  run: Run;
  planned: Planned;
}

/**
 * Plans what is wanted and writes the run down. A run of the stack that still waits for an answer is superseded by it.
 * Rejects with LeaseHeld while another run works on the stack, with InvalidInput for what cannot be planned.
 */
export function submit(
  session: Session,
  wanted: Wanted & { onFailure?: OnFailure },
  control: Control,
): Promise<Submitted> {
  return session.tracer.within('submit', { stack: wanted.stack }, async (span) => {
    const submitted = await submitNow(session, wanted, control);
    span.set({ runId: submitted.run.runId });
    return submitted;
  });
}

async function submitNow(
  session: Session,
  wanted: Wanted & { onFailure?: OnFailure },
  control: Control,
): Promise<Submitted> {
  const { store, clock } = session;
  const { stack } = await stackHere(session, wanted.stack, { emit: () => undefined });
  await settle(session, stack, concealed(wanted.parameters ?? {}), control);
  if (control.signal?.aborted) throw interrupted();
  const planned = await makePlan(session, wanted, control);
  const { plan, forecast, recorded, parameters, tags, imports, fingerprints, noEcho } = planned;
  const { onFailure } = wanted;
  if (onFailure === 'delete') refuseDeletion(planned);
  await keepPlan(store.blobs, plan);
  await refuseTakenExports(session, plan, stack);
  await refuseUsedExports(session, plan, stack, recorded);
  const runId = session.newRunId();
  const run: Run = {
    runId,
    stack,
    mode: plan.mode,
    status: 'submitted',
    planDigest: plan.digest,
    submittedAt: clock.now(),
    seq: 0,
    config: {
      runId,
      maxConcurrency: wanted.maxConcurrency,
      seed: session.newSeed(),
      ...RATE,
      // The sandbox's operations last as long as planned; with AWS that has to be learned first.
      ...(session.speed !== 1 || planned.hasLearned ? { durationScale: 1 } : {}),
      ...(wanted.refresh ? { freshReads: true } : {}),
      ...(session.ownershipTags ? { ownershipTags: true } : {}),
    },
    parameters,
    tags,
    imports,
    fingerprints,
    noEcho,
    verdict: null,
    findings: [],
    forecastMs: forecast.makespanMs,
    ...(recorded?.snapshot === undefined ? {} : { base: recorded.snapshot }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  await store.runs.submit(run);
  await supersedeOlder(session, run);
  const changes = plan.resources.filter(({ action }) => action !== 'noop').length;
  const { makespanMs } = forecast;
  control.emit({ event: 'planned', at: iso(clock.now()), digest: plan.digest, changes, makespanMs });
  return { run, planned };
}

/** Whether the plan does anything. */
export function changesAnything({ plan }: Pick<Planned, 'plan'>): boolean {
  return plan.resources.some(({ action }) => action !== 'noop');
}

/** A waiting run does not hold its stack: what comes later takes its place. */
async function supersedeOlder(session: Session, { runId, stack }: Run): Promise<void> {
  const { store, clock } = session;
  for await (const head of allOf((next) => store.runs.list({ stack, next }))) {
    if (head.runId === runId) continue;
    // Older ones were superseded when this one came, or have ended.
    if (head.startedAt !== undefined) return;
    const run = await store.runs.get(head.runId);
    if (run === undefined || !['submitted', 'waiting_approval', 'approved'].includes(run.status)) continue;
    const result = stoppedDocument(run, 'superseded', 'run_superseded');
    await attestEnd(session, run, result);
    await store.runs.move(head.runId, ['submitted', 'waiting_approval', 'approved'], {
      status: 'superseded',
      endedAt: clock.now(),
      result,
    });
  }
}

/** Only what this deployment itself brings about may be deleted when it fails. */
function refuseDeletion({ plan, recorded }: Planned): void {
  if (recorded === undefined || recorded.state.resources.length === 0) return;
  throw new InvalidInput('on_failure_delete', `Stack ${plan.stack} exists: only a new one can be deleted on failure.`, {
    help: 'Let it be rolled back, or keep what was done.',
  });
}
