// Answers to tables: a table again on stdout (CSV, or one JSON document), what is to be said about it on stderr. Written
// in pieces, so that a million rows never are one string.
import { csvRecord } from '../../app/tables/csv.ts';
import type { ForecastsResult } from '../../app/tables/forecasts.ts';
import type { LabelsResult } from '../../app/tables/labels.ts';
import type { Io } from '../io.ts';
import { count } from './style.ts';

const PIECE = 10_000;

/** `task,label`; the label of a tie is empty. */
export function writeLabels(io: Io, result: LabelsResult, format: 'text' | 'json'): void {
  const { tasks, labels, probabilities, ...about } = result;
  if (format === 'json') {
    const answer = (at: number) => ({ task: tasks[at], label: labels[at], probability: probabilities[at] });
    writeDocument(io, { version: 1, kind: 'labels', ...about }, tasks.length, answer);
    return;
  }
  io.out('task,label\n');
  writePieces(io, tasks.length, (at) => csvRecord([tasks[at] as string, labels[at] ?? '']));
  const { method, rows, workers, ties, repeated, rounds, converged, truth } = about;
  const size = `${count(tasks.length, 'task')}, ${count(workers, 'worker')}, ${count(rows, 'row')}`;
  io.err(`${method}: ${size}; ${ties === 1 ? '1 tie' : `${ties} ties`}${fitOf(rounds, converged)}\n`);
  const { alpha } = about.agreement;
  io.err(`Krippendorff's alpha ${alpha === null ? 'not defined' : alpha.toFixed(3)}\n`);
  if (repeated > 0) io.err(`Workers label a task again in ${count(repeated, 'row')}; each counts.\n`);
  if (truth === undefined) return;
  const { accuracy, judged, unlabelled } = truth;
  const rest = unlabelled === 0 ? '' : `; ${unlabelled} known without labels`;
  io.err(`accuracy ${accuracy === null ? 'not known' : accuracy.toFixed(4)} of ${count(judged, 'task')}${rest}\n`);
}

function fitOf(rounds: number, converged: boolean): string {
  return rounds === 0 ? '' : `; ${converged ? 'converged after' : 'not converged in'} ${count(rounds, 'round')}`;
}

/** `question,p`. */
export function writeForecasts(io: Io, result: ForecastsResult, format: 'text' | 'json'): void {
  const { questions, p, ...about } = result;
  if (format === 'json') {
    const answer = (at: number) => ({ question: questions[at], p: p[at] });
    writeDocument(io, { version: 1, kind: 'forecasts', ...about }, questions.length, answer);
    return;
  }
  io.out('question,p\n');
  writePieces(io, questions.length, (at) => csvRecord([questions[at] as string, String(p[at])]));
  const { method, rows, forecasters, rounds, converged, fitted, truth } = about;
  const size = `${count(questions.length, 'question')}, ${count(forecasters, 'forecaster')}, ${count(rows, 'row')}`;
  io.err(`${method}: ${size}${fitOf(rounds, converged)}\n`);
  if (fitted !== undefined)
    io.err(`fitted to ${count(fitted.outcomes, 'outcome')}: log-odds times ${fitted.factor.toFixed(3)}\n`);
  if (truth === undefined) return;
  const { brier, judged, unforecast } = truth;
  const rest = unforecast === 0 ? '' : `; ${unforecast} known without forecasts`;
  io.err(`Brier score ${brier === null ? 'not known' : brier.toFixed(4)} of ${count(judged, 'question')}${rest}\n`);
}

/** The document, with the answers as its last field. */
function writeDocument(io: Io, head: object, answers: number, answer: (at: number) => object): void {
  io.out(`${JSON.stringify(head).slice(0, -1)},"answers":[`);
  writePieces(io, answers, (at) => `${at === 0 ? '' : ','}${JSON.stringify(answer(at))}`);
  io.out(']}\n');
}

function writePieces(io: Io, length: number, one: (at: number) => string): void {
  for (let from = 0; from < length; from += PIECE) {
    let piece = '';
    for (let at = from; at < Math.min(length, from + PIECE); at += 1) piece += one(at);
    io.out(piece);
  }
}
