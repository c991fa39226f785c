// The seed text's deployment of 1,000 resources: on the virtual clock at AWS's speed, and for real against the sandbox
// at 1,000 times that speed, which shows what Assent itself costs.
import { simulate } from '../../../src/core/calls.ts';
import { deployed } from '../deployments.ts';
import type { Row } from '../measure.ts';
import { yamlTemplate } from '../templates.ts';
import { planned } from './plan.ts';

export async function run(): Promise<Row[]> {
  const area = 'deploy';
  const yaml = yamlTemplate(1_000);
  const plan = planned(yaml);
  const row = (what: string, value: number, unit: string): Row => ({ area, what, value, unit, runs: 1 });
  const virtual = [25, 100, 500].flatMap((maxConcurrency) =>
    [undefined, 25].map((rate) => {
      const call = { maxConcurrency, seed: '1', noise: 0.2, ...(rate === undefined ? {} : { rate }) };
      const { makespanMs, ratio } = simulate(plan, call);
      const limit = rate === undefined ? 'no rate limit' : `${rate} requests/s`;
      const what = `1000 resources, virtual clock, concurrency ${maxConcurrency}, ${limit}`;
      return { ...row(what, makespanMs / 1e3, 's'), note: `${ratio.toFixed(3)} of the lower bound` };
    }),
  );
  const real = await deployed(yaml, 1, 500, 1_000);
  const { create, poll, throttled } = real.calls;
  return [
    ...virtual,
    {
      ...row('1000 resources, sandbox at 1000 times the speed, wall time', real.elapsedMs / 1e3, 's'),
      note: `${create} creates, ${poll} polls, ${throttled} throttled`,
    },
    row('1000 resources, sandbox at 1000 times the speed, processor time of the worker', real.cpuMs / 1e3, 's'),
  ];
}
