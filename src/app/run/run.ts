// A run that a worker has taken up, to its end: drives it, turns it back where it fails, writes down how it ended.

import type { Action, Event, Plan, ResourceReport } from '#wasm';
import { Engine } from '../../core/engine.ts';
import { ResourceNotFound, Unreachable } from '../../domain/errors.ts';
import type { NoEchoValues } from '../../domain/secret.ts';
import type { StackKey } from '../../domain/stack.ts';
import { type End, type RunDocument, runDocument, suspendedDocument } from '../documents/documents.ts';
import { iso, noCalls } from '../documents/events.ts';
import { failingSince } from '../measure/failing.ts';
import { InFlight, runMeasurements } from '../measure/measure.ts';
import { traceOperation } from '../measure/spans.ts';
import { keepPlan, keptPlan } from '../planning/planning.ts';
import type { EndStatus, Rollback, Run, StackRecord, Tally } from '../ports.ts';
import { attest } from '../proof/attest.ts';
import type { Control, Session } from '../session.ts';
import { readBaselines } from './baseline.ts';
import { type Driven, drive } from './drive.ts';
import { settleExports, settleImports } from './exports.ts';
import { eventsOf } from './journal.ts';
import { estimatesName, learn } from './learn.ts';
import { type Held, underLease } from './lease.ts';
import { planRollback, rolledBack, turnsBack } from './rollback.ts';
import { changedSecrets, logicalIdOf, missingParameters, Secrets } from './secrets.ts';

// Most operations in flight end within this; what does not is found out by whoever goes on.
const GRACE_MS = 30_000;

/** A run to go on with. */
export interface Unfinished {
  run: Run;
  plan: Plan;
  /** All that its journal says. */
  journal: readonly Event[];
  /** NoEcho values given now. */
  secretParameters: NoEchoValues;
  /** Only find out how what was in flight ends. */
  settleOnly?: boolean;
  /** With `settleOnly`: cancel it in the cloud. */
  cancelNow?: boolean;
}

/** Loads what a run left behind. */
export async function loadRun(session: Session, run: Run, secretParameters: NoEchoValues): Promise<Unfinished> {
  const { blobs, runs } = session.store;
  // On its way back only what happened since it turned counts.
  const [plan, journal] = await Promise.all([
    keptPlan(blobs, run.planDigest),
    eventsOf(runs, run.runId, run.rollback?.seq ?? 0),
  ]);
  if (plan === undefined) throw new ResourceNotFound(`The plan of run ${run.runId} is not in the store.`);
  return { run, plan, journal, secretParameters };
}

/** Drives a run to its end, and back again where it fails and is to be rolled back; records how it ended. What a
 * rejection leaves behind can be resumed. */
export async function goOn(session: Session, held: Held, left: Unfinished, control: Control): Promise<RunDocument> {
  const { run, plan, journal, settleOnly = false } = left;
  // The duration of a run that was interrupted says nothing.
  const forecastMs = run.seq === 0 ? run.forecastMs : undefined;
  const tally = run.tally ?? { calls: noCalls(), inFlightMax: 0 };
  const work = { ...left, tally };
  if (!settleOnly) {
    const { runId, stack } = run;
    const at = iso(session.clock.now());
    control.emit({ event: 'started', at, runId, stack: stack.name, resources: plan.resources.length });
  }
  if (run.rollback !== undefined) return goBack(session, held, { ...work, run, rollback: run.rollback }, control);
  const driven = await driveOnce(session, held, { ...work, seq: run.seq, after: 0, journal }, control);
  if (driven.outcome === 'suspended') return letGo(session, held, run, driven);
  if (!settleOnly && turnsBack(run, plan, driven)) {
    const { seq, resources } = driven;
    const back = await planRollback(session, { run, plan, secretParameters: left.secretParameters }, control);
    const rollback = { planDigest: back.plan.digest, seq, resources, unrestored: back.unrestored };
    await keepPlan(session.store.blobs, back.plan);
    await session.store.runs.turnBack(held.lease, run.runId, rollback);
    return goBack(session, held, { ...work, run: { ...run, seq }, rollback, journal: [] }, control);
  }
  const document = runDocument(run, { ...driven, outcome: endOf(run, driven) }, session.clock.now());
  return end(session, held, { run, plan, tally, forecastMs, driven, document, measured: driven.resources });
}

