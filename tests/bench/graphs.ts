// Generated plans for the scheduler: the same seed gives the same plan everywhere. Only order and durations matter to
// it, so the resources have no properties.
import type { Plan, PlannedResource } from '#wasm';
import { chance } from './measure.ts';

const SHAPES = ['layers', 'random', 'services', 'chains'] as const;
export type Shape = (typeof SHAPES)[number];
export { SHAPES };

/**
 * `layers`: each depends on one to three of the layer before; `random`: on up to three of any before; `services`: stars
 * of about ten around a shared trunk; `chains`: independent paths of different lengths. Durations in seconds are drawn
 * as CloudFormation's are spread: most take a few, some a minute, few many.
 */
export function randomPlan(shape: Shape, count: number, seed: number): Plan {
  const next = chance(seed * 7919 + SHAPES.indexOf(shape));
  const below = (n: number) => Math.floor(next() * n);
  const layer = Math.max(4, Math.round(Math.sqrt(count) * 1.5));
  let chain = 0;
  let left = 0;
  const resources = Array.from({ length: count }, (_, at): PlannedResource => {
    const depends = new Set<number>();
    if (shape === 'layers') {
      const start = (Math.floor(at / layer) - 1) * layer;
      if (start >= 0) for (let n = 1 + below(3); n > 0; n--) depends.add(start + below(layer));
    } else if (shape === 'random') {
      if (at > 0) for (let n = below(4); n > 0; n--) depends.add(below(at));
    } else if (shape === 'services') {
      if (at >= 5) depends.add(at % 10 === 5 ? below(5) : at - 1 - below(Math.min((at - 5) % 10, 4)));
    } else if (left > 0) depends.add(chain);
    if (shape === 'chains') {
      left = left > 0 ? left - 1 : 1 + below(12);
      chain = at;
    }
    const kind = next();
    const seconds = kind < 0.7 ? 1 + next() * 14 : kind < 0.95 ? 15 + next() * 75 : 90 + next() * 500;
    return {
      logicalId: id(at),
      type: 'AWS::SQS::Queue',
      action: 'create',
      reasons: [],
      dependsOn: [...depends].map(id).sort(),
      desired: {},
      needs: [],
      deletionPolicy: 'Delete',
      updateReplacePolicy: 'Delete',
      irreversible: [],
      estimateMs: Math.round(seconds * 1_000),
    };
  });
  const context = { account: '123456789012', region: 'us-east-1', partition: 'aws', stackId: '' };
  return { version: 1, stack: 'bench', context, mode: 'deploy', resources, outputs: [], digest: '' };
}

// Padded, so that sorting by name is the order of making: first in, first out is then template order.
const id = (at: number) => `R${String(at).padStart(6, '0')}`;
