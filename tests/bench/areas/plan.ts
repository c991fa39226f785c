// Planning 1,000 resources in wasm beside the same in plain TypeScript. The answers are compared before a clock runs.
import { deepStrictEqual } from 'node:assert';
import type { Plan, PlanCall, StackState } from '#wasm';
import { TemplateInCore } from '../../../src/core/template.ts';
import { paired, type Row, time } from '../measure.ts';
import { type Check, compiled, type Mistake } from '../opponents/check.ts';
import { parseTemplate, planTemplate } from '../opponents/plan.ts';
import { jsonTemplate, yamlTemplate } from '../templates.ts';

const RESOURCES = 1_000;

export const CALL: PlanCall = {
  stack: 'bench',
  mode: 'deploy',
  context: { account: '123456789012', region: 'us-east-1', partition: 'aws', stackId: '' },
  parameters: {},
  found: [],
  maxConcurrency: 25,
};

/** The core's plan of a text. */
export function planned(text: string, recorded?: string): Plan {
  using template = new TemplateInCore(text);
  const answer = template.plan(CALL, recorded === undefined ? {} : { recorded });
  if (answer.type !== 'planned') throw new Error(JSON.stringify(answer).slice(0, 2_000));
  using made = answer.planned;
  return made.plan;
}

/** Mistakes in properties that keep the core from planning. */
function refusedFor(text: string): string[] {
  using template = new TemplateInCore(text);
  const answer = template.plan(CALL);
  if (answer.type !== 'refused') throw new Error('a template with mistakes was planned');
  return answer.problems.map(({ code, path }) => `${code} ${path}`).sort();
}

/** The stack as a deployment of `plan` leaves it, with made-up values; some functions had other properties. */
export function recordedAfter(plan: Plan): StackState {
  const value = (id: string, attribute: string) => `arn:aws:bench:us-east-1:123456789012:${id}/${attribute}`;
  const applied = (text: string) =>
    text
      .replace(/\{"\$ref":"([^"]+)"\}/g, (_, id) => JSON.stringify(value(id, 'Ref')))
      .replace(/\{"\$att":\["([^"]+)","([^"]+)"\]\}/g, (_, id, name) => JSON.stringify(value(id, name)))
      .replace(/"SERVICE":"(\d)"/, '"SERVICE":"was $1"');
  const resources = plan.resources.map(
    ({ logicalId, type, dependsOn, deletionPolicy, updateReplacePolicy, ...rest }) => ({
      logicalId,
      type,
      physicalId: value(logicalId, 'Ref'),
      status: 'complete' as const,
      attributes: Object.fromEntries(rest.needs.map((name) => [name, value(logicalId, name)])),
      applied: JSON.parse(applied(JSON.stringify(rest.desired))),
      dependsOn,
      deletionPolicy,
      updateReplacePolicy,
    }),
  );
  return { stack: plan.stack, context: plan.context, parameters: {}, resources, fingerprints: {} };
}

/** What a text declares: the core parses it and looks at little else. */
function declared(text: string): unknown {
  using template = new TemplateInCore(text);
  return template.declared();
}

/** The core and the opponent say the same of a template. */
function agree(text: string, parse: (text: string) => unknown, check: Check, recorded?: StackState): void {
  const ours = planned(text, recorded === undefined ? undefined : JSON.stringify(recorded)).resources;
  const theirs = planTemplate(parse(text) as never, {}, recorded?.resources ?? [], check).resources;
  const part = (one: (typeof ours)[number] | (typeof theirs)[number]) => ({
    logicalId: one.logicalId,
    type: one.type,
    action: one.action,
    dependsOn: one.dependsOn,
    desired: one.desired,
  });
  deepStrictEqual(ours.map(part), theirs.map(part));
}

/** The template with mistakes of every kind, both sides of which must find the same. */
function agreeOnMistakes(json: string, check: Check): void {
  const template = JSON.parse(json) as { Resources: Record<string, { Type: string; Properties?: object }> };
  const all = Object.values(template.Resources);
  const first = (type: string) => all.find(({ Type }) => Type === type)?.Properties as Record<string, unknown>;
  Object.assign(first('AWS::SQS::Queue'), { Nope: 1, Arn: 'arn:aws:sqs:::x', VisibilityTimeout: [1] });
  delete first('AWS::Lambda::Function')['Role'];
  delete first('AWS::Lambda::Function')['Code'];
  const said = ({ code, path }: Mistake) => `${code} ${path}`;
  const theirs = planTemplate(template as never, {}, [], check).mistakes.map(said);
  deepStrictEqual([...new Set(refusedFor(JSON.stringify(template)))], [...new Set(theirs.sort())]);
}

export function run(): Row[] {
  const area = 'plan';
  const yaml = yamlTemplate(RESOURCES);
  const json = jsonTemplate(yaml);
  const recorded = recordedAfter(planned(yaml));
  const kept = JSON.stringify(recorded);
  const check = compiled(new Set(recorded.resources.map(({ type }) => type)));
  agree(yaml, parseTemplate, check);
  agree(json, JSON.parse, check);
  agree(yaml, parseTemplate, check, recorded);
  agree(json, JSON.parse, check, recorded);
  agreeOnMistakes(json, check);
  const changes = planned(yaml, kept).resources.filter(({ action }) => action === 'update').length;
  if (changes === 0 || changes > RESOURCES / 10) throw new Error(`${changes} updates`);

  // What is recorded comes to both as the text that a store keeps.
  const theirs = (parse: (text: string) => unknown, text: string, before?: string) => {
    const { resources } = before === undefined ? { resources: [] } : (JSON.parse(before) as StackState);
    return planTemplate(parse(text) as never, {}, resources, check);
  };
  const cases = [
    { name: 'YAML, new stack', text: yaml, parse: parseTemplate, atLeast: 4 },
    { name: 'YAML, existing stack', text: yaml, parse: parseTemplate, state: kept, atLeast: 4 },
    { name: 'JSON, new stack', text: json, parse: JSON.parse, atLeast: 1 },
    { name: 'JSON, existing stack', text: json, parse: JSON.parse, state: kept, atLeast: 1 },
  ];
  const rows: Row[] = [];
  for (const [name, text] of [
    ['YAML', yaml],
    ['JSON', json],
  ] as const) {
    const { median, runs } = time(() => declared(text));
    rows.push({
      area,
      what: `parse alone, ${name}, ${Math.round(text.length / 1024)} kB`,
      value: median,
      unit: 'ms',
      runs,
    });
  }
  for (const { name, text, parse, state, atLeast } of cases) {
    const { one, other, ratio, runs } = paired(
      () => planned(text, state),
      () => theirs(parse, text, state),
      { warmUp: 8, runs: 25 },
    );
    const what = `${RESOURCES} resources, ${name}`;
    rows.push({ area, what: `${what}, wasm`, value: one, unit: 'ms', target: { atMost: 25 }, runs });
    rows.push({ area, what: `${what}, TypeScript`, value: other, unit: 'ms', runs });
    rows.push({ area, what: `${what}, TypeScript / wasm`, value: ratio, unit: 'x', target: { atLeast }, runs });
  }
  return rows;
}
