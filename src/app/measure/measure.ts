// What Assent measures of its own work. Names and labels are read by people's dashboards: they change only by adding.
//
// Two ways into the store. What belongs to a run (durations, forecast error) is committed with the run's end, made from
// what the engine reports, so that a run killed and resumed counts once and whole. What belongs to the process (calls,
// throttles, planning) goes through its Monitor.
import type { Action, ResourceReport } from '#wasm';
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
}

/** A run's measurements. */
export function runMeasurements(ended: EndedRun, clock: Clock): Measured[] {
  const { run, endpoint, outcome, resources, elapsedMs, inFlightMax, forecastMs } = ended;
  const monitor = new Monitor({ clock });
  for (const { action, type, status, elapsedMs, errorCode, startedAt } of resources) {
    if (startedAt === null || !isOperation(action)) continue;
    if (startedAt + elapsedMs <= (run.measuredUntil ?? 0)) continue;
    const labels = { endpoint, operation: action, type };
    if (status === 'succeeded') monitor.record('operation_duration_ms', elapsedMs, labels);
    if (status === 'failed') monitor.counter('operation_failures', { ...labels, code: errorCode ?? 'unknown' }).add();
  }
  monitor.counter('runs', { endpoint, mode: run.mode, outcome }).add();
  if (inFlightMax > 0) monitor.maximum('operations_in_flight_max', { endpoint }).record(inFlightMax);
  if (forecastMs !== undefined) monitor.record('run_duration_ms', elapsedMs, { endpoint, mode: run.mode, outcome });
  if (outcome === 'succeeded' && forecastMs !== undefined && forecastMs > 0) {
    monitor.record('forecast_ratio', elapsedMs / forecastMs, { endpoint, mode: run.mode });
  }
  return monitor.collect().sort(byName);
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
    list: measured('list', (typeName) => cloud.list(typeName)),
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
