// A run from its first row to its last: begins it, drives it, ends it. Shared by deploy, destroy and resume.
import type { Action, EngineConfig, Event, Plan, ResourceReport } from '#wasm';
import { Engine } from '../../core/engine.ts';
import { AssentError, ResourceNotFound, Unreachable } from '../../domain/errors.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { type End, type RunDocument, runDocument } from '../documents/documents.ts';
import { iso, noCalls } from '../documents/events.ts';
import { InFlight, runMeasurements } from '../measure/measure.ts';
import type { Planned } from '../planning/planning.ts';
import type { OnFailure, Rollback, Run, StackRecord, Tally } from '../ports.ts';
import { bindingOf, type Control, type Session } from '../session.ts';
import { type Driven, drive } from './drive.ts';
import { durationsNote, learning } from './learn.ts';
import { type Held, underLease } from './lease.ts';
import { planRollback, rolledBack, turnsBack } from './rollback.ts';
import { logicalIdOf, missingParameters, Secrets } from './secrets.ts';

// Until its share is known; then the engine keeps to that.
const RATE = { rate: 20, maxRate: 100, burst: 20 };

/** Begins a run over a fresh plan and drives it to its end. */
export async function startRun(
  session: Session,
  held: Held,
  planned: Planned,
  {
    maxConcurrency,
    verdict = null,
    onFailure,
  }: { maxConcurrency: number; verdict?: Verdict | null; onFailure?: OnFailure },
  control: Control,
): Promise<RunDocument> {
  const { plan, forecast, context, recorded, parameters, fingerprints, noEcho, secretParameters } = planned;
  const missing = noEcho.filter((name) => secretParameters[name] === undefined);
  if (missing.length > 0) throw missingParameters(missing);
  const runId = session.newRunId();
  const config: EngineConfig = { runId, maxConcurrency, seed: session.newSeed(), ...RATE };
  // The sandbox's operations last as long as planned; with AWS that has to be learned first.
  if (session.speed !== 1 || planned.hasLearned) config.durationScale = 1;
  const run: Run = {
    runId,
    stack: plan.stack,
    binding: bindingOf(session.endpoint, context),
    mode: plan.mode,
    planDigest: plan.digest,
    status: 'running',
    startedAt: session.clock.now(),
    seq: 0,
    config,
    parameters,
    fingerprints,
    verdict,
    cancelRequested: false,
    forecastMs: forecast.makespanMs,
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  const record: StackRecord = recorded ?? {
    state: { stack: plan.stack, context: plan.context, parameters, resources: [], fingerprints },
    endpoint: session.endpoint,
    outputs: {},
  };
  await session.store.putPlan(plan);
  await session.store.begin(held.lease, run, record);
  return goOn(session, held, { run, plan, journal: [], secretParameters, forecastMs: forecast.makespanMs }, control);
}

/** A run to go on with. */
export interface Unfinished {
  run: Run;
  plan: Plan;
  journal: readonly Event[];
  /** NoEcho values given now. */
  secretParameters: Readonly<Record<string, string>>;
  /** Only find out how what was in flight ends. */
  settleOnly?: boolean;
  /** Of a run that begins now. */
  forecastMs?: number;
}

/** Loads what a run left behind. */
export async function loadRun(
  session: Session,
  run: Run,
  secretParameters: Readonly<Record<string, string>>,
): Promise<Unfinished> {
  const [plan, journal] = await Promise.all([session.store.plan(run.planDigest), session.store.journal(run.runId)]);
  if (plan === undefined) throw new ResourceNotFound(`The plan of run ${run.runId} is not in the store.`);
  return { run, plan, journal, secretParameters };
}

/** Drives a run to its end, and back again where it fails and is to be rolled back; records how it ended. What a
 * rejection leaves behind can be resumed. */
export async function goOn(session: Session, held: Held, left: Unfinished, control: Control): Promise<RunDocument> {
  const { run, plan, journal, settleOnly = false, forecastMs } = left;
  const tally = run.tally ?? { calls: noCalls(), inFlightMax: 0 };
  const work = { ...left, tally };
  if (!settleOnly) {
    const { runId, stack } = run;
    control.emit({ event: 'started', at: iso(session.clock.now()), runId, stack, resources: plan.resources.length });
  }
  if (run.rollback !== undefined) return goBack(session, held, { ...work, run, rollback: run.rollback }, control);
  const driven = await driveOnce(session, held, { ...work, from: 0, journal }, control);
  if (!settleOnly && turnsBack(run, plan, driven)) {
    const { seq, resources } = driven;
    const back = await planRollback(session, { run, plan, secretParameters: left.secretParameters }, control);
    const rollback = { planDigest: back.plan.digest, seq, resources, unrestored: back.unrestored };
    await session.store.putPlan(back.plan);
    await session.store.beginRollback(held.lease, run.runId, rollback);
    return goBack(session, held, { ...work, run, rollback, journal: [...journal] }, control);
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
  const { planDigest, seq, resources, unrestored } = rollback;
  const way = await session.store.plan(planDigest);
  if (way === undefined) throw new ResourceNotFound(`The plan that rolls run ${run.runId} back is not in the store.`);
  if (!settleOnly) {
    const counts = { resources: way.resources.length, unrestored: unrestored.length };
    control.emit({ event: 'rolling_back', at: iso(session.clock.now()), runId: run.runId, ...counts });
  }
  // Its client tokens are not those of the way there.
  const config = { ...run.config, runId: `${run.runId}-rollback` };
  const journal = work.journal.slice(seq);
  const back = { ...work, run: { ...run, config }, plan: way, from: seq, journal };
  const driven = await driveOnce(session, held, back, control);
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
    from,
    tally,
    secretParameters,
    settleOnly = false,
  }: Unfinished & { from: number; tally: Tally },
  { signal, emit }: Control,
): Promise<Driven & { observed: string }> {
  const inFlight = new InFlight(tally);
  const budget = session.budgets.of(run.binding);
  const secrets = new Secrets(plan, secretParameters, session.facts);
  if (journal.length > 0) await checkSecrets(session, secrets, plan, { journal, settleOnly });
  using engine = new Engine(plan, run.config);
  const driven = await drive({
    ...session,
    engine,
    secrets,
    held,
    cloud: budget.counted(underLease(session.cloud, held)),
    budget: { rate: await budget.share(), listen: (listener) => budget.listen(listener) },
    tally,
    runId: run.runId,
    journal,
    from,
    settleOnly,
    signal,
    emit: (event) => {
      if (event.event === 'resource') inFlight.note(event);
      emit(event);
    },
  });
  return { ...driven, observed: engine.observed() };
}

/** Rejects where there is no end: operations may be in flight, so the run stays open and a resumption finds out. */
function endOf(run: Run, { outcome, resources, resumeInMs }: Driven): End {
  if (outcome === 'unreachable') throw notAnswering(run, resources);
  if (outcome === 'suspended') {
    throw new AssentError(
      'suspended',
      `Run ${run.runId} was suspended; it goes on in ${resumeInMs} ms at the earliest.`,
      {
        help: `State is saved: \`assent resume ${run.runId}\` goes on.`,
        exitCode: 130,
        retryable: true,
      },
    );
  }
  return outcome;
}

/** Records how a run ended. */
async function end(
  session: Session,
  held: Held,
  ended: {
    run: Run;
    plan: Plan;
    tally: Tally;
    forecastMs: number | undefined;
    driven: Driven & { observed: string };
    document: RunDocument;
    measured: readonly ResourceReport[];
  },
): Promise<RunDocument> {
  const { store, clock, endpoint } = session;
  const { run, plan, tally, forecastMs, driven, document } = ended;
  const { outcome, elapsedMs } = document;
  const record = await store.stack(run.stack);
  if (record === undefined) throw new ResourceNotFound(`Stack ${run.stack} is not in the store any more.`);
  const row: Run = { ...run, status: outcome, endedAt: clock.now(), seq: driven.seq, tally, result: document };
  const measured = runMeasurements(
    { run, endpoint, outcome, resources: ended.measured, elapsedMs, inFlightMax: tally.inFlightMax, forecastMs },
    clock,
  );
  const learned = learning(durationsNote(session, run.binding), driven.observed);
  await store.finish(held.lease, row, ending(record, row, plan, driven.outputs), measured, learned);
  return document;
}

function notAnswering(run: Run, resources: readonly ResourceReport[]): Unreachable {
  const last = resources.find(({ status, message }) => message !== undefined && !isEnd(status))?.message;
  return new Unreachable(`The cloud stopped answering${last === undefined ? '' : `: ${last}`}`, {
    help: `State is saved: \`assent resume ${run.runId}\` goes on once it answers again.`,
  });
}

function isEnd(status: ResourceReport['status']): boolean {
  return status !== 'in_progress' && status !== 'retrying';
}

/** The stack as it stands after a run. Outputs are those of the last success. */
function ending(record: StackRecord, run: Run, plan: Plan, values: Record<string, unknown>): StackRecord {
  if (run.status === 'rolled_back' || run.status === 'refused') return { ...record, lastRun: run.runId };
  const succeeded = run.status === 'succeeded' || run.status === 'no_changes';
  const fingerprints = succeeded ? run.fingerprints : partly(record.state.fingerprints ?? {}, run.fingerprints);
  const state = { ...record.state, parameters: run.parameters, fingerprints };
  if (!succeeded) return { ...record, state, lastRun: run.runId };
  const outputs: StackRecord['outputs'] = {};
  for (const { name, description, exportName } of plan.outputs) {
    const output: StackRecord['outputs'][string] = { value: values[name] };
    if (description !== undefined) output.description = description;
    if (exportName !== undefined) output.exportName = exportName;
    outputs[name] = output;
  }
  return { ...record, state, outputs, lastRun: run.runId };
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
  { journal, settleOnly }: { journal: readonly Event[]; settleOnly: boolean },
): Promise<void> {
  const record = await session.store.stack(plan.stack);
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
