// Alarms over what the functions print: of metrics and dimensions that are printed, told where they are said to go, and each
// explained to whoever it wakes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { measuredCloud, runMeasurements } from '../../../src/app/measure/measure.ts';
import { Monitor } from '../../../src/app/measure/monitor.ts';
import { type Cloud, END_STATUSES, type Run } from '../../../src/app/ports.ts';
import { watch } from '../../../src/app/service/watch.ts';
import { emf } from '../../../src/edge/service/emf.ts';
import type { AnyDocument } from '../../support/cli.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const root = join(import.meta.dirname, '../../..');
const text = readFileSync(join(root, 'functions/metrics/alarms.yml'), 'utf8');
const { Resources } = parse(text, { logLevel: 'error' });
const alarms = Object.entries<AnyDocument>(Resources);

/** `name dimension=value,…` of all that is printed. */
async function printed(): Promise<Set<string>> {
  const clock = new VirtualClock();
  const monitor = new Monitor({ clock });
  const answer = async () => ({ ok: false, error: { kind: 'throttled', message: '' } });
  const cloud = measuredCloud(
    { create: answer, update: answer, delete: answer } as unknown as Cloud,
    'aws',
    monitor,
    () => 0,
  );
  for (const call of ['create', 'update', 'delete'] as const) await cloud[call]({} as never);
  const runs = END_STATUSES.flatMap((outcome) =>
    runMeasurements(
      { run: { mode: 'deploy' } as Run, endpoint: 'aws', outcome, resources: [], elapsedMs: 1, inFlightMax: 0 },
      clock,
    ),
  );
  const watched = await watch({ store: openMemoryStore({ now: clock.now }), clock });
  return new Set(
    emf([...monitor.collect(), ...runs, ...watched], 0).flatMap((line) => {
      const document = JSON.parse(line);
      const [{ Dimensions, Metrics }] = document._aws.CloudWatchMetrics;
      const under = Dimensions[0].map((name: string) => `${name}=${document[name]}`);
      return Metrics.map(({ Name }: AnyDocument) => `${Name} ${under.sort().join()}`);
    }),
  );
}

test('every metric is printed under these dimensions', async () => {
  const known = await printed();
  const asked = alarms.flatMap(([, { Properties }]) => [
    ...(Properties.MetricName === undefined ? [] : [Properties]),
    ...(Properties.Metrics ?? []).flatMap(({ MetricStat }: AnyDocument) => MetricStat?.Metric ?? []),
  ]);
  expect(asked.length).toBe(11);
  for (const { Namespace, MetricName, Dimensions = [] } of asked) {
    expect(Namespace).toBe('Assent');
    const under = Dimensions.map(({ Name, Value }: AnyDocument) => `${Name}=${Value}`);
    expect(known).toContain(`${MetricName} ${under.sort().join()}`);
  }
});

test('an expression uses what is beside it, all of it, and is the only thing that is returned', () => {
  for (const [, { Properties }] of alarms) {
    const { Metrics = [] } = Properties;
    if (Metrics.length === 0) continue;
    const [{ Id, Expression, ReturnData }, ...rest] = Metrics;
    expect([Id, ReturnData]).toEqual(['share', true]);
    const used = new Set([...Expression.matchAll(/FILL\((\w+), 0\)/g)].map(([, id]) => id));
    expect([...used].sort()).toEqual(rest.map((one: AnyDocument) => one.Id).sort());
    expect(rest.every((one: AnyDocument) => one.ReturnData === false && one.MetricStat.Period > 0)).toBe(true);
  }
});

test('it is part of the service, and the manual says what to do about each', () => {
  expect(readFileSync(join(root, 'serverless.yml'), 'utf8')).toContain('file(functions/metrics/alarms.yml)');
  const manual = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  for (const [name] of alarms) expect(manual).toContain(`| \`${name}\` |`);
});
