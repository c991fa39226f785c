// A run from its first row to its last: begins it, drives it, ends it. Shared by deploy, destroy and resume.
import type { Action, EngineConfig, Event, Plan, ResourceReport } from '#wasm';
import { Engine } from '../core/engine.ts';
import { ResourceNotFound, Unreachable } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type RunDocument, runDocument } from './documents.ts';
import { drive } from './drive.ts';
import { iso } from './events.ts';
import type { Held } from './lease.ts';
import { InFlight, runMeasurements } from './measure.ts';
import type { Planned } from './planning.ts';
import type { Run, StackRecord } from './ports.ts';
import { logicalIdOf, missingParameters, Secrets } from './secrets.ts';
import { bindingOf, type Control, type Session } from './session.ts';

// AWS throttles an account and region at about 25 requests/s, polls included (FACTS); the engine adapts from here.
const RATE = { rate: 20, maxRate: 100, burst: 20 };

/** Begins a run over a fresh plan and drives it to its end. */
export async function startRun(
  session: Session,
  held: Held,
  planned: Planned,
  { maxConcurrency, verdict = null }: { maxConcurrency: number; verdict?: Verdict | null },
  control: Control,
): Promise<RunDocument> {
  const { plan, forecast, context, recorded, parameters, fingerprints, noEcho, secretParameters } = planned;
  const missing = noEcho.filter((name) => secretParameters[name] === undefined);
  if (missing.length > 0) throw missingParameters(missing);
  const runId = session.newRunId();
  const config: EngineConfig = { runId, maxConcurrency, seed: session.newSeed(), ...RATE };
  // The sandbox's operations last as long as planned; with AWS that is yet to be learned.
  if (session.speed !== 1) config.durationScale = 1;
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

/** Drives a run to its end and records it. What a rejection leaves behind can be resumed. */
export async function goOn(
  session: Session,
  held: Held,
  { run, plan, journal, secretParameters, settleOnly = false, forecastMs }: Unfinished,
  { signal, emit }: Control,
): Promise<RunDocument> {
  const { store, clock, endpoint } = session;
  const inFlight = new InFlight();
  const secrets = new Secrets(plan, secretParameters, session.facts);
  if (journal.length > 0) await checkSecrets(session, secrets, plan, { journal, settleOnly });
  if (!settleOnly) {
    emit({
      event: 'started',
      at: iso(clock.now()),
      runId: run.runId,
      stack: run.stack,
      resources: plan.resources.length,
    });
  }
  using engine = new Engine(plan, run.config);
  const driven = await drive({
    ...session,
    engine,
    secrets,
    held,
    runId: run.runId,
    journal,
    settleOnly,
    signal,
    emit: (event) => {
      if (event.event === 'resource') inFlight.note(event);
      emit(event);
    },
  });
  const { outcome } = driven;
  // Not an end: operations may be in flight, so the run stays open and a resumption finds out.
  if (outcome === 'unreachable') throw notAnswering(run, driven.resources);
  const now = clock.now();
  const document = runDocument(run, { ...driven, outcome }, now);
  const record = await store.stack(run.stack);
  if (record === undefined) throw new ResourceNotFound(`Stack ${run.stack} is not in the store any more.`);
  const ended: Run = { ...run, status: outcome, endedAt: now, seq: driven.seq, result: document };
  const { elapsedMs } = document;
  const measured = runMeasurements(
    { run, endpoint, outcome, resources: driven.resources, elapsedMs, inFlightMax: inFlight.max, forecastMs },
    clock,
  );
  await store.finish(held.lease, ended, ending(record, ended, plan, driven.outputs), measured);
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
