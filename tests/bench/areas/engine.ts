// The engine in wasm: what an event costs a driver, how long 10,000 resources take on the virtual clock, and a run beside the
// same scheduler in plain TypeScript.
import { ok } from 'node:assert';
import type { EngineConfig, Plan } from '#wasm';
import { simulate } from '../../../src/core/calls.ts';
import { Engine } from '../../../src/core/engine.ts';
import { instance } from '../../../src/core/instance.ts';
import { type Driven, drive } from '../clock-cloud.ts';
import { randomPlan } from '../graphs.ts';
import { median, paired, type Row, time } from '../measure.ts';
import { Scheduler } from '../opponents/scheduler.ts';
import { yamlTemplate } from '../templates.ts';
import { planned } from './plan.ts';

const area = 'engine';
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

/** The whole of a run beside the same in plain TypeScript: the engine is made, and handles every event. */
function besideTypeScript(plan: Plan, maxConcurrency: number): Row[] {
  const own = sealed(plan);
  const config: EngineConfig = { runId: 'bench', maxConcurrency, seed: '1', durationScale: 1, ...UNLIMITED };
  const ends: Driven[] = [];
  const core = () => {
    using engine = new Engine(own, config);
    ends[0] = drive(engine, own);
  };
  const typescript = () => {
    ends[1] = drive(new Scheduler(own, config), own);
  };
  const pair = paired(core, typescript, { warmUp: 3, runs: 15 });
  const [one, other] = ends;
  ok(one?.outcome === 'succeeded' && other?.outcome === 'succeeded' && one.events === other.events);
  const what = `first deployment of ${plan.resources.length} resources, concurrency ${maxConcurrency}`;
  return [
    { area, what: `${what}, engine made and driven`, value: pair.one, unit: 'ms', runs: pair.runs },
    { area, what: `${what}, plain TypeScript / engine`, value: pair.ratio, unit: 'x', runs: pair.runs },
  ];
}

export function run(): Row[] {
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
  for (const maxConcurrency of [25, 500]) rows.push(...besideTypeScript(plan, maxConcurrency));
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
