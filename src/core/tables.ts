// Tables of labels and of forecasts: names and files are src/app/tables', columns of indices cross the door as they are.
import type { LabelsSummary, TableMethod } from '#wasm';
import { pure } from './instance.ts';

export type { LabelsSummary, TableMethod } from '#wasm';

/** Labels as columns of indices, each below its count. */
export interface LabelColumns {
  tasks: Uint32Array;
  workers: Uint32Array;
  labels: Uint32Array;
  /** Tasks, workers, labels. */
  counts: readonly [number, number, number];
  method: TableMethod;
  /** Per task the index of its true label, −1 unknown, −2 one that nobody gave; empty: nothing is known. */
  truth: Int32Array;
}

export type LabelAnswer =
  | { type: 'answered'; winners: Int32Array; probabilities: Float64Array; summary: LabelsSummary }
  | { type: 'refused'; message: string };

/** One label per task; −1: a tie. Refused where the table is too large for the method. */
export function answerLabels({ tasks, workers, labels, counts, method, truth }: LabelColumns): LabelAnswer {
  return pure('answerLabels', (wasm): LabelAnswer => {
    const answers = new wasm.LabelAnswers(tasks, workers, labels, Uint32Array.from(counts), method, truth);
    try {
      const message = answers.refused();
      if (message !== undefined) return { type: 'refused', message };
      return {
        type: 'answered',
        winners: answers.winners(),
        probabilities: answers.probabilities(),
        summary: answers.summary(),
      };
    } finally {
      answers.free();
    }
  });
}

/** Forecasts as columns: indices of questions below `count`, and probabilities. */
export interface ForecastColumns {
  questions: Uint32Array;
  p: Float64Array;
  count: number;
  method: TableMethod;
}

/** One probability per question. */
export function poolForecasts({ questions, p, count, method }: ForecastColumns): Float64Array {
  return pure('poolForecasts', (wasm) => wasm.poolForecasts(questions, p, count, method));
}
