// 120 stacks deployed at once from one process over one store, the real driver against a sandbox without a rate limit.
// Until `deploy --targets` exists this is what stands for 120 targets.
import { deployed, independent } from '../deployments.ts';
import type { Row } from '../measure.ts';

export async function run(): Promise<Row[]> {
  const { succeeded, resources, mostInFlight, elapsedMs, rssMb } = await deployed(
    independent('AWS::SQS::Queue', 5),
    120,
    25,
    20,
  );
  const area = 'stacks';
  const row = (what: string, value: number, unit: string): Row => ({ area, what, value, unit, runs: 1 });
  return [
    {
      ...row('deployments at once that succeeded', succeeded, ''),
      target: { atLeast: 120 },
      note: `${resources} resources`,
    },
    row('operations in flight at most, all together', mostInFlight, ''),
    row('wall time', elapsedMs / 1e3, 's'),
    row('peak memory of the process', rssMb, 'MB'),
  ];
}