/** The way back, from its beginning or from where it was left. */
async function goBack(
  session: Session,
  held: Held,
  work: Unfinished & { rollback: Rollback; tally: Tally },
  control: Control,
): Promise<RunDocument> {
  const { run, plan, rollback, tally, settleOnly = false } = work;
  const { planDigest, resources, unrestored } = rollback;
  const way = await keptPlan(session.store.blobs, planDigest);
  if (way === undefined) throw new ResourceNotFound(`The plan that rolls run ${run.runId} back is not in the store.`);
  if (!settleOnly) {
    const counts = { resources: way.resources.length, unrestored: unrestored.length };
    control.emit({ event: 'rolling_back', at: iso(session.clock.now()), runId: run.runId, ...counts });
  }
  // Its client tokens are not those of the way there.
  const config = { ...run.config, runId: `${run.runId}-rollback` };
  const back = { ...work, run: { ...run, config }, plan: way, seq: run.seq, after: rollback.seq };
  const driven = await session.tracer.within('roll back', { runId: run.runId }, () =>
    driveOnce(session, held, back, control),
  );
  if (driven.outcome === 'suspended') return letGo(session, held, run, driven);
  const now = session.clock.now();
  const outcome = endOf(run, driven);
  const there = runDocument(run, { outcome: 'failed', resources, outputs: {}, calls: tally.calls }, now);
  const document = rolledBack(there, { outcome, plan, way, resources: driven.resources, rollback });
  const measured = [...resources, ...driven.resources];
  return end(session, held, { run, plan, tally, forecastMs: undefined, driven, document, measured });
}

async function driveOnce(
  session: Session,
  held: Held,
  {
    run,
    plan,
    journal,
    seq,
    after,
    tally,
    secretParameters,
    settleOnly = false,
    cancelNow = false,
  }: Unfinished & { seq: number; after: number; tally: Tally },
  { signal, graceMs = GRACE_MS, emit }: Control,
): Promise<Driven & { observed: string }> {
  const inFlight = new InFlight(tally);
  const traced = new Set<string>();
  const budget = session.budgets.of(run.stack);
  const secrets = new Secrets(plan, secretParameters, session.facts, session.cleaner);
  if (journal.length > 0) await checkSecrets(session, secrets, plan, { stack: run.stack, journal, settleOnly });
  using engine = new Engine(plan, run.config);
  const { runs } = session.store;
  const cloud = budget.counted(underLease(session.cloud, held));
  const since = session.clock.now();
  const driven = await drive({
    ...session,
    runs,
    engine,
    secrets,
    held,
    cloud,
    budget: { rate: await budget.share(), listen: (listener) => budget.listen(listener) },
    tally,
    runId: run.runId,
    journal,
    seq,
    settleOnly,
    cancelNow,
    suspend: signal,
    suspendGraceMs: graceMs,
    emit: (event) => {
      if (event.event === 'resource') {
        inFlight.note(event);
        traceOperation(session.tracer, event, traced);
      }
      emit(event);
    },
  });
  const observed = engine.observed();
  // What is about to be undone is read when it is as it stays.
  const goesOn =
    driven.outcome === 'suspended' || driven.outcome === 'unreachable' || (after === 0 && turnsBack(run, plan, driven));
  if (settleOnly || goesOn) return { ...driven, observed };
  const { seq: last, resources } = driven;
  const take = (stop: AbortSignal) => budget.take(stop);
  const ended = {
    ...session,
    runs,
    cloud,
    take,
    secrets,
    held,
    runId: run.runId,
    seq: last,
    after,
    since,
    resources,
    tally,
  };
  return { ...driven, observed, seq: await readBaselines({ ...ended, signal }) };
}

