// Planning 1,000 resources in wasm beside the same in plain TypeScript. The answers are compared before a clock runs.
import { deepStrictEqual } from 'node:assert';
import type { Plan, PlanCall, StackState } from '#wasm';
import { TemplateInCore } from '../../../src/core/template.ts';
import { paired, type Row, time } from '../measure.ts';
import { parseTemplate, planTemplate } from '../opponents/plan.ts';
import { jsonTemplate, yamlTemplate } from '../templates.ts';

const RESOURCES = 1_000;

const CALL: PlanCall = {
  stack: 'bench',
  mode: 'deploy',
  context: { account: '123456789012', region: 'us-east-1', partition: 'aws', stackId: '' },
  parameters: {},
  found: [],
  maxConcurrency: 25,
};

/** The core's plan of a text. */
export function planned(text: string, recorded?: StackState): Plan {
  using template = new TemplateInCore(text);
  const answer = template.plan(recorded === undefined ? CALL : { ...CALL, recorded });
  if (answer.type !== 'planned') throw new Error(JSON.stringify(answer).slice(0, 2_000));
  return answer.planned.plan;
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
function agree(text: string, parse: (text: string) => unknown, recorded?: StackState): void {
  const ours = planned(text, recorded).resources;
  const theirs = planTemplate(parse(text) as never, {}, recorded?.resources ?? []).resources;
  const part = (one: (typeof ours)[number] | (typeof theirs)[number]) => ({
    logicalId: one.logicalId,
    type: one.type,
    action: one.action,
    dependsOn: one.dependsOn,
    desired: one.desired,
  });
  deepStrictEqual(ours.map(part), theirs.map(part));
}

export function run(): Row[] {
  const area = 'plan';
  const yaml = yamlTemplate(RESOURCES);
  const json = jsonTemplate(yaml);
  const recorded = recordedAfter(planned(yaml));
  agree(yaml, parseTemplate);
  agree(json, JSON.parse);
  agree(yaml, parseTemplate, recorded);
  agree(json, JSON.parse, recorded);
  const changes = planned(yaml, recorded).resources.filter(({ action }) => action === 'update').length;
  if (changes === 0 || changes > RESOURCES / 10) throw new Error(`${changes} updates`);

  const theirs = (parse: (text: string) => unknown, text: string, before: StackState['resources'] = []) =>
    planTemplate(parse(text) as never, {}, before);
  const cases = [
    { name: 'YAML, new stack', text: yaml, parse: parseTemplate, atLeast: 4 },
    { name: 'YAML, existing stack', text: yaml, parse: parseTemplate, state: recorded, atLeast: 4 },
    { name: 'JSON, new stack', text: json, parse: JSON.parse, atLeast: 1 },
    { name: 'JSON, existing stack', text: json, parse: JSON.parse, state: recorded, atLeast: 1 },
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
      () => theirs(parse, text, state?.resources),
      { warmUp: 8, runs: 25 },
    );
    const what = `${RESOURCES} resources, ${name}`;
    rows.push({ area, what: `${what}, wasm`, value: one, unit: 'ms', target: { atMost: 25 }, runs });
    rows.push({ area, what: `${what}, TypeScript`, value: other, unit: 'ms', runs });
    rows.push({ area, what: `${what}, TypeScript / wasm`, value: ratio, unit: 'x', target: { atLeast }, runs });
  }
  return rows;
}
