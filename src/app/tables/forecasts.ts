// `consensus --forecasts`: a table of `question,forecaster,p` to one probability per question.
import type { TableMethod } from '#wasm';
import { poolForecasts } from '../../core/tables.ts';
import { readTable, type TableSource, wrongRow } from './csv.ts';
import { indices, MOST_NAMES, Names, numbers, replaced } from './names.ts';

/** Dawid-Skene is not among them: it learns who confuses which labels, and a probability is no label. */
export const FORECAST_METHODS: readonly TableMethod[] = ['majority', 'weighted', 'bayesian', 'log-pool'];

/** One probability per question, as columns. */
export interface ForecastsResult {
  method: TableMethod;
  /** Sorted by code unit. */
  questions: string[];
  p: Float64Array;
  rows: number;
  forecasters: number;
  truth?: {
    /** Mean of (p − outcome)² over the judged; null: none judged. */
    brier: number | null;
    /** Questions that have forecasts and a known outcome. */
    judged: number;
    /** Questions with a known outcome of which nobody has a forecast. */
    unforecast: number;
  };
}

export interface ForecastsRequest {
  forecasts: TableSource;
  truth?: TableSource;
  method: TableMethod;
}

/** Aggregates. Rejects with InvalidInput: `invalid_table` with file and line, `file_empty`. */
export async function aggregateForecasts({ forecasts, truth, method }: ForecastsRequest): Promise<ForecastsResult> {
  const questions = new Names();
  const forecasters = new Names();
  const [of, p] = [indices(), numbers()];
  const seen = new Set<number>();
  await readTable(
    forecasts,
    [['question'], ['forecaster'], ['p']],
    ([question = '', forecaster = '', text = ''], line) => {
      if (question === '') throw wrongRow(forecasts.name, line, 'the question is empty');
      if (forecaster === '') throw wrongRow(forecasts.name, line, 'the forecaster is empty');
      const index = questions.index(question);
      const pair = index * MOST_NAMES + forecasters.index(forecaster);
      if (seen.has(pair)) {
        const who = `${JSON.stringify(forecaster)} forecasts ${JSON.stringify(question)}`;
        throw wrongRow(forecasts.name, line, `${who} twice`);
      }
      seen.add(pair);
      of.push(index);
      p.push(probability(forecasts.name, line, 'p', text));
    },
  );
  const sorted = questions.sorted();
  const pooled = poolForecasts({
    questions: replaced(of, sorted.places),
    p: p.values(),
    count: sorted.names.length,
    method,
  });
  return {
    method,
    questions: sorted.names,
    p: pooled,
    rows: of.values().length,
    forecasters: forecasters.size,
    ...(truth === undefined ? {} : { truth: await judge(truth, sorted.names, pooled) }),
  };
}

async function judge(source: TableSource, questions: readonly string[], p: Float64Array) {
  const places = new Map(questions.map((question, at) => [question, at]));
  const outcomes = new Float64Array(questions.length).fill(Number.NaN);
  const seen = new Set<string>();
  let unforecast = 0;
  await readTable(source, [['question'], ['outcome', 'truth', 'label']], ([question = '', text = ''], line) => {
    if (question === '') throw wrongRow(source.name, line, 'the question is empty');
    if (seen.has(question)) throw wrongRow(source.name, line, `question ${JSON.stringify(question)} is there twice`);
    seen.add(question);
    const outcome = probability(source.name, line, 'the outcome', text);
    const at = places.get(question);
    if (at === undefined) unforecast += 1;
    else outcomes[at] = outcome;
  });
  // In the order of questions, so that the sum does not depend on that of rows.
  let [sum, judged] = [0, 0];
  for (const [at, outcome] of outcomes.entries()) {
    if (Number.isNaN(outcome)) continue;
    sum += ((p[at] as number) - outcome) ** 2;
    judged += 1;
  }
  return { brier: judged === 0 ? null : sum / judged, judged, unforecast };
}

const NUMBER = /^\d*\.?\d+(?:[eE][+-]?\d+)?$|^\d+\.$/;

function probability(name: string, line: number, what: string, text: string): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw wrongRow(name, line, `${what} is ${JSON.stringify(text)}, not a number from 0 to 1`);
}