/** Rejects where there is no end: operations may be in flight, so the run stays open and a resumption finds out. */
function endOf(run: Run, { outcome, resources }: Driven): End {
  if (outcome === 'unreachable') throw notAnswering(run, resources);
  // INVARIANT: `goOn` and `goBack` let go of a suspended run before they ask.
  if (outcome === 'suspended') throw new Error('a suspended run has no end');
  return outcome;
}

/** Lets go of a run: whoever works on it next goes on where it stands. */
async function letGo(session: Session, held: Held, run: Run, driven: Driven): Promise<RunDocument> {
  await session.store.runs.suspend(held.lease, run.runId, driven.seq);
  return suspendedDocument(run, driven, session.clock.now());
}

/** What is known of a run that has ended. */
interface EndedNow {
  run: Run;
  plan: Plan;
  tally: Tally;
  forecastMs: number | undefined;
  driven: Driven & { observed: string };
  document: RunDocument;
  measured: readonly ResourceReport[];
}

/** Records how a run ended. */
function end(session: Session, held: Held, ended: EndedNow): Promise<RunDocument> {
  const { runId } = ended.run;
  const { outcome } = ended.document;
  return session.tracer.within('settle', { runId, outcome }, () => endNow(session, held, ended));
}

async function endNow(session: Session, held: Held, ended: EndedNow): Promise<RunDocument> {
  const { store, clock } = session;
  const { run, plan, tally, forecastMs, driven, document } = ended;
  const { runId, stack } = run;
  const { endpoint } = stack;
  const { elapsedMs } = document;
  const outcome = document.outcome as EndStatus;
  const record = await store.stacks.get(stack);
  if (record === undefined) throw new ResourceNotFound(`Stack ${stack.name} is not in the store any more.`);
  const endedAt = clock.now();
  const row: Run = { ...run, status: outcome, endedAt, seq: driven.seq, tally };
  const measured = runMeasurements(
    {
      run,
      endpoint,
      outcome,
      resources: ended.measured,
      elapsedMs,
      inFlightMax: tally.inFlightMax,
      forecastMs,
      planned: plan.resources,
      endedAt,
      failingSince: run.mode === 'deploy' ? await failingSince(store, run) : undefined,
    },
    clock,
  );
  // All of this may be done again after a crash before the run's end is written: it comes to the same.
  const left = ending(record, row, plan, driven.outputs);
  await settleExports(session, { before: record, claimed: plan, after: left, lease: held.lease });
  const gone = isGone(row, left);
  await settleImports(session, {
    before: [...(record.imports ?? []), ...(run.imports ?? [])],
    after: gone ? [] : (left.imports ?? []),
    lease: held.lease,
  });
  // Before its end is written: killed in between, it ends again, and the log says so twice.
  await attest(session, run, [{ says: 'outcome', result: outcome, details: document }]);
  // Named by what was measured of it before, so that ending it again replaces this until the end is written.
  await store.measures.put(`${runId}/${run.measuredUntil ?? 0}`, measured);
  await store.runs.finish(held.lease, runId, driven.seq, {
    status: outcome,
    endedAt,
    result: document,
    tally,
    measuredUntil: endedAt,
    stack: gone ? undefined : left,
  });
  await learn(store.estimates, estimatesName(session, stack), driven.observed);
  return document;
}

/** A stack that was destroyed, or rolled back with `onFailure: delete`, is removed when nothing of it is left. */
function isGone({ mode, status, onFailure }: Run, { state }: Pick<StackRecord, 'state'>): boolean {
  const destroyed = mode === 'destroy' && (status === 'succeeded' || status === 'no_changes');
  const undone = onFailure === 'delete' && status === 'rolled_back';
  return (destroyed || undone) && state.resources.length === 0;
}

function notAnswering(run: Run, resources: readonly ResourceReport[]): Unreachable {
  const last = resources.find(({ status, message }) => message !== undefined && !isEnd(status))?.message;
  return new Unreachable(`The cloud stopped answering${last === undefined ? '' : `: ${last}`}`, {
    help: 'State is saved; the run can be resumed once it answers again.',
    ways: [{ action: 'resume', runId: run.runId }],
  });
}

