// The engine in wasm: what an event costs a driver, and how long 10,000 resources take on the virtual clock.
import type { EngineConfig, Plan } from '#wasm';
import { simulate } from '../../../src/core/calls.ts';
import { Engine } from '../../../src/core/engine.ts';
import { instance } from '../../../src/core/instance.ts';
import { drive } from '../clock-cloud.ts';
import { randomPlan } from '../graphs.ts';
import { median, type Row, time } from '../measure.ts';
import { yamlTemplate } from '../templates.ts';
import { planned } from './plan.ts';

const UNLIMITED = { rate: 1e9, maxRate: 1e9, burst: 1e9 };

/** Microseconds per event of one whole run, `handle` alone. */
export function perEvent(plan: Plan, maxConcurrency: number): { us: number; events: number } {
  const config: EngineConfig = { runId: 'bench', maxConcurrency, seed: '1', durationScale: 1, ...UNLIMITED };
  using engine = new Engine(sealed(plan), config);
  const { events, handleMs, outcome } = drive(engine, plan);
  if (outcome !== 'succeeded') throw new Error(`the run ended as ${outcome}`);
  return { us: (handleMs * 1e3) / events, events };
}

/** The plan under the digest of what it says: an engine takes no other. */
function sealed(plan: Plan): Plan {
  return { ...plan, digest: instance().planDigest(JSON.stringify(plan)) };
}

/** The plan's order and durations without its values: what the model cloud answers holds no attributes. */
function bare(plan: Plan): Plan {
  return { ...plan, outputs: [], resources: plan.resources.map((one) => ({ ...one, desired: {}, needs: [] })) };
}

export function run(): Row[] {
  const area = 'engine';
  const rows: Row[] = [];
  const plan = bare(planned(yamlTemplate(1_000)));
  for (const maxConcurrency of [25, 500]) {
    for (let warm = 0; warm < 3; warm++) perEvent(plan, maxConcurrency);
    const all = Array.from({ length: 15 }, () => perEvent(plan, maxConcurrency));
    rows.push({
      area,
      what: `one event, wasm boundary included, 1000 resources, concurrency ${maxConcurrency}`,
      value: median(all.map(({ us }) => us)),
      unit: 'us',
      target: { atMost: 10 },
      runs: all.length,
      note: `${all[0]?.events} events a run`,
    });
  }
  const many = randomPlan('services', 10_000, 1);
  let events = 0;
  const { median: ms, runs } = time(
    () => {
      events = simulate(many, { maxConcurrency: 100, seed: '1', noise: 0.2 }).events;
    },
    { warmUp: 1, runs: 7 },
  );
  rows.push({
    area,
    what: '10000 resources on the virtual clock',
    value: ms,
    unit: 'ms',
    target: { atMost: 2_000 },
    runs,
    note: `${events} events`,
  });
  return rows;
}
