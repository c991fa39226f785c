// How near the schedules come to what no schedule can beat, on the virtual clock: deterministic, so one run each. Also
// draws docs/makespan.svg.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan, Policy } from '#wasm';
import { simulate } from '../../../src/core/calls.ts';
import { randomPlan, SHAPES } from '../graphs.ts';
import { median, type Row } from '../measure.ts';
import { type Line, plot } from '../plot.ts';
import { fleet } from '../templates.ts';
import { planned } from './plan.ts';

const CONCURRENCY = [5, 10, 20, 40];
const SEEDS = 20;
const RATE = 25;

const simulated = (plan: Plan, maxConcurrency: number, policy: Policy, rate?: number) =>
  simulate(plan, { maxConcurrency, policy, seed: '1', noise: 0, ...(rate === undefined ? {} : { rate }) });

export function run(): Row[] {
  const area = 'makespan';
  const real = planned(fleet());
  const random = Array.from({ length: SEEDS }, (_, seed) => SHAPES.map((shape) => randomPlan(shape, 400, seed))).flat();
  const rows: Row[] = [];
  for (const p of CONCURRENCY) {
    const ratios = random.map((plan) => simulated(plan, p, 'critical-path').ratio);
    rows.push({
      ...row(area, `known at once, fleet, P = ${p}`, simulated(real, p, 'critical-path').ratio),
      target: { atMost: 1.05 },
    });
    rows.push({
      ...row(area, `known at once, ${random.length} random graphs, median, P = ${p}`, median(ratios)),
      target: { atMost: 1.05 },
    });
    rows.push(row(area, `known at once, ${random.length} random graphs, worst, P = ${p}`, Math.max(...ratios)));
  }
  for (const p of CONCURRENCY) {
    const limited = random.map((plan) => simulated(plan, p, 'critical-path', RATE).ratio);
    const name = `${RATE} requests/s`;
    rows.push({
      ...row(area, `${name}, fleet, P = ${p}`, simulated(real, p, 'critical-path', RATE).ratio),
      target: { atMost: 1.1 },
    });
    rows.push({ ...row(area, `${name}, random graphs, median, P = ${p}`, median(limited)), target: { atMost: 1.1 } });
    rows.push(row(area, `${name}, random graphs, worst, P = ${p}`, Math.max(...limited)));
  }
  const gain = (plan: Plan) =>
    (1 - simulated(plan, 10, 'critical-path').makespanMs / simulated(plan, 10, 'fifo').makespanMs) * 100;
  const better = (of: string, percent: number): Row => ({
    ...row(area, `better than first in, first out, ${of}, P = 10`, percent),
    unit: '%',
  });
  const gains = SHAPES.map((shape) => Array.from({ length: SEEDS }, (_, seed) => gain(randomPlan(shape, 400, seed))));
  rows.push({
    ...better(`${random.length} random graphs (400), median`, median(gains.flat())),
    target: { atLeast: 15 },
  });
  for (const [n, shape] of SHAPES.entries()) rows.push(better(`${shape} (400), median`, median(gains[n] ?? [])));
  // Nothing in it waits long for anything else: no order is better than another.
  rows.push(better('fleet (400)', gain(real)));
  draw(real);
  return rows;
}

const row = (area: string, what: string, value: number): Row => ({ area, what, value, unit: 'x', runs: 1 });

function draw(plan: Plan): void {
  const axis = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 120, 200];
  const seconds = (ms: number) => ms / 1_000;
  const line = (name: string, colour: string, value: (p: number) => number): Line => ({
    name,
    colour,
    points: axis.map((p) => [p, seconds(value(p))]),
  });
  const lines = [
    line('first in, first out', '#d1495b', (p) => simulated(plan, p, 'fifo').makespanMs),
    line('critical path', '#00798c', (p) => simulated(plan, p, 'critical-path').makespanMs),
    line(`critical path, ${RATE} requests/s`, '#edae49', (p) => simulated(plan, p, 'critical-path', RATE).makespanMs),
    line('no schedule is shorter', '#888888', (p) => simulated(plan, p, 'critical-path').lowerBoundMs),
  ];
  const text = plot({
    title: `Makespan of ${plan.resources.length} resources (examples/fleet.yaml), virtual clock`,
    x: 'operations in flight at most',
    y: 'seconds',
    lines,
  });
  writeFileSync(join(import.meta.dirname, '../../../docs/makespan.svg'), text);
}
