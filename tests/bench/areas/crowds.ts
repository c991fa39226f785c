// How right the answers to tables of labels are: the product's methods, models that were tried beside them and, where Python
// is, crowd-kit, on made-up crowds (crowds/sets.ts) and on real ones where a folder of them is given:
//
//   ASSENT_CROWDS=FOLDER npm run bench -- crowds     FOLDER/<set>/answer.csv, truth.csv: question,worker,answer and question,truth
//
// The prior of `bayesian` was chosen on the first five seeds and on four real sets. Targets: `dawid-skene` is no less often
// right than Dawid & Skene as others have them, and `bayesian`, drawn to each worker's own share of right labels, than any
// model that was tried; each on the mean.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerLabels, type TableMethod } from '../../../src/core/tables.ts';
import { accuracy, ibcc, oneCoin, type Posterior, pairwise, published } from '../crowds/models.ts';
import { CROWDS, type Crowd, crowdOf, largeTable } from '../crowds/sets.ts';
import { type Row, time } from '../measure.ts';
import { crowdKit, crowdKitRound } from '../opponents/crowd-kit.ts';
import type { Table } from '../opponents/tables.ts';

const SEEDS = [1_000, 1_001, 1_002, 1_003, 1_004, 1_005, 1_006, 1_007, 1_008, 1_009];
const METHODS: readonly TableMethod[] = ['majority', 'weighted', 'log-pool', 'bayesian', 'dawid-skene'];
const TRIED: Record<string, (table: Table) => Posterior> = {
  'Dawid-Skene, 0.01 on every count': published,
  IBCC: ibcc,
  'one-coin': oneCoin,
  'pairwise dependence': pairwise,
};

/** Per cent right by the core, a tie by its share. */
function byCore({ table, truth }: Crowd, method: TableMethod): number {
  const answer = answerLabels({ ...table, method, truth });
  if (answer.type !== 'answered') throw new Error(answer.message);
  return (100 * answer.summary.right) / answer.summary.judged;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sets by name, each with its crowds. */
type Sets = Map<string, Crowd[]>;

function rowsFor(what: string, sets: Sets): Row[] {
  const scores = new Map<string, number[]>();
  const rows: Row[] = [];
  const row = (set: string, method: string, value: number, runs: number, target?: Row['target']) =>
    rows.push({
      area: 'crowds',
      what: `${what}, ${set}, ${method}`,
      value,
      unit: '% right',
      runs,
      ...(target === undefined ? {} : { target }),
    });
  for (const [set, crowds] of sets) {
    const theirs = crowdKit(crowds);
    const of: [string, number[]][] = [
      ...METHODS.map((method): [string, number[]] => [method, crowds.map((crowd) => byCore(crowd, method))]),
      ...Object.entries(TRIED).map(([name, model]): [string, number[]] => [
        name,
        crowds.map(({ table, truth }) => accuracy(model(table), table.counts[2], truth)),
      ]),
      ...Object.entries(theirs),
    ];
    for (const [method, values] of of) {
      row(set, method, mean(values), crowds.length);
      scores.set(method, [...(scores.get(method) ?? []), mean(values)]);
    }
  }
  const all = new Map([...scores].map(([method, values]) => [method, mean(values)]));
  const others = [...Object.keys(TRIED), ...[...all.keys()].filter((name) => name.startsWith('crowd-kit'))];
  const best = Math.max(...others.map((name) => all.get(name) as number));
  const targets: Record<string, Row['target']> = {
    'dawid-skene': { atLeast: all.get('Dawid-Skene, 0.01 on every count') as number },
    bayesian: { atLeast: best },
  };
  for (const [method, value] of all) row('mean of all sets', method, value, sets.size, targets[method]);
  return rows;
}

/** `question,worker,answer` with `question,truth` beside it, in folders by name. */
function realSets(folder: string): Sets {
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','));
  const sets: Sets = new Map();
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() || entry.isSymbolicLink(),
  )) {
    const labels = lines(join(folder, name, 'answer.csv'));
    const known = new Map(lines(join(folder, name, 'truth.csv')).map(([task = '', label = '']) => [task, label]));
    const named = [0, 1, 2].map((at) => [...new Set(labels.map((line) => line[at] as string))].sort());
    const column = (at: number) => {
      const places = new Map(named[at]?.map((one, place) => [one, place]));
      return Uint32Array.from(labels, (line) => places.get(line[at] as string) as number);
    };
    const [tasks = [], workers = [], options = []] = named;
    const truth = Int32Array.from(tasks, (task) => {
      const label = known.get(task);
      // One that nobody gave is known, and missed by all.
      return label === undefined ? -1 : options.includes(label) ? options.indexOf(label) : -2;
    });
    const counts = [tasks.length, workers.length, options.length] as const;
    sets.set(name, [{ table: { tasks: column(0), workers: column(1), labels: column(2), counts }, truth }]);
  }
  return sets;
}

/** How long a round takes beside crowd-kit, which reads its table apart, as the core's is in columns already. */
function rounds(): Row[] {
  const table = largeTable();
  const call = { ...table, method: 'dawid-skene', truth: new Int32Array(0) } as const;
  const answer = answerLabels(call);
  if (answer.type !== 'answered') throw new Error(answer.message);
  const { rounds = 1 } = answer.summary;
  const { median, runs } = time(() => answerLabels(call));
  const what = '100,000 labels, 4 classes, Dawid-Skene';
  const row = (name: string, value: number, unit: string): Row => {
    return { area: 'crowds', what: `${what}, ${name}`, value, unit, runs };
  };
  const theirs = crowdKitRound(table, rounds);
  const ours = median / rounds;
  const rows = [row('a round, wasm', ours, 'ms')];
  if (theirs === undefined) return rows;
  return [...rows, row('a round, crowd-kit', theirs, 'ms'), row('crowd-kit / wasm', theirs / ours, 'x')];
}

export function run(): Row[] {
  const made: Sets = new Map(CROWDS.map((kind) => [kind, SEEDS.map((seed) => crowdOf(kind, seed))]));
  const folder = process.env['ASSENT_CROWDS'];
  const real = folder === undefined ? [] : rowsFor('real', realSets(folder));
  return [...rounds(), ...rowsFor('made-up', made), ...real];
}
