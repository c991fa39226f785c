// `simulate`: the real engine on a virtual clock, over the plan of a new stack. Nothing is read, called or stored.
import type { Context, DeclaredParameter, Found, Lookup, Plan, Policy } from '#wasm';
import { simulate as simulateInCore } from '../core/calls.ts';
import { TemplateInCore } from '../core/template.ts';
import type { SimulateDocument } from './documents/documents.ts';
import { refused, type Template } from './planning/planning.ts';

/** What `simulate` takes. */
export interface SimulateOptions {
  templates: readonly Template[];
  parameters?: Readonly<Record<string, string>>;
  maxConcurrency: number;
  /** Calls per second the simulated cloud accepts; absent: no limit. */
  rate?: number;
  policy?: Policy;
  /** Decimal, 64 bits. */
  seed?: string;
}

// A made-up account: a simulation must not depend on whose credentials are at hand.
const NOWHERE: Context = { account: '123456789012', region: 'us-east-1', partition: 'aws', stackId: '' };

/**
 * One template: its simulation. Several: each by itself, as if deployed side by side to accounts of their own; the
 * totals are then the longest makespan, the largest bound, and sums of resources and events.
 */
export function simulate(options: SimulateOptions, now: () => number): SimulateDocument {
  const each = options.templates.map((template) => {
    const start = now();
    const planned = planNowhere(template, options);
    const simulated = simulateInCore(planned, {
      maxConcurrency: options.maxConcurrency,
      seed: options.seed ?? '1',
      ...(options.rate === undefined ? {} : { rate: options.rate }),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
    });
    return { template: template.name, ...simulated, elapsedMs: now() - start };
  });
  const [only] = each;
  if (only !== undefined && each.length === 1) {
    const { template: _, ...document } = only;
    return { version: 1, kind: 'simulate', ...document };
  }
  const sum = (key: 'resources' | 'events' | 'elapsedMs') => each.reduce((total, one) => total + one[key], 0);
  const max = (key: 'makespanMs' | 'lowerBoundMs' | 'maxInFlight') => Math.max(...each.map((one) => one[key]));
  const makespanMs = max('makespanMs');
  const lowerBoundMs = max('lowerBoundMs');
  return {
    version: 1,
    kind: 'simulate',
    resources: sum('resources'),
    makespanMs,
    lowerBoundMs,
    ratio: lowerBoundMs === 0 ? 1 : makespanMs / lowerBoundMs,
    maxInFlight: max('maxInFlight'),
    events: sum('events'),
    elapsedMs: sum('elapsedMs'),
    templates: each,
  };
}

function planNowhere(template: Template, { parameters = {}, maxConcurrency }: SimulateOptions): Plan {
  using text = new TemplateInCore(template.text);
  const given = new Map(Object.entries(parameters));
  const values = text.declared().flatMap((parameter) => {
    const { name, default: preset } = parameter;
    const value = given.get(name) ?? (preset === undefined ? madeUp(parameter) : undefined);
    return value === undefined ? [] : [[name, value] as const];
  });
  const found: Found[] = [];
  for (;;) {
    const answer = text.plan({
      stack: 'simulated',
      mode: 'deploy',
      context: NOWHERE,
      parameters: Object.fromEntries(values),
      found,
      maxConcurrency,
    });
    if (answer.type === 'planned') return answer.planned.plan;
    if (answer.type === 'refused') throw refused(answer.problems, template);
    const before = found.length;
    for (const lookup of answer.lookups) {
      if (!found.some((known) => JSON.stringify(known.lookup) === JSON.stringify(lookup))) {
        found.push({ lookup, value: madeUpFact(lookup) });
      }
    }
    if (found.length === before) throw new Error('the core asked again for what it had been told');
  }
}

/** A value that a parameter without one can take in a simulation; durations do not depend on it. */
function madeUp({ type, allowedValues }: DeclaredParameter): string {
  const [allowed] = allowedValues;
  if (allowed !== undefined) return allowed;
  if (type === 'Number' || type === 'List<Number>') return '1';
  return 'simulated';
}

function madeUpFact(lookup: Lookup): unknown {
  if (lookup.kind === 'availabilityZones') return ['a', 'b', 'c'].map((zone) => `${lookup.region}${zone}`);
  return 'simulated';
}
