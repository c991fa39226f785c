// Made-up crowds whose true labels are known, each hard in its own way; the same for the same seed, everywhere.
import { chance } from '../measure.ts';
import type { Table } from '../opponents/tables.ts';

export interface Crowd {
  table: Table;
  /** Per task. */
  truth: Int32Array;
}

type Next = () => number;
type Says = (truth: number, task: number, next: Next) => number;

interface Plan {
  tasks: number;
  /** Labels a task, all of different workers. */
  each: number;
  options: number;
  /** Share of the first option; the others share the rest. */
  first?: number;
  workers: readonly Says[];
  /** How often a worker labels, against the others. */
  busy?: (worker: number) => number;
}

/** Right so often, else any other label. */
const coin =
  (skill: number, options: number): Says =>
  (truth, _, next) =>
    next() < skill ? truth : (truth + 1 + Math.floor(next() * (options - 1))) % options;

const spammer =
  (options: number): Says =>
  (_, __, next) =>
    Math.floor(next() * options);

/** Right so often per true label, else always the same wrong one. */
const confused =
  (skills: readonly number[]): Says =>
  (truth, _, next) =>
    next() < (skills[truth] as number) ? truth : (truth + 1) % skills.length;

/** Says half of the time what its master says of the task, and what it thinks itself otherwise. */
function copier(master: number, skill: number, options: number): Says {
  return (truth, task, next) => {
    const own = coin(skill, options)(truth, task, next);
    const masters = coin(skill, options)(truth, task, chance(1 + task * 8_191 + master * 131_071));
    return next() < 0.7 ? masters : own;
  };
}

const many = (count: number, one: (at: number, next: Next) => Says, next: Next) =>
  Array.from({ length: count }, (_, at) => one(at, next));

const KINDS: Record<string, (next: Next) => Plan> = {
  'three labels a task': (next) => ({
    tasks: 800,
    each: 3,
    options: 2,
    workers: many(100, () => coin(0.6 + 0.35 * next(), 2), next),
  }),
  'twelve classes': (next) => ({
    tasks: 600,
    each: 5,
    options: 12,
    workers: many(60, () => coin(0.35 + 0.5 * next(), 12), next),
  }),
  'two in five are spammers': (next) => ({
    tasks: 600,
    each: 7,
    options: 4,
    workers: many(50, (at) => (at % 5 < 2 ? spammer(4) : coin(0.55 + 0.3 * next(), 4)), next),
  }),
  'one label is taken for another': (next) => ({
    tasks: 600,
    each: 9,
    options: 3,
    workers: many(40, () => confused([0.9, 0.35 + 0.3 * next(), 0.6 + 0.3 * next()]), next),
  }),
  'five of eleven copy one': (next) => ({
    tasks: 500,
    each: 11,
    options: 2,
    workers: many(11, (at) => (at < 5 ? copier(1, 0.6, 2) : coin(0.62 + 0.15 * next(), 2)), next),
  }),
  'three groups that copy': (next) => ({
    tasks: 500,
    each: 9,
    options: 3,
    workers: many(12, (at) => copier(at % 3, [0.55, 0.6, 0.8][at % 3] as number, 3), next),
  }),
  'most label little': (next) => ({
    tasks: 800,
    each: 5,
    options: 3,
    workers: many(200, () => coin(0.4 + 0.5 * next(), 3), next),
    busy: (worker) => 1 / (1 + worker),
  }),
  'nine of ten are the same': (next) => ({
    tasks: 800,
    each: 5,
    options: 2,
    first: 0.9,
    workers: many(60, () => confused([0.75 + 0.2 * next(), 0.5 + 0.4 * next()]), next),
  }),
  'ten labels a task': (next) => ({
    tasks: 600,
    each: 10,
    options: 4,
    workers: many(60, () => coin(0.35 + 0.35 * next(), 4), next),
  }),
};

export const CROWDS = Object.keys(KINDS);

/** One crowd of a kind. */
export function crowdOf(kind: string, seed: number): Crowd {
  const next = chance(seed);
  const plan = KINDS[kind]?.(next);
  if (plan === undefined) throw new Error(`there is no crowd ${kind}`);
  const { tasks, each, options, workers, first = 1 / options, busy = () => 1 } = plan;
  const [ofTask, ofWorker, ofLabel]: number[][] = [[], [], []];
  const truth = Int32Array.from({ length: tasks }, () => (next() < first ? 0 : 1 + Math.floor(next() * (options - 1))));
  for (const [task, right] of truth.entries()) {
    // Drawn without replacement by weight: the largest of u^(1/w) (Efraimidis & Spirakis 2006).
    const drawn = workers
      .map((says, worker) => ({ says, worker, key: next() ** (1 / busy(worker)) }))
      .sort((a, b) => b.key - a.key)
      .slice(0, each);
    for (const { says, worker } of drawn) {
      ofTask?.push(task);
      ofWorker?.push(worker);
      ofLabel?.push(says(right, task, next));
    }
  }
  const column = (values: number[] = []) => Uint32Array.from(values);
  const table: Table = {
    tasks: column(ofTask),
    workers: column(ofWorker),
    labels: column(ofLabel),
    counts: [tasks, workers.length, options],
  };
  return { table, truth };
}

/** 10,000 tasks with ten labels of four each, by 200 workers of whom the worst are right twice in five. */
export function largeTable(): Table {
  const next = chance(1979);
  const [tasks, each, workers, options] = [10_000, 10, 200, 4];
  const skill = Array.from({ length: workers }, () => 0.4 + 0.4 * next());
  const table = {
    tasks: new Uint32Array(tasks * each),
    workers: new Uint32Array(tasks * each),
    labels: new Uint32Array(tasks * each),
    counts: [tasks, workers, options] as const,
  };
  for (let row = 0; row < tasks * each; row++) {
    const task = Math.floor(row / each);
    const worker = Math.floor(next() * workers);
    const right = next() < (skill[worker] as number);
    table.tasks[row] = task;
    table.workers[row] = worker;
    table.labels[row] = right ? task % options : (task + 1 + Math.floor(next() * (options - 1))) % options;
  }
  return table;
}
