// Operations in flight from one worker, and the memory that takes: 600 queues that depend on nothing, at twice AWS's
// speed, so that the first is still being created when the last is started.
import { deployed, independent } from '../deployments.ts';
import { median, type Row } from '../measure.ts';
import { node } from '../programs.ts';

const BARE = 'setTimeout(() => process.stdout.write(String(process.resourceUsage().maxRSS / 1024)), 500)';

export async function run(): Promise<Row[]> {
  const bare = median(await Promise.all([1, 2, 3].map(async () => Number((await node(['-e', BARE])).stdout))));
  const { mostInFlight, rssMb, calls, elapsedMs, cpuMs } = await deployed(
    independent('AWS::SQS::Queue', 600),
    1,
    600,
    2,
  );
  const area = 'flight';
  const note = `${calls.create} creates, ${calls.poll} polls, ${calls.throttled} throttled`;
  const row = (what: string, value: number, unit: string): Row => ({ area, what, value, unit, runs: 1 });
  return [
    { ...row('operations in flight from one worker', mostInFlight, ''), target: { atLeast: 500 }, note },
    { ...row('peak memory above a bare Node process', rssMb - bare, 'MB'), target: { atMost: 50 } },
    row('peak memory of a bare Node process', bare, 'MB'),
    row('600 resources, wall time', elapsedMs / 1e3, 's'),
    row('600 resources, processor time of the worker', cpuMs / 1e3, 's'),
  ];
}
