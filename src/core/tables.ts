// Tables of labels and of forecasts: names and files are src/app/tables', columns of indices cross the door as they are.
import type { ForecastsSummary, LabelsSummary, TableMethod } from '#wasm';
import { pure } from './instance.ts';

export type { ForecastsSummary, LabelsSummary, TableMethod } from '#wasm';

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

/** Forecasts as columns: indices below their counts, and probabilities. */
export interface ForecastColumns {
  questions: Uint32Array;
  forecasters: Uint32Array;
  p: Float64Array;
  /** Questions, forecasters. */
  counts: readonly [number, number];
  method: TableMethod;
  /** Per question what came of it, from 0 to 1, NaN where that is not known; empty: nothing is. `log-pool` is fitted to it. */
  outcomes: Float64Array;
}

/** One probability per question, NaN for one without forecasts. */
export function poolForecasts(columns: ForecastColumns): { p: Float64Array; summary: ForecastsSummary } {
  const { questions, forecasters, p, counts, method, outcomes } = columns;
  return pure('poolForecasts', (wasm) => {
    const answers = new wasm.ForecastAnswers(questions, forecasters, p, Uint32Array.from(counts), method, outcomes);
    try {
      return { p: answers.p(), summary: answers.summary() };
    } finally {
      answers.free();
    }
  });
}
