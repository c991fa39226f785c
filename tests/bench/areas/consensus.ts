// Ten experts on one question, and a table of 100,000 labels: the core in wasm beside the same in plain TypeScript. The
// answers are compared first. Then the built-in experts: how long they take, and how they judge made-up histories,
// what rules of stopping would save, and how pools do on errors that go together.
import { ok, strictEqual } from 'node:assert';
import type { ConsensusCall, StackState } from '#wasm';
import { aggregateLabels } from '../../../src/app/tables/labels.ts';
import { consensus } from '../../../src/core/calls.ts';
import { answerLabels } from '../../../src/core/tables.ts';
import { TemplateInCore } from '../../../src/core/template.ts';
import { largeTable } from '../crowds/sets.ts';
import { chance, median, paired, type Row, time } from '../measure.ts';
import { aggregate } from '../opponents/consensus.ts';
import { dawidSkene } from '../opponents/tables.ts';
import { pools } from '../replay/pools.ts';
import { judged } from '../replay/rows.ts';
import { stopping } from '../replay/stopping.ts';
import { fleet } from '../templates.ts';
import { CALL as PLAN_CALL, recordedAfter } from './plan.ts';

const METHODS = ['majority', 'weighted', 'bayesian', 'log-pool'] as const;
const BATCH = 200;

/** Experts in three lineages and some without, two options, one abstention. */
function experts(count: number, method: (typeof METHODS)[number]): ConsensusCall {
  const next = chance(10);
  const votes = Array.from({ length: count }, (_, at) => ({
    expert: `expert-${at}`,
    option: next() < 0.6 ? 'approve' : 'refuse',
    confidence: 0.55 + 0.4 * next(),
    weight: 0.5 + next(),
    reliability: 0.6 + 0.35 * next(),
    ...(at % 4 === 3 ? {} : { lineage: `model-${at % 4}` }),
    ...(at === 7 ? { status: 'abstained' as const } : {}),
    reasons: [],
  }));
  return { options: ['approve', 'refuse'], votes, method };
}

/** Everything that the opponent answers is in ours, and the same; ours may say more. */
function same(ours: unknown, theirs: unknown, path: string): void {
  if (typeof ours === 'number' && typeof theirs === 'number') ok(Math.abs(ours - theirs) < 1e-9, path);
  else if (ours !== null && typeof ours === 'object' && theirs !== null && typeof theirs === 'object') {
    for (const key of Object.keys(theirs)) {
      same(
        (ours as Record<string, unknown>)[key] ?? null,
        (theirs as Record<string, unknown>)[key] ?? null,
        `${path}/${key}`,
      );
    }
  } else strictEqual(ours, theirs, path);
}

function labels(): Row[] {
  const area = 'consensus';
  const table = largeTable();
  const call = { ...table, method: 'dawid-skene' as const, truth: new Int32Array(0) };
  const answer = answerLabels(call);
  if (answer.type !== 'answered') throw new Error(answer.message);
  const { posterior, rounds } = dawidSkene(table);
  strictEqual(answer.summary.rounds, rounds);
  for (const [task, p] of answer.probabilities.entries()) {
    const best = Math.max(...posterior.subarray(4 * task, 4 * task + 4));
    ok(Math.abs(best - p) < 1e-9, `task ${task}`);
  }
  const { one, other, ratio, runs } = paired(
    () => answerLabels(call),
    () => dawidSkene(table),
  );
  const what = '100,000 labels, 4 classes, Dawid-Skene';
  const note = `whole call over ${rounds} rounds`;
  return [
    { area, what: `${what}, a round, wasm`, value: one / rounds, unit: 'ms', target: { atMost: 4 }, runs, note },
    { area, what: `${what}, a round, TypeScript`, value: other / rounds, unit: 'ms', runs, note },
    { area, what: `${what}, TypeScript / wasm`, value: ratio, unit: 'x', runs },
  ];
}

/** The whole way from the bytes of a file to its answers. */
async function million(): Promise<Row[]> {
  const next = chance(1_000_000);
  const rows = Array.from(
    { length: 1_000_000 },
    (_, row) =>
      `task-${Math.floor(row / 5)},worker-${Math.floor(1_000 * next())},${'abcd'[Math.floor(4 * next() ** 2)]}\n`,
  );
  const bytes = new TextEncoder().encode(`task,worker,label\n${rows.join('')}`);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18));
  }
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    await aggregateLabels({ labels: { name: 'bench', chunks: chunks() }, method: 'majority' });
    times.push(performance.now() - start);
  }
  return [
    {
      area: 'consensus',
      what: '1,000,000 rows of CSV to majorities',
      value: median(times),
      unit: 'ms',
      runs: times.length,
    },
  ];
}

export async function run(): Promise<Row[]> {
  return [...votes(), ...labels(), ...(await million()), ...eight(), ...judged(), ...stopping(), ...pools()];
}

/** The built-in experts on 400 resources, scan apart: all of them new, and with updates of functions. */
function eight(): Row[] {
  using template = new TemplateInCore(fleet());
  const brief = { findings: [], history: { runs: 0, failures: 0, lastFailed: false } };
  const asked = (recorded?: StackState) => {
    const answer = template.plan(PLAN_CALL, recorded === undefined ? {} : { recorded: JSON.stringify(recorded) });
    if (answer.type !== 'planned') throw new Error(JSON.stringify(answer).slice(0, 2_000));
    using planned = answer.planned;
    const { median: value, runs } = time(() => planned.builtinVotes(brief));
    const what = `eight built-in experts, 400 resources, ${recorded === undefined ? 'new' : 'existing'} stack, wasm`;
    const row: Row = { area: 'consensus', what, value, unit: 'ms', target: { atMost: 50 }, runs };
    return { row, plan: planned.plan };
  };
  const fresh = asked();
  return [fresh.row, asked(recordedAfter(fresh.plan)).row];
}

/** From a circle to a crowd; every expert is left out in turn for its contribution. */
function votes(): Row[] {
  return [10, 100, 10_000].flatMap((count) => METHODS.flatMap((method) => asked(count, method)));
}

function asked(count: number, method: (typeof METHODS)[number]): Row[] {
  const area = 'consensus';
  const batch = Math.ceil(BATCH * (10 / count));
  const call = experts(count, method);
  const answer = consensus(call);
  if (answer.type !== 'aggregated') throw new Error(JSON.stringify(answer));
  same(answer.consensus, aggregate(call), method);
  const what = `${count} experts, ${method}`;
  const target = { atMost: 1 };
  const repeat = (work: () => unknown) => () => {
    for (let turn = 0; turn < batch; turn++) work();
  };
  const { one, other, ratio, runs } = paired(
    repeat(() => consensus(call)),
    repeat(() => aggregate(call)),
  );
  return [
    { area, what: `${what}, wasm`, value: one / batch, unit: 'ms', runs, ...(count === 10 ? { target } : {}) },
    { area, what: `${what}, TypeScript`, value: other / batch, unit: 'ms', runs },
    { area, what: `${what}, TypeScript / wasm`, value: ratio, unit: 'x', runs },
  ];
}
