// The dashboard shows what is there: every metric of ours that it names, under the very dimensions, is one that the functions
// print; every function and alarm source is one that is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { functions } from '../../../scripts/invocation.ts';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { measuredCloud, measureVotes, runMeasurements } from '../../../src/app/measure/measure.ts';
import { Monitor } from '../../../src/app/measure/monitor.ts';
import type { Cloud, Run } from '../../../src/app/ports.ts';
import { watch } from '../../../src/app/service/watch.ts';
import { coldStart } from '../../../src/edge/service/cold.ts';
import { emf } from '../../../src/edge/service/emf.ts';
import type { AnyDocument } from '../../support/cli.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const text = readFileSync(join(import.meta.dirname, '../../../functions/metrics/dashboard.yml'), 'utf8');
const { Resources } = parse(text, { logLevel: 'error' });
const body: AnyDocument = JSON.parse(Resources.Dashboard.Properties.DashboardBody['Fn::Sub']);
const rows: AnyDocument[] = body.widgets.flatMap(({ properties }: AnyDocument) => properties.metrics);

/** `name dimension,dimension` of every metric that is printed, with its sorted dimensions. */
async function printed(): Promise<Set<string>> {
  const clock = new VirtualClock();
  const monitor = new Monitor({ clock });
  const refusal = (kind: string) => ({ ok: false, error: { kind, message: '' } });
  const scripted = { poll: async () => refusal('throttled'), create: async () => refusal('lost') };
  const cloud = measuredCloud(scripted as unknown as Cloud, 'aws', monitor, () => 0);
  await cloud.poll('token');
  await cloud.create({} as Parameters<Cloud['create']>[0]);
  // As planning.ts and gate.ts record them.
  monitor.record('plan_duration_ms', 1, { endpoint: 'aws', mode: 'deploy' });
  monitor.record('scan_duration_ms', 1, { endpoint: 'aws' });
  monitor.record('consult_duration_ms', 1, { endpoint: 'aws' });
  measureVotes(monitor, [{ expert: 'cost' }] as Parameters<typeof measureVotes>[1], 1);
  const resource = {
    logicalId: 'Q',
    attempts: 2,
    action: 'create',
    type: 'AWS::SQS::Queue',
    startedAt: 1,
    elapsedMs: 2,
  };
  const resources = [
    { ...resource, status: 'succeeded' },
    { ...resource, status: 'failed', errorCode: 'Throttling' },
  ] as unknown as Parameters<typeof runMeasurements>[0]['resources'];
  const run = { mode: 'deploy', submittedAt: 0 } as Run;
  const ended = { run, endpoint: 'aws', outcome: 'succeeded', elapsedMs: 3, inFlightMax: 1, forecastMs: 3 } as const;
  const more = { planned: [{ logicalId: 'Q', dependsOn: [] }], endedAt: 3, failingSince: 1 };
  const ofRun = runMeasurements({ ...ended, ...more, resources }, clock);
  const watched = await watch({ store: openMemoryStore({ now: clock.now }), clock });
  const measured = [...monitor.collect(), ...ofRun, ...coldStart('worker'), ...watched];
  return new Set(
    emf(measured, 0).flatMap((line) => {
      const [{ Namespace, Dimensions, Metrics }] = JSON.parse(line)._aws.CloudWatchMetrics;
      const under = [...Dimensions[0]].sort().join();
      return Metrics.map(({ Name }: AnyDocument) => `${Namespace} ${Name} ${under}`);
    }),
  );
}

/** What a row asks for, as it is printed. */
function asked(row: AnyDocument[]): string | undefined {
  const [first, name, ...rest] = row;
  if (typeof first === 'string') {
    const dimensions = rest.filter((one) => typeof one === 'string').filter((_, at) => at % 2 === 0);
    return `${first} ${name} ${dimensions.sort().join()}`;
  }
  const [, schema = '', metric] = /^SEARCH\('\{([^}]+)\} MetricName="(\w+)"/.exec(first.expression) ?? [];
  if (metric === undefined) return undefined;
  const [namespace, ...dimensions] = schema.split(',');
  return `${namespace} ${metric} ${dimensions.sort().join()}`;
}

test('every metric of ours is printed under these dimensions, and all that are printed are shown', async () => {
  const ours = rows.map(asked).filter((one) => one?.startsWith('Assent ') === true);
  const known = await printed();
  expect([...new Set(ours)].sort()).toEqual([...known].sort());
});

test('a row is a metric, a search, or a sum over searches of the same widget', () => {
  for (const { properties } of body.widgets) {
    const ids = properties.metrics.flatMap(([first]: AnyDocument[]) => first.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const row of properties.metrics) {
      if (asked(row) !== undefined) continue;
      const named = [...row[0].expression.matchAll(/SUM\((\w+)\)/g)].map(([, id]) => id);
      expect(named.length, JSON.stringify(row)).toBeGreaterThan(0);
      expect(ids).toEqual(expect.arrayContaining(named));
    }
  }
});

test('values that a search asks for are ones that a label may have', () => {
  const outcomes = readFileSync(join(import.meta.dirname, '../../../src/app/ports/runs.ts'), 'utf8');
  const named = rows.flatMap(([first]) => [...(first.expression ?? '').matchAll(/outcome=\(([^)]+)\)/g)]);
  expect(named.length).toBeGreaterThan(0);
  for (const [, list = ''] of named) {
    for (const [, value] of list.matchAll(/"(\w+)"/g)) expect(outcomes).toContain(`'${value}'`);
  }
});

test("what AWS measures is of the service's own functions, machine and API, and every function is there", () => {
  const others = rows.filter(([first]) => typeof first === 'string' && first.startsWith('AWS/'));
  const measured: Record<string, { dimension: string; value: RegExp; names: string[] }> = {
    'AWS/Lambda': { dimension: 'FunctionName', value: /^\$\{(\w+)LambdaFunction\}$/, names: ['Errors'] },
    'AWS/States': {
      dimension: 'StateMachineArn',
      value: /^\$\{Machine\}$/,
      names: ['Started', 'Succeeded', 'Failed', 'TimedOut', 'Aborted'].map((name) => `Executions${name}`),
    },
    'AWS/ApiGateway': { dimension: 'ApiId', value: /^\$\{HttpApi\}$/, names: ['Count', '4xx', '5xx'] },
  };
  for (const [namespace, name, dimension, value] of others) {
    const found = measured[namespace];
    expect(found?.names, name).toContain(name);
    expect({ dimension, value }).toEqual({
      dimension: found?.dimension,
      value: expect.stringMatching(found?.value ?? /^$/),
    });
  }
  const shown = others.flatMap(([, , , value]) => /^\$\{(\w+)LambdaFunction\}$/.exec(value)?.[1]?.toLowerCase() ?? []);
  expect(shown.sort()).toEqual([...functions().keys()].sort());
});

test('widgets stand beside each other, in a grid of 24', () => {
  const cells = new Set<string>();
  for (const { x, y, width, height } of body.widgets) {
    expect(x + width).toBeLessThanOrEqual(24);
    for (let at = x; at < x + width; at += 1) {
      for (let line = y; line < y + height; line += 1) {
        expect(cells.has(`${at} ${line}`)).toBe(false);
        cells.add(`${at} ${line}`);
      }
    }
  }
});
