// Stored plans: only what was stored is believed. Every value of every plan in tests/vectors/plan is changed once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EngineConfig, Plan, PlanCall, Reference } from '#wasm';
import { Engine } from '../../../src/core/engine.ts';
import { storedPlan, textOf } from '../../../src/core/stored.ts';
import { TemplateInCore } from '../../../src/core/template.ts';

interface Case {
  name: string;
  template: string;
  call: PlanCall;
  references?: Reference[];
  plan: Plan;
}

const file = join(import.meta.dirname, '../../vectors/plan/plans.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];
const config: EngineConfig = { runId: 'r', maxConcurrency: 1, rate: 1, maxRate: 1, burst: 1, seed: '1' };

test.each(cases)('$name: the plan is the one of the vector', ({ template, call, references = [], plan }) => {
  using text = new TemplateInCore(template);
  const answer = text.plan(call);
  if (answer.type !== 'planned') throw new Error(JSON.stringify(answer));
  answer.planned.bind(references);
  expect(answer.planned.plan).toEqual(plan);
  expect(answer.planned.summary.digest).toBe(plan.digest);
  expect(JSON.parse(textOf(storedPlan(answer.planned.text, plan.digest)))).toEqual(plan);
});

/** Every way to change one value: as (path, text of the changed plan). */
function* changed(plan: Plan): Generator<[string, string]> {
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) paths.push(path);
    else if (Array.isArray(value)) value.forEach((item, at) => void walk(item, [...path, at]));
    else for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(plan, []);
  for (const path of paths) {
    // Not part of what is approved: how long it may take.
    if (path.at(-1) === 'estimateMs') continue;
    const copy = structuredClone(plan) as unknown as Record<string, unknown>;
    const owner = path.slice(0, -1).reduce((node, key) => node[key] as Record<string, unknown>, copy);
    const key = path.at(-1) as string;
    owner[key] = other(owner[key]);
    yield [path.join('/'), JSON.stringify(copy)];
  }
}

function other(value: unknown): unknown {
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return Array.isArray(value) ? ['x'] : { x: 'x' };
}

test.each(cases)('$name: with any value changed it is refused by name', ({ plan }) => {
  let tried = 0;
  for (const [path, text] of changed(plan)) {
    let thrown: unknown;
    try {
      storedPlan(text, plan.digest);
    } catch (error) {
      thrown = error;
    }
    expect(thrown, path).toMatchObject({ code: 'plan_altered', exitCode: 1 });
    expect(String((thrown as Error).message)).toContain(plan.digest);
    tried += 1;
  }
  expect(tried).toBeGreaterThan(20);
});

test.each(cases)('$name: no engine takes it changed', ({ plan }) => {
  using engine = new Engine(plan, config);
  expect(engine.handle(0, [{ type: 'started' }])).not.toEqual([]);
  const altered = { ...plan, stack: `${plan.stack}x` };
  expect(() => new Engine(altered, config)).toThrow(expect.objectContaining({ code: 'plan_altered' }));
});

test('what is no plan, or another one, is refused as well', () => {
  const [one, two] = cases as [Case, Case];
  for (const text of ['', '{}', 'null', JSON.stringify(two.plan)]) {
    expect(() => storedPlan(text, one.plan.digest)).toThrow(expect.objectContaining({ code: 'plan_altered' }));
  }
});

test('an integer that a double cannot hold is stored, believed and executed as it was written', () => {
  using rule = new TemplateInCore(
    'Resources: {F: {Type: AWS::WAFv2::WebACL, Properties: {Scope: REGIONAL, DefaultAction: {Allow: {}}, VisibilityConfig: {CloudWatchMetricsEnabled: false, MetricName: m, SampledRequestsEnabled: false}, Rules: [{Name: r, Priority: 9007199254740993, Statement: {GeoMatchStatement: {CountryCodes: [AT]}}, VisibilityConfig: {CloudWatchMetricsEnabled: false, MetricName: m, SampledRequestsEnabled: false}}]}}}',
  );
  const call: PlanCall = (cases[0] as Case).call;
  const answer = rule.plan({ ...call, parameters: {}, found: [], fingerprints: {} });
  if (answer.type !== 'planned') throw new Error(JSON.stringify(answer));
  const { plan, text: stored } = answer.planned;
  expect(stored).toContain('9007199254740993');
  expect(textOf(storedPlan(stored, plan.digest))).toContain('9007199254740993');
  using engine = new Engine(plan, config);
  engine.handle(0, [{ type: 'started' }]);
  expect(engine.payload('create:F', {})).toContain('9007199254740993');
});
