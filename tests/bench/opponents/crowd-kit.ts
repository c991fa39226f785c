// crowd-kit (PyPI, Apache-2.0) on the same crowds, for the bench only: installed into a virtual environment in the temporary
// folder, where Python 3 is; elsewhere the bench says why it is missing. Never in CI.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Crowd } from '../crowds/sets.ts';
import { median } from '../measure.ts';
import type { Table } from './tables.ts';

const VERSION = '1.4.2';
const PLACE = join(tmpdir(), `assent-bench-crowd-kit-${VERSION}`);
const PYTHON = join(PLACE, 'bin', 'python');

/** Tables of lines `task worker label`, apart by empty lines, in; per method and table `task label` lines out. */
const PROGRAM = `
import sys, warnings
warnings.filterwarnings('ignore')
import pandas as pd
from crowdkit.aggregation import MajorityVote, DawidSkene, OneCoinDawidSkene
methods = {'MajorityVote': lambda: MajorityVote(), 'DawidSkene': lambda: DawidSkene(n_iter=100),
           'OneCoinDawidSkene': lambda: OneCoinDawidSkene(n_iter=100)}
for number, text in enumerate(sys.stdin.read().strip().split('\\n\\n')):
    rows = pd.DataFrame([line.split() for line in text.split('\\n')], columns=['task', 'worker', 'label'])
    for name, make in methods.items():
        for task, label in make().fit_predict(rows).items():
            print(name, number, task, label)
`;

/** A table of lines `task worker label` in; ms of each of five runs of `ROUNDS` rounds out, reading apart. */
const TIMED = `
import sys, time, warnings
warnings.filterwarnings('ignore')
import pandas as pd
from crowdkit.aggregation import DawidSkene
rounds = int(sys.argv[1])
rows = pd.DataFrame([line.split() for line in sys.stdin], columns=['task', 'worker', 'label'])
for run in range(5):
    start = time.perf_counter()
    made = DawidSkene(n_iter=rounds, tol=-1).fit(rows)
    print(1000 * (time.perf_counter() - start))
    assert len(made.loss_history_) == rounds, len(made.loss_history_)
`;

let told = false;

function isThere(): boolean {
  if (existsSync(PYTHON)) return true;
  try {
    execFileSync('python3', ['-m', 'venv', PLACE], { stdio: 'ignore' });
    execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', `crowd-kit==${VERSION}`], { stdio: 'ignore' });
    return true;
  } catch {
    if (!told)
      console.error(`bench: crowd-kit ${VERSION} cannot be installed (Python 3 with venv is needed): left out`);
    told = true;
    return false;
  }
}

/** ms of a round of Dawid and Skene over a table, over so many rounds; absent where it cannot be installed. */
export function crowdKitRound(table: Table, rounds: number): number | undefined {
  if (!isThere()) return undefined;
  const options = { input: linesOf(table), encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', TIMED, String(rounds)], options);
  if (status !== 0) throw new Error(stderr.slice(-2_000));
  return median(stdout.trim().split('\n').map(Number)) / rounds;
}

function linesOf({ tasks, workers, labels }: Table): string {
  return [...tasks].map((task, row) => `${task} ${workers[row]} ${labels[row]}`).join('\n');
}

/** Per cent right by method and crowd. It breaks ties itself, so they count whole or not at all. */
export function crowdKit(crowds: readonly Crowd[]): Record<string, number[]> {
  if (!isThere()) return {};
  const text = crowds.map(({ table }) => linesOf(table)).join('\n\n');
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', PROGRAM], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr.slice(-2_000));
  const said = new Map<string, Map<number, number>[]>();
  for (const line of stdout.trim().split('\n')) {
    const [name = '', crowd, task, label] = line.split(' ');
    const tables = said.get(name) ?? crowds.map(() => new Map<number, number>());
    tables[Number(crowd)]?.set(Number(task), Number(label));
    said.set(name, tables);
  }
  const right = (truth: Int32Array, labels: Map<number, number>) => {
    const known = [...truth.entries()].filter(([, label]) => label !== -1);
    return (100 * known.filter(([task, label]) => labels.get(task) === label).length) / known.length;
  };
  return Object.fromEntries(
    [...said].map(([name, tables]) => [
      `crowd-kit ${name}`,
      tables.map((labels, at) => right((crowds[at] as Crowd).truth, labels)),
    ]),
  );
}
