// The state machine's definition: valid, and agreeing with the worker about tasks and tags.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Has no types of its own.
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(
  import.meta.url,
)('asl-validator');

const folder = join(import.meta.dirname, '../../../functions/deploy');
const machine = JSON.parse(readFileSync(join(folder, 'machine.asl.json'), 'utf8'));
const states: [string, Record<string, unknown>][] = Object.entries(machine.States);
const ofTarget: typeof states = Object.entries(machine.States.Targets.ItemProcessor.States);

test('it is what the States Language allows', () => {
  const { isValid, errorsText } = validate(machine);
  expect(errorsText('\n')).toBe('');
  expect(isValid).toBe(true);
});

test('no null stands in it: CloudFormation takes none in a template', () => {
  expect(JSON.stringify(machine)).not.toContain('null');
});

test('every task is one that the worker knows, and every one of its tasks is called', () => {
  const source = readFileSync(join(folder, 'worker.ts'), 'utf8');
  const known = [...source.matchAll(/case '(\w+)':/g)].map(([, name]) => name).sort();
  const called = [...JSON.stringify(machine).matchAll(/"task":"(\w+)"/g)].map(([, name]) => name);
  expect([...new Set(called)].sort()).toEqual(known);
});

test('every tag of a step leads somewhere', () => {
  const source = readFileSync(join(folder, '../../src/app/service/steps.ts'), 'utf8');
  const declared = /export type Next =([^;]+;){9}/.exec(source.replaceAll(/\/\*[\s\S]*?\*\//g, ''))?.[0] ?? '';
  const tags = [...declared.matchAll(/next: ([^;}]+)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'(\w+)'/g)].map(([, tag]) => tag),
  );
  const routed = (machine.States['What next'].Choices as { StringEquals: string }[]).map((one) => one.StringEquals);
  expect([...routed, 'end'].sort()).toEqual(tags.sort());
});

// Lambda refuses for as long as all concurrency is taken, and a worker may hold its place for 15 minutes.
const RETRIES = [
  { ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 45, MaxDelaySeconds: 60 },
  { ErrorEquals: ['States.ALL'] },
];

test('every task is tried again and caught, but the last one', () => {
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  expect(tasks.length).toBeGreaterThan(3);
  for (const [name, { Retry, Catch }] of tasks) {
    // A person who does not answer is no failure.
    const unanswered = { ErrorEquals: ['States.Timeout'], MaxAttempts: 0 };
    const [room, others] = RETRIES;
    expect(Retry, name).toMatchObject(name === 'Ask' ? [unanswered, room, others] : RETRIES);
    // There is no run yet that could be called off.
    const after = name === 'Receive' || name === 'Review' ? 'Gave up' : 'Stop';
    if (name !== 'Stop') expect(JSON.stringify(Catch), name).toContain(`"Next":"${after}"`);
  }
});

test('a target that fails for good is settled all the same, and whatever fails with it, the others go on', () => {
  expect(ofTarget.filter(([, { Type }]) => Type === 'Task').length).toBeGreaterThan(3);
  staysInside(ofTarget, ['Settle target', 'Not settled']);
  // An execution of one target may also end outside of its states: by its history, or by hand.
  expect(machine.States['Many targets'].ToleratedFailurePercentage).toBe(100);
});

test('a stack that cannot be looked at, and cannot be noted so, keeps no other from being looked at', () => {
  staysInside(Object.entries(machine.States.Stacks.ItemProcessor.States), ['Look', 'Not looked', 'Not noted']);
});

/** Whether no error leaves an iteration of a Map, where it would end all others. */
function staysInside(inner: typeof states, ending: string[]): void {
  for (const [name, { Retry, Catch, Type }] of inner) {
    expect(Type, name).not.toBe('Fail');
    if (Type !== 'Task') continue;
    expect(Retry, name).toMatchObject(RETRIES);
    expect(Catch, name).toMatchObject([{ ErrorEquals: ['States.ALL'] }]);
  }
  expect(inner.filter(([, { End, Type }]) => End === true || Type === 'Succeed').map(([name]) => name)).toEqual(ending);
}

test('whoever works is told what was said before: a stack that stays held is looked at less and less', () => {
  const tasks = [...JSON.stringify(machine).matchAll(/\{"task":"work"[^}]*\}/g)].map(([text]) => JSON.parse(text));
  expect(tasks).toEqual(Array(3).fill({ task: 'work', 'runId.$': '$.runId', 'said.$': '$.step.said' }));
});

test('what waits for a person ends by itself', () => {
  expect(machine.States.Ask.TimeoutSeconds).toBeGreaterThan(24 * 60 * 60);
  expect(machine.States.Ask.Catch[0]).toMatchObject({ ErrorEquals: ['States.Timeout'], Next: 'Answered' });
});

test('many targets are led as few are, by executions of their own whose bound is a literal', () => {
  const { Targets, 'Many targets': many } = machine.States;
  expect(many.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
  expect(many.MaxConcurrency).toBeTypeOf('number');
  // Evaluated nowhere: neither AWS nor the emulator would read the list from an expression of JSONata.
  expect(many.QueryLanguage ?? machine.QueryLanguage ?? 'JSONPath').toBe('JSONPath');
  const { ProcessorConfig: _, ...few } = Targets.ItemProcessor;
  const { ProcessorConfig: __, ...same } = many.ItemProcessor;
  expect(JSON.parse(JSON.stringify(same).replaceAll(' of many"', '"'))).toEqual(few);
});

test('names of states are used once in the whole machine', () => {
  const names = JSON.stringify(machine).match(/"States":\{/g) ?? [];
  expect(names).toHaveLength(4);
  const all = [inner(machine), Object.keys(machine.States)].flat();
  expect(new Set(all).size).toBe(all.length);
});

function inner({ States }: typeof machine): string[] {
  return ['Targets', 'Many targets', 'Stacks'].flatMap((name) => Object.keys(States[name].ItemProcessor.States));
}
