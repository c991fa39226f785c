// tests/vectors/engine against the built core; wasm-core/tests/engine_vectors.rs runs the same cases natively.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Command, EngineConfig, Event, Plan } from '#wasm';
import { Engine } from '../../../src/core/engine.ts';

interface Case {
  name: string;
  /** Name of a case in tests/vectors/plan. */
  plan: string;
  config: EngineConfig;
  turns: { now: number; events: Event[]; commands: Command[] }[];
}

const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../vectors', file), 'utf8'));
const plans = new Map(
  (read('plan/plans.json') as { name: string; plan: Plan }[]).map(({ name, plan }) => [name, plan]),
);

test.each(read('engine/turns.json') as Case[])('$name: every turn is answered with its commands', (one) => {
  using engine = new Engine(plans.get(one.plan) as Plan, one.config);
  for (const { now, events, commands } of one.turns) expect(engine.handle(now, events)).toEqual(commands);
});
