// `consensus --labels`: a table of `task,worker,label` to one label per task, or none where it is a tie.
//
// A worker may label a task more than once, as the first anaesthetist of Dawid & Skene (1979) does: each label counts,
// and the document says how many there were.
import type { TableMethod } from '#wasm';
import { answerLabels } from '../../core/tables.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { readTable, type TableSource, wrongRow } from './csv.ts';
import { indices, Names, replaced } from './names.ts';

/** What a table of labels, or of forecasts, may be answered by. */
export const TABLE_METHODS: readonly TableMethod[] = ['majority', 'weighted', 'bayesian', 'log-pool', 'dawid-skene'];

/** Against known labels. */
export interface Judged {
  /** Right ones among those judged; a tie of n labels with the true one among them is right by 1/n. Null: none judged. */
  accuracy: number | null;
  /** Tasks that have labels and a known one. */
  judged: number;
  /** Tasks with a known label that nobody labelled. */
  unlabelled: number;
}

/** One label per task, as columns. */
export interface LabelsResult {
  method: TableMethod;
  /** Sorted by code unit. */
  tasks: string[];
  /** Null: a tie. */
  labels: (string | null)[];
  /** Of the label; in a tie of each of the best ones. */
  probabilities: Float64Array;
  rows: number;
  workers: number;
  ties: number;
  /** Rows in which a worker labels a task again. */
  repeated: number;
  /** Of expectation maximisation; 0 for methods without. */
  rounds: number;
  converged: boolean;
  agreement: {
    /** Krippendorff's alpha, nominal, of the labels as they were given; null where no disagreement is possible. */
    alpha: number | null;
  };
  truth?: Judged;
}

export interface LabelsRequest {
  labels: TableSource;
  truth?: TableSource;
  method: TableMethod;
}

const LABEL_COLUMNS = ['task', 'worker', 'label'];

/** Aggregates. Rejects with InvalidInput: `invalid_table` with file and place, `file_empty`, `table_too_large`. */
export async function aggregateLabels({ labels: source, truth, method }: LabelsRequest): Promise<LabelsResult> {
  const names = [new Names(), new Names(), new Names()] as const;
  const columns = [indices(), indices(), indices()] as const;
  await readTable(
    source,
    LABEL_COLUMNS.map((column) => [column]),
    (values, _, place) => {
      for (let at = 0; at < 3; at += 1) {
        const value = values[at] as string;
        if (value === '') throw wrongRow(source.name, place(at), `the ${LABEL_COLUMNS[at]} is empty`);
        (columns[at] as (typeof columns)[0]).push((names[at] as Names).index(value));
      }
    },
  );
  const [tasks, workers, labels] = [names[0].sorted(), names[1].sorted(), names[2].sorted()];
  const known = truth === undefined ? undefined : await readTruth(truth, tasks.names, labels.names);
  const answer = answerLabels({
    tasks: replaced(columns[0], tasks.places),
    workers: replaced(columns[1], workers.places),
    labels: replaced(columns[2], labels.places),
    counts: [tasks.names.length, workers.names.length, labels.names.length],
    method,
    truth: known?.labels ?? new Int32Array(0),
  });
  if (answer.type === 'refused') throw new InvalidInput('table_too_large', `${source.name}: ${answer.message}.`);
  const { winners, probabilities, summary } = answer;
  const { ties, repeated, rounds, converged, alpha, judged, right } = summary;
  return {
    method,
    tasks: tasks.names,
    labels: Array.from(winners, (winner) => labels.names[winner] ?? null),
    probabilities,
    rows: columns[0].values().length,
    workers: workers.names.length,
    ties,
    repeated,
    rounds,
    converged,
    agreement: { alpha: alpha ?? null },
    ...(known === undefined
      ? {}
      : { truth: { accuracy: judged === 0 ? null : right / judged, judged, unlabelled: known.unlabelled } }),
  };
}

/** Per task the index of its true label; −1 unknown, −2 one that nobody gave. */
async function readTruth(source: TableSource, tasks: readonly string[], labels: readonly string[]) {
  const places = new Map(tasks.map((task, at) => [task, at]));
  const indices = new Map(labels.map((label, at) => [label, at]));
  const known = new Int32Array(tasks.length).fill(-1);
  const seen = new Set<string>();
  let unlabelled = 0;
  await readTable(source, [['task'], ['label', 'truth']], ([task = '', label = ''], line, place) => {
    if (task === '') throw wrongRow(source.name, place(0), 'the task is empty');
    if (label === '') throw wrongRow(source.name, place(1), 'the label is empty');
    if (seen.has(task)) throw wrongRow(source.name, line, `task ${JSON.stringify(task)} is there twice`);
    seen.add(task);
    const at = places.get(task);
    if (at === undefined) unlabelled += 1;
    else known[at] = indices.get(label) ?? -2;
  });
  return { labels: known, unlabelled };
}
