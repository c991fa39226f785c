// The core's Dawid-Skene in plain TypeScript over typed arrays, written only to be measured against: the same model, the
// same start and end (wasm-core/src/consensus/tables/skene.rs), with a whole confusion matrix per worker.

export interface Table {
  tasks: Uint32Array;
  workers: Uint32Array;
  labels: Uint32Array;
  counts: readonly [number, number, number];
}

const GRID = 2 ** 40;
const PRIOR = 0.5;
const SMOOTHING = 0.01;
const TOLERANCE = 1e-6;
const MOST_ROUNDS = 300;

/** Posterior per task and option, and the rounds it took. */
export function dawidSkene({ tasks, workers, labels, counts }: Table): { posterior: Float64Array; rounds: number } {
  const [taskCount, workerCount, options] = counts;
  const rows = tasks.length;
  // Grouped by task, so that a task's posterior stays where it is near.
  const starts = new Uint32Array(taskCount + 1);
  for (let row = 0; row < rows; row++) {
    const after = (tasks[row] as number) + 1;
    starts[after] = (starts[after] as number) + 1;
  }
  for (let task = 0; task < taskCount; task++)
    starts[task + 1] = (starts[task + 1] as number) + (starts[task] as number);
  const free = starts.slice();
  const at = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const task = tasks[row] as number;
    const place = free[task] as number;
    free[task] = place + 1;
    at[place] = ((workers[row] as number) * options + (labels[row] as number)) * options;
  }
  const posterior = new Float64Array(taskCount * options);
  const confusion = new Float64Array(workerCount * options * options);
  const logs = new Float64Array(confusion.length);
  const pooled = new Float64Array(options * options);
  const shares = new Float64Array(options);
  const logShares = new Float64Array(options);
  const now = new Float64Array(options);
  for (let task = 0; task < taskCount; task++) {
    const [from, to] = [starts[task] as number, starts[task + 1] as number];
    for (let row = from; row < to; row++) {
      const label = ((at[row] as number) / options) % options;
      const cell = task * options + label;
      posterior[cell] = (posterior[cell] as number) + 1 / (to - from);
    }
    for (let row = from; row < to; row++) {
      const cell = at[row] as number;
      for (let k = 0; k < options; k++) {
        confusion[cell + k] = (confusion[cell + k] as number) + (posterior[task * options + k] as number);
      }
    }
    for (let k = 0; k < options; k++) shares[k] = (shares[k] as number) + (posterior[task * options + k] as number);
  }
  for (let rounds = 1; ; rounds++) {
    for (let k = 0; k < options; k++) {
      logShares[k] = Math.log(((shares[k] as number) + SMOOTHING) / (taskCount + SMOOTHING * options));
    }
    pooled.fill(SMOOTHING);
    for (let cell = 0; cell < confusion.length; cell++) {
      const own = cell % pooled.length;
      pooled[own] = (pooled[own] as number) + (confusion[cell] as number);
    }
    for (let k = 0; k < options; k++) {
      let total = 0;
      for (let label = 0; label < options; label++) total += pooled[label * options + k] as number;
      for (let label = 0; label < options; label++) {
        const cell = label * options + k;
        pooled[cell] = (pooled[cell] as number) / total;
      }
    }
    for (let worker = 0; worker < workerCount; worker++) {
      const base = worker * options * options;
      for (let k = 0; k < options; k++) {
        let total = PRIOR;
        for (let label = 0; label < options; label++) total += confusion[base + label * options + k] as number;
        for (let label = 0; label < options; label++) {
          const cell = base + label * options + k;
          const mean = pooled[label * options + k] as number;
          logs[cell] = Math.log(((confusion[cell] as number) + PRIOR * mean) / total);
        }
      }
    }
    confusion.fill(0);
    shares.fill(0);
    let most = 0;
    for (let task = 0; task < taskCount; task++) {
      const [from, to] = [starts[task] as number, starts[task + 1] as number];
      now.set(logShares);
      for (let row = from; row < to; row++) {
        const cell = at[row] as number;
        for (let k = 0; k < options; k++) now[k] = (now[k] as number) + (logs[cell + k] as number);
      }
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < options; k++) top = Math.max(top, now[k] as number);
      let sum = 0;
      for (let k = 0; k < options; k++) {
        now[k] = Math.exp((now[k] as number) - top);
        sum += now[k] as number;
      }
      for (let k = 0; k < options; k++) {
        now[k] = Math.round(((now[k] as number) / sum) * GRID) / GRID;
        const cell = task * options + k;
        most = Math.max(most, Math.abs((now[k] as number) - (posterior[cell] as number)));
        posterior[cell] = now[k] as number;
        shares[k] = (shares[k] as number) + (now[k] as number);
      }
      for (let row = from; row < to; row++) {
        const cell = at[row] as number;
        for (let k = 0; k < options; k++) confusion[cell + k] = (confusion[cell + k] as number) + (now[k] as number);
      }
    }
    if (most <= TOLERANCE || rounds === MOST_ROUNDS) return { posterior, rounds };
  }
}
