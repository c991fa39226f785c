// One side of compare.ts: `compare-program.ts CORE` loads that built core and, for every line of JSON on stdin
// ({"case", "times"}), answers with the ms of that many runs of a case, or with why it could not.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { PlanCall } from '#wasm';
import { randomPlan } from './graphs.ts';
import { jsonTemplate, yamlTemplate } from './templates.ts';

type Core = typeof import('#wasm');

const [, , path = ''] = process.argv;
const core = createRequire(import.meta.url)(path) as Core;
const CALL: PlanCall = {
  stack: 'bench',
  mode: 'deploy',
  context: { account: '123456789012', region: 'us-east-1', partition: 'aws', stackId: '' },
  parameters: {},
  found: [],
  maxConcurrency: 25,
};
const yaml = yamlTemplate(400);
const json = jsonTemplate(yaml);
const graph = JSON.stringify(randomPlan('services', 1_000, 1));
const votes = Array.from({ length: 10 }, (_, at) => ({
  expert: `e${at}`,
  option: at % 3 === 0 ? 'refuse' : 'approve',
  confidence: 0.6 + at / 30,
  reasons: [],
}));

/** As cores exported it before a template was an object. */
interface Before {
  inspect(text: string): unknown;
  plan(text: string, call: PlanCall): unknown;
}

function declared(text: string): unknown {
  if (core.Template === undefined) return (core as unknown as Before).inspect(text);
  const template = new core.Template(text);
  const answer = template.declared();
  template.free();
  return answer;
}

/** The plan as an object, which earlier cores gave at once. */
function plan(text: string): unknown {
  if (core.Template === undefined) return (core as unknown as Before).plan(text, CALL);
  const template = new core.Template(text);
  template.plan(CALL);
  const planned = template.planned();
  const answer = JSON.parse(planned?.text() ?? '');
  planned?.free();
  template.free();
  return answer;
}

const CASES: Record<string, () => unknown> = {
  'parse-yaml': () => declared(yaml),
  'parse-json': () => declared(json),
  'plan-yaml': () => plan(yaml),
  'plan-json': () => plan(json),
  simulate: () => core.simulate(graph, { maxConcurrency: 25, seed: '1', noise: 0.2 }),
  consensus: () => {
    for (let turn = 0; turn < 50; turn++) core.consensus({ votes, method: 'bayesian' });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { case: name, times } = JSON.parse(line) as { case: string; times: number };
  let answer: object;
  try {
    const work = CASES[name] as () => unknown;
    const start = performance.now();
    for (let turn = 0; turn < times; turn++) work();
    answer = { ms: performance.now() - start };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
