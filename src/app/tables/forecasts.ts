// `consensus --forecasts`: a table of `question,forecaster,p` to one probability per question.
import type { TableMethod } from '#wasm';
import { poolForecasts } from '../../core/tables.ts';
import { type Place, readTable, type TableSource, wrongRow } from './csv.ts';
import { indices, MOST_NAMES, Names, numbers, replaced } from './names.ts';

/** One probability per question, as columns. */
export interface ForecastsResult {
  method: TableMethod;
  /** Sorted by code unit. */
  questions: string[];
  p: Float64Array;
  rows: number;
  forecasters: number;
  /** Of expectation maximisation; 0 for methods without. */
  rounds: number;
  converged: boolean;
  /** Share of errors that forecasters seem to have in common, in [0, 1]: the less, the more log-odds are extremised. */
  shared: number;
  /** How known outcomes corrected the extremising of `log-pool`. */
  fitted?: {
    factor: number;
    /** Questions that have forecasts and a known outcome. */
    outcomes: number;
  };
  truth?: {
    /** Mean of (p − outcome)² over the judged; null: none judged. */
    brier: number | null;
    /** Questions that have forecasts and a known outcome, and that nothing was fitted to. */
    judged: number;
    /** Questions with a known outcome of which nobody has a forecast. */
    unforecast: number;
  };
}

export interface ForecastsRequest {
  forecasts: TableSource;
  /** What came of some of the questions: `log-pool` is fitted to it. */
  outcomes?: TableSource | undefined;
  truth?: TableSource;
  method: TableMethod;
}

/** Aggregates. Rejects with InvalidInput: `invalid_table` with file and place, `file_empty`. */
export async function aggregateForecasts(request: ForecastsRequest): Promise<ForecastsResult> {
  const { forecasts, outcomes, truth, method } = request;
  const questions = new Names();
  const forecasters = new Names();
  const [of, who, p] = [indices(), indices(), numbers()];
  const seen = new Set<number>();
  await readTable(
    forecasts,
    [['question'], ['forecaster'], ['p']],
    ([question = '', forecaster = '', text = ''], line, at) => {
      if (question === '') throw wrongRow(forecasts.name, at(0), 'the question is empty');
      if (forecaster === '') throw wrongRow(forecasts.name, at(1), 'the forecaster is empty');
      const index = questions.index(question);
      const by = forecasters.index(forecaster);
      const pair = index * MOST_NAMES + by;
      if (seen.has(pair)) {
        const who = `${JSON.stringify(forecaster)} forecasts ${JSON.stringify(question)}`;
        throw wrongRow(forecasts.name, line, `${who} twice`);
      }
      seen.add(pair);
      of.push(index);
      who.push(by);
      p.push(probability(forecasts.name, () => at(2), 'p', text));
    },
  );
  const [sorted, people] = [questions.sorted(), forecasters.sorted()];
  const known = outcomes === undefined ? undefined : await readOutcomes(outcomes, sorted.names);
  const { p: pooled, summary } = poolForecasts({
    questions: replaced(of, sorted.places),
    forecasters: replaced(who, people.places),
    p: p.values(),
    counts: [sorted.names.length, people.names.length],
    method,
    outcomes: known?.outcomes ?? new Float64Array(0),
  });
  const { rounds, converged, shared, fitted } = summary;
  const fit = known === undefined ? {} : { fitted: { factor: fitted, outcomes: known.count } };
  const judged = truth === undefined ? {} : { truth: judge(await readOutcomes(truth, sorted.names), known, pooled) };
  return {
    method,
    questions: sorted.names,
    p: pooled,
    rows: of.values().length,
    forecasters: people.names.length,
    rounds,
    converged,
    shared,
    ...fit,
    ...judged,
  };
}

interface Outcomes {
  /** Per question; NaN where it is not known. */
  outcomes: Float64Array;
  count: number;
  /** Outcomes of questions that nobody has forecast. */
  unforecast: number;
}

async function readOutcomes(source: TableSource, questions: readonly string[]): Promise<Outcomes> {
  const places = new Map(questions.map((question, at) => [question, at]));
  const outcomes = new Float64Array(questions.length).fill(Number.NaN);
  const seen = new Set<string>();
  let unforecast = 0;
  await readTable(source, [['question'], ['outcome', 'truth', 'label']], ([question = '', text = ''], line, place) => {
    if (question === '') throw wrongRow(source.name, place(0), 'the question is empty');
    if (seen.has(question)) throw wrongRow(source.name, line, `question ${JSON.stringify(question)} is there twice`);
    seen.add(question);
    const outcome = probability(source.name, () => place(1), 'the outcome', text);
    const at = places.get(question);
    if (at === undefined) unforecast += 1;
    else outcomes[at] = outcome;
  });
  return { outcomes, count: seen.size - unforecast, unforecast };
}

/** In the order of questions, so that the sum does not depend on that of rows. */
function judge({ outcomes, unforecast }: Outcomes, fitted: Outcomes | undefined, p: Float64Array) {
  let [sum, judged] = [0, 0];
  for (const [at, outcome] of outcomes.entries()) {
    const used = fitted !== undefined && !Number.isNaN(fitted.outcomes[at] as number);
    if (Number.isNaN(outcome) || used) continue;
    sum += ((p[at] as number) - outcome) ** 2;
    judged += 1;
  }
  return { brier: judged === 0 ? null : sum / judged, judged, unforecast };
}

const NUMBER = /^\d*\.?\d+(?:[eE][+-]?\d+)?$|^\d+\.$/;

function probability(name: string, at: () => Place, what: string, text: string): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw wrongRow(name, at(), `${what} is ${JSON.stringify(text)}, not a number from 0 to 1`);
}
