// What is measured, as a user meets it: over runs, processes, cancellations and kills.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type AnyDocument, queues, Workspace } from '../support/cli.ts';

/** Sums of series over their labels: of counts, or of values. */
type Total = (name: string, labels?: Record<string, string>) => number;

async function measured(space: Workspace): Promise<Total> {
  const { code, document } = await space.json('metrics');
  expect(code).toBe(0);
  expect(document).toMatchObject({ version: 1, kind: 'metrics' });
  return (name, labels = {}) =>
    document.series
      .filter(
        (one: AnyDocument) =>
          one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
      )
      .reduce((sum: number, one: AnyDocument) => sum + (one.kind === 'distribution' ? one.count : one.value), 0);
}

async function total(space: Workspace, ...series: Parameters<Total>): Promise<number> {
  return (await measured(space))(...series);
}

test('durations, calls, forecast and planning are measured and merged over runs', { timeout: 120_000 }, async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(2, 3));
  const nothing = await space.run('metrics');
  expect([nothing.code, nothing.stdout]).toEqual([0, '']);
  expect((await space.run('metrics', '--format', 'openmetrics')).stdout).toBe('# EOF\n');

  const calls = { create: 0, delete: 0, poll: 0 };
  for (const round of [1, 2]) {
    const deployed = await space.json('deploy', file, '--stack', 'web', '--yes');
    const destroyed = await space.json('destroy', '--stack', 'web', '--yes');
    for (const { document } of [deployed, destroyed]) {
      for (const kind of ['create', 'delete', 'poll'] as const) calls[kind] += document.calls[kind];
    }
    const of = await measured(space);
    const type = 'AWS::SQS::Queue';
    expect(of('operation_duration_ms', { operation: 'create', type, endpoint: 'sandbox' })).toBe(6 * round);
    expect(of('operation_duration_ms', { operation: 'delete', type })).toBe(6 * round);
    for (const [call, made] of Object.entries(calls)) expect(of('call_duration_ms', { call })).toBe(made);
    expect(of('forecast_ratio', { mode: 'deploy' })).toBe(round);
    expect(of('plan_duration_ms', { mode: 'destroy' })).toBe(round);
    expect(of('runs', { outcome: 'succeeded' })).toBe(2 * round);
  }
  const of = await measured(space);
  expect(of('throttles')).toBe(0);
  expect(of('operations_in_flight_max')).toBe(3);

  const text = await space.run('metrics');
  expect(text.stdout).toMatch(/Measured +Count +p50 +p90 +p99 +Max/);
  expect(text.stdout).toMatch(/operation_duration sandbox create AWS::SQS::Queue +12 /);
  const exposition = (await space.run('metrics', '--format', 'openmetrics')).stdout;
  expect(exposition).toContain(
    'assent_operation_duration_seconds_count{endpoint="sandbox",operation="create",type="AWS::SQS::Queue"} 12\n',
  );
  expect(exposition.endsWith('# EOF\n')).toBe(true);
});

test('operations of a run that is killed or cancelled and resumed count once', { timeout: 180_000 }, async () => {
  using space = new Workspace({ ASSENT_SANDBOX_SPEED: '40' });
  const file = space.file('t.json', queues(4, 2));
  const killed = space.start(['deploy', file, '--stack', 'web', '--yes', '--format', 'jsonl']);
  await killed.says(/"status":"succeeded"/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(await total(space, 'operation_duration_ms')).toBe(0);

  // Slow enough to be there when the request is seen.
  const cancelled = space.start(['resume', '--format', 'jsonl'], { env: { ASSENT_SANDBOX_SPEED: '4' } });
  await cancelled.says(/"status":"succeeded"/);
  const runId = /"runId":"([^"]+)"/.exec(cancelled.stdout())?.[1] ?? '';
  expect(await space.json('cancel', runId)).toMatchObject({ code: 0, document: { requested: true } });
  expect((await cancelled.ended).code).toBe(130);
  const sofar = await total(space, 'operation_duration_ms');
  expect(sofar).toBeGreaterThan(0);
  expect(sofar).toBeLessThan(8);

  const again = space.start(['resume', '--format', 'jsonl']);
  await again.says(/"status":"succeeded"/);
  again.child.kill('SIGKILL');
  await again.ended;
  expect((await space.json('resume')).document).toMatchObject({ outcome: 'succeeded' });
  expect(await total(space, 'operation_duration_ms')).toBe(8);
  // What was interrupted says nothing about forecasts.
  expect(await total(space, 'forecast_ratio')).toBe(0);
});

test('failures are measured with their kind and code', { timeout: 120_000 }, async () => {
  using space = new Workspace();
  const file = space.file('t.json', {
    Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'taken' } } },
  });
  expect((await space.json('deploy', file, '--stack', 'one', '--yes')).code).toBe(0);
  expect((await space.json('deploy', file, '--stack', 'two', '--yes')).code).toBe(3);
  expect(
    await total(space, 'operation_failures', { operation: 'create', type: 'AWS::SQS::Queue', code: 'AlreadyExists' }),
  ).toBe(1);
  expect(await total(space, 'runs', { outcome: 'rolled_back' })).toBe(1);
});

test('what is damaged is called so, and no deployment fails for it', { timeout: 240_000 }, async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 1));
  await space.json('deploy', file, '--stack', 'web', '--yes');
  const db = new DatabaseSync(join(space.dir, '.assent/assent.db'));
  const where = "WHERE pk = 'measures' AND sk LIKE 'run#%'";
  const kept = JSON.parse(String(db.prepare(`SELECT body FROM items ${where}`).get()?.['body']));
  const body = JSON.stringify(kept.map((one: object) => ('sketch' in one ? { ...one, sketch: 'Ag==' } : one)));
  expect(db.prepare(`UPDATE items SET body = ? ${where}`).run(body).changes).toBe(1);
  db.close();
  expect(await space.json('metrics')).toMatchObject({ code: 2, document: { kind: 'error', code: 'state_corrupt' } });
  // The end of a run is worth more than what was measured before, and what is damaged does not become less so.
  const more = space.file('more.json', queues(1, 2));
  expect(await space.json('deploy', more, '--stack', 'more', '--yes')).toMatchObject({ code: 0 });
  expect(await space.json('metrics')).toMatchObject({ code: 2, document: { kind: 'error', code: 'state_corrupt' } });
});

test.each([[['--compare', '--format', 'openmetrics']], [['--format', 'xml']], [['more']]])(
  'metrics %j is refused',
  async (args) => {
    using space = new Workspace();
    const { code, stderr } = await space.run('metrics', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining('invalid_usage')]);
  },
);
