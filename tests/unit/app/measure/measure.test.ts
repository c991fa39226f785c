// What is measured of calls and of a run's end.
import { expect, test } from 'vitest';
import type { ResourceReport } from '#wasm';
import { type EndedRun, InFlight, measuredCloud, runMeasurements } from '../../../../src/app/measure/measure.ts';
import { Monitor } from '../../../../src/app/measure/monitor.ts';
import type { Answer, Cloud } from '../../../../src/app/ports.ts';
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
    'operations_in_flight_max endpoint=x': 2,
    'run_duration_ms endpoint=x mode=deploy outcome=succeeded': 500,
    'runs endpoint=x mode=deploy outcome=succeeded': 1,
  });
  // A and the others ended by 1,200 and are in the store; B ended later.
  const { forecastMs: _, ...again } = { ...ended, run: { ...ended.run, measuredUntil: 1_200 } };
  expect(told(runMeasurements(again, clock))).toEqual({
    'operation_duration_ms endpoint=x operation=create type=T': 300,
    'operations_in_flight_max endpoint=x': 2,
    'runs endpoint=x mode=deploy outcome=succeeded': 1,
  });
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
