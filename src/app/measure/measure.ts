// What Assent measures of its own work. Names and labels are read by people's dashboards: they change only by adding.
//
// Two ways into the store. What belongs to a run (durations, forecast error) is committed with the run's end, made from
// what the engine reports, so that a run killed and resumed counts once and whole. What belongs to the process (calls,
// throttles, planning) goes through its Monitor.
import type { Action, PlannedResource, ResourceReport, Vote } from '#wasm';
import { labelsKey, type Measured } from '../../domain/metrics.ts';
import type { ResourceDocument } from '../documents/events.ts';
import type { Answer, Clock, Cloud, Run } from '../ports.ts';
import { Monitor } from './monitor.ts';

/** What is known of a run at its end. */
export interface EndedRun {
  run: Run;
  endpoint: string;
  outcome: Run['status'];
  resources: readonly ResourceReport[];
  elapsedMs: number;
  /** Operations in flight at most. */
  inFlightMax: number;
  /** Forecast makespan; absent for a run that was interrupted, whose duration says nothing. */
  forecastMs?: number | undefined;
  /** What was planned: says what waited for what. */
  planned?: readonly Pick<PlannedResource, 'logicalId' | 'dependsOn' | 'after'>[];
  /** ms since the epoch. */
  endedAt?: number;
  /** Since when deployments of its stack had failed, ms since the epoch. */
  failingSince?: number | undefined;
}

/** A run's measurements. */
export function runMeasurements(ended: EndedRun, clock: Clock): Measured[] {
  const { run, endpoint, outcome, resources, elapsedMs, inFlightMax, forecastMs } = ended;
  const { mode } = run;
  const monitor = new Monitor({ clock });
  for (const { action, type, status, elapsedMs, errorCode, startedAt, attempts } of resources) {
    if (startedAt === null || !isOperation(action)) continue;
    if (startedAt + elapsedMs <= (run.measuredUntil ?? 0)) continue;
    const labels = { endpoint, operation: action, type };
    if (status === 'succeeded') {
      monitor.record('operation_duration_ms', elapsedMs, labels);
      monitor.record('service_duration_ms', elapsedMs, { endpoint, operation: action, service: serviceOf(type) });
    }
    if (status === 'failed') monitor.counter('operation_failures', { ...labels, code: errorCode ?? 'unknown' }).add();
    if (attempts > 1) monitor.counter('operation_retries', labels).add(attempts - 1);
  }
  monitor.counter('runs', { endpoint, mode, outcome }).add();
  if (inFlightMax > 0) monitor.maximum('operations_in_flight_max', { endpoint }).record(inFlightMax);
  if (forecastMs !== undefined) {
    monitor.record('run_duration_ms', elapsedMs, { endpoint, mode, outcome });
    for (const { action, queuedMs } of queued(ended)) {
      monitor.record('queueing_ms', queuedMs, { endpoint, operation: action });
    }
  }
  if (outcome === 'succeeded') {
    if (forecastMs !== undefined && forecastMs > 0) {
      monitor.record('forecast_ratio', elapsedMs / forecastMs, { endpoint, mode });
    }
    const { endedAt, failingSince } = ended;
    if (endedAt !== undefined) monitor.record('lead_time_ms', endedAt - run.submittedAt, { endpoint, mode });
    if (endedAt !== undefined && failingSince !== undefined) {
      monitor.record('restore_time_ms', endedAt - failingSince, { endpoint });
    }
  }
  return monitor.collect().sort(byName);
}

/** From when an operation could have begun, all that it waits for being done, to its first intent. */
function queued({ run, resources, planned = [] }: EndedRun): { action: Action; queuedMs: number }[] {
  const reports = new Map(resources.map((report) => [report.logicalId, report]));
  const begun = run.startedAt ?? run.submittedAt;
  return planned.flatMap(({ logicalId, dependsOn, after = dependsOn }) => {
    const report = reports.get(logicalId);
    if (report === undefined || report.startedAt === null || !isOperation(report.action)) return [];
    const ends = after.map((id) => {
      const { startedAt = null, elapsedMs = 0 } = reports.get(id) ?? {};
      return startedAt === null ? begun : startedAt + elapsedMs;
    });
    return [{ action: report.action, queuedMs: Math.max(report.startedAt - Math.max(begun, ...ends), 0) }];
  });
}

/** `AWS::SQS` of `AWS::SQS::Queue`. */
function serviceOf(type: string): string {
  return type.split('::').slice(0, 2).join('::');
}

/** What every expert took and cost. `elapsedMs`: of one that does not say it. */
export function measureVotes(monitor: Monitor, votes: readonly Vote[], elapsedMs: number): void {
  for (const { expert, status = 'ok', elapsedMs: own = elapsedMs, costUsd = 0 } of votes) {
    monitor.record('expert_duration_ms', own, { expert });
    monitor.counter('expert_cost_usd', { expert }).add(costUsd);
    monitor.counter('expert_answers', { expert, status }).add();
  }
}

/** The same cloud, its calls counted and timed. */
export function measuredCloud(cloud: Cloud, endpoint: string, monitor: Monitor, now: () => number): Cloud {
  const lost = monitor.counter('lost_answers', { endpoint });
  const measured = <Args extends unknown[], T>(name: string, call: (...args: Args) => Promise<Answer<T>>) => {
    const duration = monitor.series('call_duration_ms', { endpoint, call: name });
    const throttles = monitor.counter('throttles', { endpoint, call: name });
    return async (...args: Args): Promise<Answer<T>> => {
      const start = now();
      const answer = await call(...args);
      duration.record(now() - start);
      if (!answer.ok && answer.error.kind === 'throttled') throttles.add();
      if (!answer.ok && answer.error.kind === 'lost') lost.add();
      return answer;
    };
  };
  return {
    create: measured('create', (call) => cloud.create(call)),
    update: measured('update', (call) => cloud.update(call)),
    delete: measured('delete', (call) => cloud.delete(call)),
    poll: measured('poll', (token) => cloud.poll(token)),
    cancel: measured('cancel', (token) => cloud.cancel(token)),
    get: measured('get', (call) => cloud.get(call)),
    listRequests: measured('listRequests', (next) => cloud.listRequests(next)),
    listResources: measured('listResources', (call) => cloud.listResources(call)),
    list: measured('list', (...of) => cloud.list(...of)),
    close: () => cloud.close(),
  };
}

/** Counts operations in flight from what a run tells. */
export class InFlight {
  readonly #now = new Set<string>();
  readonly #tally: { inFlightMax: number };

  /** The most is kept in `tally`, which may hold that of an earlier process. */
  constructor(tally: { inFlightMax: number }) {
    this.#tally = tally;
  }

  note({ logicalId, status }: Pick<ResourceDocument, 'logicalId' | 'status'>): void {
    if (status === 'in_progress') this.#now.add(logicalId);
    else this.#now.delete(logicalId);
    this.#tally.inFlightMax = Math.max(this.#tally.inFlightMax, this.#now.size);
  }
}

function isOperation(action: Action): boolean {
  return action === 'create' || action === 'update' || action === 'replace' || action === 'delete';
}

function byName(one: Measured, other: Measured): number {
  const [a, b] = [one, other].map(({ name, labels }) => `${name} ${labelsKey(labels)}`);
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
