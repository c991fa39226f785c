// `work`: takes up a run that is approved, or that a worker has left, and drives it until it ends or is suspended. The
// only use case that changes a cloud, and always under the stack's lease.

import type { Plan } from '#wasm';
import { AssentError } from '../domain/errors.ts';
import type { NoEchoValues } from '../domain/secret.ts';
import { isSameStack, placeWords } from '../domain/stack.ts';
import { type RunDocument, stoppedDocument } from './documents/documents.ts';
import type { Run, StackRecord } from './ports.ts';
import { attestEnd } from './proof/attest.ts';
import { checkProof } from './proof/check.ts';
import { claimExports, noteImports, settleExports, settleImports } from './run/exports.ts';
import { type Held, withLease } from './run/lease.ts';
import { goOn, loadRun } from './run/run.ts';
import { missingParameters } from './run/secrets.ts';
import { type Control, type Session, stackHere } from './session.ts';
import { unknownRun } from './status.ts';

/** What work needs that is never kept. */
export interface WorkOptions {
  runId: string;
  /** Values of NoEcho parameters. */
  secretParameters: NoEchoValues;
}

/**
 * Resolves with the run's document, also when it failed, was cancelled or suspended; with the stored one when it had
 * ended. One that was asked to cancel is ended, and one that was cancelled goes on only once that is withdrawn. A run whose stack has changed since its plan was made ends as superseded, and nothing is called.
 */
export function work(session: Session, options: WorkOptions, control: Control): Promise<RunDocument> {
  const { runId } = options;
  return session.tracer.within('work', { runId }, async (span) => {
    const document = await workNow(session, options, control);
    span.set({ outcome: document.outcome });
    return document;
  });
}

async function workNow(session: Session, options: WorkOptions, control: Control): Promise<RunDocument> {
  const { store } = session;
  const found = await store.runs.get(options.runId);
  if (found === undefined) throw unknownRun(options.runId);
  await checkPlace(session, found);
  return withLease(session, found.stack, async (held) => {
    // It may have gone on while another process held the lease.
    const run = (await store.runs.get(options.runId)) ?? found;
    switch (run.status) {
      case 'approved':
        return begin(session, held, run, options, control);
      case 'running':
      case 'suspended':
      case 'cancelled': {
        const asked = await store.runs.cancelRequested(run.runId);
        if (asked !== false) return callOffHeld(session, held, run, asked === 'now', control);
        const left = await loadRun(session, run, options.secretParameters);
        await checkProof(session, run, left.plan);
        await store.runs.reopen(held.lease, run.runId);
        return goOn(session, held, { ...left, run: { ...run, status: 'running' } }, control);
      }
      default:
        if (run.result !== undefined) return run.result;
        throw new AssentError('run_not_approved', `Run ${run.runId} is ${run.status}: it may not be worked on.`);
    }
  });
}

/**
 * Ends a run that no process works on any more as cancelled: nothing new is started, what is in flight is found out about,
 * or with `now` cancelled in the cloud. Resolves with the run's document; what stays unclear is named in it.
 */
export async function callOff(
  session: Session,
  { runId, now = false }: { runId: string; now?: boolean },
  control: Control,
): Promise<RunDocument> {
  const { store } = session;
  const found = await store.runs.get(runId);
  if (found === undefined) throw unknownRun(runId);
  await checkPlace(session, found);
  return withLease(session, found.stack, async (held) => {
    return callOffHeld(session, held, (await store.runs.get(runId)) ?? found, now, control);
  });
}

/** Needs no NoEcho value and no proof: nothing is begun. */
async function callOffHeld(
  session: Session,
  held: Held,
  run: Run,
  cancelNow: boolean,
  control: Control,
): Promise<RunDocument> {
  if (run.result !== undefined) return run.result;
  const left = await loadRun(session, run, {});
  await session.store.runs.reopen(held.lease, run.runId);
  const wanted = { ...left, run: { ...run, status: 'running' as const }, settleOnly: true, cancelNow };
  return goOn(session, held, wanted, control);
}

async function begin(
  session: Session,
  held: Held,
  run: Run,
  { secretParameters }: WorkOptions,
  control: Control,
): Promise<RunDocument> {
  const { store, clock } = session;
  const missing = run.noEcho.filter((name) => !Object.hasOwn(secretParameters, name));
  if (missing.length > 0) throw missingParameters(missing);
  const left = await loadRun(session, run, secretParameters);
  const { plan } = left;
  await checkProof(session, run, plan);
  try {
    await claimExports(session, plan, held.lease);
    await noteImports(session, run.imports ?? [], held.lease);
  } catch (error) {
    await giveBackExports(session, held, run, plan);
    throw error;
  }
  const fresh: StackRecord = {
    key: run.stack,
    state: {
      stack: plan.stack,
      context: plan.context,
      parameters: run.parameters,
      tags: run.tags ?? {},
      resources: [],
      fingerprints: run.fingerprints,
    },
    outputs: {},
  };
  const startedAt = clock.now();
  if (await store.runs.begin(held.lease, run.runId, startedAt, fresh)) {
    return goOn(session, held, { ...left, run: { ...run, status: 'running', startedAt } }, control);
  }
  await giveBackExports(session, held, run, plan);
  const result = stoppedDocument(run, 'superseded', 'run_superseded');
  await attestEnd(session, run, result);
  await store.runs.move(run.runId, ['approved'], { status: 'superseded', endedAt: startedAt, result });
  return result;
}

/** Names that a run has taken without coming to begin, and that its stack does not have, are free again. */
async function giveBackExports(session: Session, { lease }: Held, run: Run, claimed: Plan): Promise<void> {
  const after: Pick<StackRecord, 'outputs' | 'imports'> = (await session.store.stacks.get(run.stack)) ?? {
    outputs: {},
  };
  await settleImports(session, { before: run.imports ?? [], after: after.imports ?? [], lease });
  await settleExports(session, { before: after, claimed, after, lease });
}

/** A run belongs to the place it was submitted in. */
async function checkPlace(session: Session, { runId, stack }: Run): Promise<void> {
  const { stack: here } = await stackHere(session, stack.name, { emit: () => undefined });
  if (isSameStack(stack, here)) return;
  throw new AssentError(
    'stack_elsewhere',
    `Run ${runId} is about stack ${stack.name} in ${placeWords(stack)}, not in ${placeWords(here)}.`,
    { help: 'Use the cloud, region and credentials it was submitted with.', kind: 'invalid' },
  );
}
