// Ten experts on one question: the core in wasm beside the same in plain TypeScript. The answers are compared first.
import { ok, strictEqual } from 'node:assert';
import type { ConsensusCall } from '#wasm';
import { consensus } from '../../../src/core/calls.ts';
import { chance, paired, type Row } from '../measure.ts';
import { aggregate } from '../opponents/consensus.ts';

const METHODS = ['majority', 'weighted', 'bayesian', 'log-pool'] as const;
const BATCH = 200;

/** Ten experts in three lineages and some without, two options, one abstention. */
export function tenExperts(method: (typeof METHODS)[number]): ConsensusCall {
  const next = chance(10);
  const votes = Array.from({ length: 10 }, (_, at) => ({
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

function same(ours: unknown, theirs: unknown, path: string): void {
  if (typeof ours === 'number' && typeof theirs === 'number') ok(Math.abs(ours - theirs) < 1e-9, path);
  else if (ours !== null && typeof ours === 'object' && theirs !== null && typeof theirs === 'object') {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      same(
        (ours as Record<string, unknown>)[key] ?? null,
        (theirs as Record<string, unknown>)[key] ?? null,
        `${path}/${key}`,
      );
    }
  } else strictEqual(ours, theirs, path);
}

export function run(): Row[] {
  const area = 'consensus';
  return METHODS.flatMap((method): Row[] => {
    const call = tenExperts(method);
    const answer = consensus(call);
    if (answer.type !== 'aggregated') throw new Error(JSON.stringify(answer));
    same(answer.consensus, aggregate(call), method);
    const repeat = (work: () => unknown) => () => {
      for (let turn = 0; turn < BATCH; turn++) work();
    };
    const { one, other, ratio, runs } = paired(
      repeat(() => consensus(call)),
      repeat(() => aggregate(call)),
    );
    return [
      { area, what: `10 experts, ${method}, wasm`, value: one / BATCH, unit: 'ms', target: { atMost: 1 }, runs },
      { area, what: `10 experts, ${method}, TypeScript`, value: other / BATCH, unit: 'ms', runs },
      { area, what: `10 experts, ${method}, TypeScript / wasm`, value: ratio, unit: 'x', runs },
    ];
  });
}
