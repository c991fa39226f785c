// What is measured of calls and of a run's end.
import { expect, test } from 'vitest';
import type { ResourceReport } from '#wasm';
import { failingSince } from '../../../../src/app/measure/failing.ts';
import {
  type EndedRun,
  InFlight,
  measuredCloud,
  measureVotes,
  runMeasurements,
} from '../../../../src/app/measure/measure.ts';
import { Monitor } from '../../../../src/app/measure/monitor.ts';
import type { Answer, Cloud, Run, RunStatus, Runs } from '../../../../src/app/ports.ts';
import { summarizeSketch } from '../../../../src/core/sketch.ts';
import type { Measured } from '../../../../src/domain/metrics.ts';
import { aRun } from '../../../contract/samples.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** `name label…` to count or value. */
function told(measured: readonly Measured[]): Record<string, number | undefined> {
  return Object.fromEntries(
    measured.map((one) => [
      [
        one.name,
        ...Object.entries(one.labels)
          .map(([label, value]) => `${label}=${value}`)
          .sort(),
      ].join(' '),
      one.kind === 'distribution' ? summarizeSketch(one.sketch, [])?.sum : one.value,
    ]),
  );
}

test('every call is timed by its kind, and what went wrong is counted', async () => {
  let now = 0;
  const answer = async (value: Answer<never>) => {
    now += 7;
    return value;
  };
  const cloud: Cloud = {
    create: () => answer({ ok: false, error: { kind: 'throttled', message: '' } }),
    update: () => answer({ ok: false, error: { kind: 'rejected', errorCode: 'X', message: '' } }),
    delete: () => answer({ ok: false, error: { kind: 'lost', message: '' } }),
    poll: () => Promise.reject(new Error('expired')),
    cancel: () => answer({ ok: false, error: { kind: 'lost', message: '' } }),
    get: () => answer({ ok: false, error: { kind: 'notFound', message: '' } }),
    listRequests: () => answer({ ok: false, error: { kind: 'lost', message: '' } }),
    listResources: () => answer({ ok: false, error: { kind: 'lost', message: '' } }),
    list: () => answer({ ok: false, error: { kind: 'throttled', message: '' } }),
    close: () => undefined,
  };
  const monitor = new Monitor({ clock: new VirtualClock() });
  const measured = measuredCloud(cloud, 'x', monitor, () => now);
  const call = { typeName: 'T', identifier: 'i', clientToken: 't' };
  expect(await measured.create({ ...call, desiredState: '{}' })).toMatchObject({ error: { kind: 'throttled' } });
  await measured.create({ ...call, desiredState: '{}' });
  await measured.update({ ...call, patch: '[]' });
  await measured.delete(call);
  await measured.get(call);
  await expect(measured.poll('r')).rejects.toThrow('expired');
  expect(told(monitor.collect())).toEqual({
    'call_duration_ms call=create endpoint=x': 14,
    'call_duration_ms call=update endpoint=x': 7,
    'call_duration_ms call=delete endpoint=x': 7,
    'call_duration_ms call=get endpoint=x': 7,
    'lost_answers endpoint=x': 1,
    'throttles call=create endpoint=x': 2,
    'throttles call=update endpoint=x': 0,
    'throttles call=delete endpoint=x': 0,
    'throttles call=poll endpoint=x': 0,
    'throttles call=cancel endpoint=x': 0,
    'throttles call=get endpoint=x': 0,
    'throttles call=list endpoint=x': 0,
    'throttles call=listRequests endpoint=x': 0,
    'throttles call=listResources endpoint=x': 0,
  });
});

const report = (logicalId: string, more: Partial<ResourceReport>): ResourceReport => ({
  logicalId,
  type: 'T',
  physicalId: null,
  action: 'create',
  status: 'succeeded',
  startedAt: 1_000,
  elapsedMs: 200,
  attempts: 1,
  ...more,
});

test('the end of a run tells durations, failures and the error of its forecast, once', () => {
  const ended: EndedRun = {
    run: aRun('r'),
    endpoint: 'x',
    outcome: 'succeeded',
    resources: [
      report('A', {}),
      report('B', { elapsedMs: 300 }),
      report('C', { action: 'delete', type: 'U' }),
      report('D', { status: 'failed', errorCode: 'AccessDenied' }),
      report('E', { status: 'unchanged', action: 'noop', startedAt: null, elapsedMs: 0 }),
      report('F', { status: 'blocked', startedAt: null, elapsedMs: 0 }),
    ],
    elapsedMs: 500,
    inFlightMax: 2,
    forecastMs: 400,
  };
  const clock = new VirtualClock();
  expect(told(runMeasurements(ended, clock))).toEqual({
    'forecast_ratio endpoint=x mode=deploy': 1.25,
    'operation_duration_ms endpoint=x operation=create type=T': 500,
    'operation_duration_ms endpoint=x operation=delete type=U': 200,
    'operation_failures code=AccessDenied endpoint=x operation=create type=T': 1,
    'service_duration_ms endpoint=x operation=create service=T': 500,
    'service_duration_ms endpoint=x operation=delete service=U': 200,
    'operations_in_flight_max endpoint=x': 2,
    'run_duration_ms endpoint=x mode=deploy outcome=succeeded': 500,
    'runs endpoint=x mode=deploy outcome=succeeded': 1,
  });
  // A and the others ended by 1,200 and are in the store; B ended later.
  const { forecastMs: _, ...again } = { ...ended, run: { ...ended.run, measuredUntil: 1_200 } };
  expect(told(runMeasurements(again, clock))).toEqual({
    'operation_duration_ms endpoint=x operation=create type=T': 300,
    'service_duration_ms endpoint=x operation=create service=T': 300,
    'operations_in_flight_max endpoint=x': 2,
    'runs endpoint=x mode=deploy outcome=succeeded': 1,
  });
});