function isEnd(status: ResourceReport['status']): boolean {
  return status !== 'in_progress' && status !== 'retrying';
}

/** The stack as it stands after a run. Outputs are those of the last success. */
function ending(record: StackRecord, run: Run, plan: Plan, values: Record<string, unknown>): StackRecord {
  if (run.status === 'rolled_back' || run.status === 'refused') return record;
  const succeeded = run.status === 'succeeded' || run.status === 'no_changes';
  const fingerprints = succeeded ? run.fingerprints : partly(record.state.fingerprints ?? {}, run.fingerprints);
  // A deletion that failed is no deployment: what the last one was given stays.
  const { parameters, tags = {} } = run.mode === 'destroy' ? record.state : run;
  const state = { ...record.state, parameters, tags, fingerprints };
  const imports = run.mode === 'destroy' ? (record.imports ?? []) : (run.imports ?? []);
  // Halfway, both what it used and what it was to use may be in force.
  const either = [...new Set([...(record.imports ?? []), ...imports])].sort();
  if (!succeeded) return { ...record, state, imports: either };
  const outputs: StackRecord['outputs'] = {};
  for (const { name, description, exportName } of plan.outputs) {
    const output: StackRecord['outputs'][string] = { value: values[name] };
    if (description !== undefined) output.description = description;
    if (exportName !== undefined) output.exportName = exportName;
    outputs[name] = output;
  }
  return { ...record, state, outputs, imports };
}

/**
 * Fingerprints after a run that did not get to its end. Some resources may hold the new value of a changed secret and
 * some the old one, so neither is recorded: the next run writes it wherever it is used.
 */
function partly(before: Record<string, string>, given: Record<string, string>): Record<string, string> {
  const known = (id: string, print: string) => (before[id] === undefined || before[id] === print ? print : '');
  const now = Object.entries(given).map(([id, print]) => [id, known(id, print)]);
  return { ...before, ...Object.fromEntries(now) };
}

/** Refuses to go on without NoEcho values that a call may still need. */
async function checkSecrets(
  session: Session,
  secrets: Secrets,
  plan: Plan,
  { stack, journal, settleOnly }: { stack: StackKey; journal: readonly Event[]; settleOnly: boolean },
): Promise<void> {
  const record = await session.store.stacks.get(stack);
  const complete = new Set(
    record?.state.resources.filter(({ status }) => status === 'complete').map((r) => r.logicalId),
  );
  // What is changed was complete before: only the journal tells whether it is again.
  const done = succeeded(journal);
  for (const { logicalId, action } of plan.resources) {
    if (CHANGES.has(action) && !done.has(logicalId)) complete.delete(logicalId);
  }
  const pending = settleOnly ? unanswered(journal) : undefined;
  const missing = secrets.missing((id) => !complete.has(id) && (pending === undefined || pending.has(id)));
  if (missing.length > 0) throw missingParameters(missing);
  const changed = await secrets.changed();
  if (changed.length > 0) throw changedSecrets(changed.map((name) => `parameter:${name}`));
}

const CHANGES: ReadonlySet<Action> = new Set(['update', 'replace', 'import']);

/** Logical ids whose creation or update has succeeded. */
function succeeded(journal: readonly Event[]): Set<string> {
  const done = new Set<string>();
  for (const entry of journal) {
    if (entry.type !== 'progress' || entry.status !== 'SUCCESS') continue;
    if (/^(create|update):/.test(entry.step)) done.add(logicalIdOf(entry.step));
  }
  return done;
}

/** Logical ids with an intent that no answer is known to: only those calls are made again when settling. */
function unanswered(journal: readonly Event[]): Set<string> {
  const pending = new Set<string>();
  for (const entry of journal) {
    if (!('step' in entry)) continue;
    const logicalId = logicalIdOf(entry.step);
    if (entry.type === 'intentRecorded') pending.add(logicalId);
    else pending.delete(logicalId);
  }
  return pending;
}