/** A run of three in a row and one beside them, begun at 1,000. */
const row: EndedRun = {
  run: { ...aRun('r'), submittedAt: 400, startedAt: 1_000 },
  endpoint: 'x',
  outcome: 'succeeded',
  resources: [
    report('A', { startedAt: 1_010, elapsedMs: 200, type: 'AWS::SQS::Queue' }),
    report('B', { startedAt: 1_240, elapsedMs: 100, attempts: 3, type: 'AWS::SNS::Topic' }),
    report('C', { startedAt: 1_340, elapsedMs: 10, action: 'update', type: 'AWS::SQS::Queue' }),
    report('D', { startedAt: 1_500, elapsedMs: 10, action: 'update' }),
    report('E', { status: 'unchanged', action: 'noop', startedAt: null, elapsedMs: 0 }),
  ],
  elapsedMs: 600,
  inFlightMax: 2,
  forecastMs: 600,
  planned: [
    { logicalId: 'A', dependsOn: ['E'] },
    { logicalId: 'B', dependsOn: ['A'] },
    { logicalId: 'C', dependsOn: ['A'], after: ['B', 'A'] },
    { logicalId: 'D', dependsOn: [] },
    { logicalId: 'E', dependsOn: [] },
    { logicalId: 'gone', dependsOn: [] },
  ],
  endedAt: 1_600,
  failingSince: 100,
};

test('an operation waits from when all that comes before it is done, not from the beginning', () => {
  const of = told(runMeasurements(row, new VirtualClock()));
  // A waited 10, B 30 after A, C not at all after B, D 500 from the beginning.
  expect(of).toMatchObject({
    'queueing_ms endpoint=x operation=create': 40,
    'queueing_ms endpoint=x operation=update': 500,
    'operation_retries endpoint=x operation=create type=AWS::SNS::Topic': 2,
    'service_duration_ms endpoint=x operation=create service=AWS::SQS': 200,
  });
  // Of a run that was interrupted nobody knows what it waited for.
  const { forecastMs: _, ...interrupted } = row;
  expect(Object.keys(told(runMeasurements(interrupted, new VirtualClock()))).join()).not.toContain('queueing');
});

test('a run that succeeds tells its lead time, and how long the stack had been failing; another one neither', () => {
  expect(told(runMeasurements(row, new VirtualClock()))).toMatchObject({
    'lead_time_ms endpoint=x mode=deploy': 1_200,
    'restore_time_ms endpoint=x': 1_500,
  });
  const failed = Object.keys(told(runMeasurements({ ...row, outcome: 'failed' }, new VirtualClock()))).join();
  expect(failed).not.toMatch(/lead_time|restore_time/);
});

test('every expert is timed, paid and counted by how it answered', () => {
  const monitor = new Monitor({ clock: new VirtualClock() });
  measureVotes(
    monitor,
    [
      { expert: 'security' },
      { expert: 'model', elapsedMs: 900, costUsd: 0.25 },
      { expert: 'model', elapsedMs: 100, costUsd: 0.5, status: 'timed_out' },
    ],
    2,
  );
  expect(told(monitor.collect())).toEqual({
    'expert_duration_ms expert=security': 2,
    'expert_duration_ms expert=model': 1_000,
    'expert_cost_usd expert=security': 0,
    'expert_cost_usd expert=model': 0.75,
    'expert_answers expert=security status=ok': 1,
    'expert_answers expert=model status=ok': 1,
    'expert_answers expert=model status=timed_out': 1,
  });
});

test.each<[string, [Run['mode'], RunStatus][], number | undefined]>([
  ['nothing came before', [], undefined],
  [
    'the last one succeeded',
    [
      ['deploy', 'succeeded'],
      ['deploy', 'failed'],
    ],
    undefined,
  ],
  [
    'two failed since',
    [
      ['deploy', 'rolled_back'],
      ['deploy', 'failed'],
      ['deploy', 'succeeded'],
    ],
    1,
  ],
  [
    'a deletion and a refusal between do not count',
    [
      ['deploy', 'refused'],
      ['destroy', 'failed'],
      ['deploy', 'failed'],
    ],
    2,
  ],
  [
    'a refusal alone is no failure',
    [
      ['deploy', 'refused'],
      ['deploy', 'cancelled'],
    ],
    undefined,
  ],
])('since when a stack fails: %s', async (_, earlier, since) => {
  const heads = [['deploy', 'running'] as const, ...earlier].map(([mode, status], at) => ({
    ...aRun(`r${at}`),
    mode,
    status,
    endedAt: at - 1,
  }));
  const runs = { list: async () => ({ items: heads }) } as unknown as Runs;
  expect(await failingSince({ runs }, aRun('r0'))).toBe(since);
});

test('in flight counts each operation once, and only while it is', () => {
  const tally = { inFlightMax: 1 };
  const inFlight = new InFlight(tally);
  const note = (logicalId: string, status: ResourceReport['status']) => inFlight.note({ logicalId, status });
  for (const id of ['A', 'B', 'A']) note(id, 'in_progress');
  note('A', 'retrying');
  note('C', 'in_progress');
  note('B', 'succeeded');
  note('D', 'failed');
  expect(tally.inFlightMax).toBe(2);
});
