// `assent consensus`.
import type { Method, TableMethod } from '#wasm';
import { aggregate, type ConsensusDocument, METHODS, questionFrom } from '../../app/consensus.ts';
import { aggregateForecasts } from '../../app/tables/forecasts.ts';
import { aggregateLabels, TABLE_METHODS } from '../../app/tables/labels.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { readBytes, readText } from '../input.ts';
import type { ConsensusCommandOptions, Work } from '../options.ts';
import { type Paint, painter, plain, table } from '../render/style.ts';
import { writeForecasts, writeLabels } from '../render/tables.ts';

export const work: Work<ConsensusCommandOptions> = async ({ io, options, operands: [file] }) => {
  const { labels, forecasts, method, format } = options;
  if ([file, labels, forecasts].filter((given) => given !== undefined).length !== 1) {
    throw usage('One of a file of votes, --labels FILE or --forecasts FILE is needed, and only one.');
  }
  const source = (path: string) => ({ name: path === '-' ? 'stdin' : path, chunks: readBytes(path) });
  if (options.outcomes !== undefined && forecasts === undefined) throw usage('--outcomes goes with --forecasts.');
  const truth = options.truth === undefined ? {} : { truth: source(options.truth) };
  if (labels !== undefined) {
    const request = { labels: source(labels), ...truth, method: suited(method ?? 'weighted', TABLE_METHODS, 'labels') };
    writeLabels(io, await aggregateLabels(request), format);
    return 0;
  }
  if (forecasts !== undefined) {
    const how = suited(method ?? 'log-pool', TABLE_METHODS, 'forecasts');
    if (options.outcomes !== undefined && how !== 'log-pool') throw usage('--outcomes goes with --method log-pool.');
    const outcomes = options.outcomes === undefined ? {} : { outcomes: source(options.outcomes) };
    const request = { forecasts: source(forecasts), ...outcomes, ...truth, method: how };
    writeForecasts(io, await aggregateForecasts(request), format);
    return 0;
  }
  if (options.truth !== undefined) throw usage('--truth goes with --labels or --forecasts.');
  const document = aggregate(await questionOf(file ?? '-', options));
  io.out(format === 'json' ? `${JSON.stringify(document)}\n` : consensusText(document, painter(io.colour.out)));
  return 0;
};

/** The question that a file asks, by the method that was asked for. */
export async function questionOf(file: string, { method }: ConsensusCommandOptions): Promise<unknown> {
  if (method !== undefined) suited(method, METHODS, 'votes on one question');
  const given = questionFrom(await readText(file), file);
  return method === undefined ? given : withMethod(given, method);
}

function suited<T extends Method | TableMethod>(method: Method | TableMethod, methods: readonly T[], what: string): T {
  const found = methods.find((one) => one === method);
  if (found !== undefined) return found;
  throw usage(`--method ${method} has no meaning for ${what}; there are ${methods.join(', ')}.`);
}

function usage(message: string): InvalidInput {
  return new InvalidInput('invalid_usage', message, { help: 'See assent consensus --help.' });
}

/** The option counts more than what the file says. */
function withMethod(given: unknown, method: string): unknown {
  if (Array.isArray(given)) return { votes: given, method };
  return typeof given === 'object' && given !== null ? { ...given, method } : given;
}

/** By outcome; a map, because an option may be called like what every object has. */
const UNDECIDED = new Map([
  ['tie', 'A tie: no option is ahead.'],
  ['no_quorum', 'No quorum: too few of the roster have voted.'],
  ['no_votes', 'No valid vote.'],
  ['uncertain', 'Uncertain: what is ahead is not enough ahead.'],
]);

/** The answer for people. */
export function consensusText(document: ConsensusDocument, paint: Paint): string {
  const { outcome, posterior, agreement, nEff, perExpert, dissent, method, veto } = document;
  const undecided = UNDECIDED.get(outcome);
  const decided = veto === undefined ? '' : ` by the veto of ${plain(veto)}`;
  const head =
    undecided === undefined
      ? `${paint('green', plain(outcome))}${decided} ${paint('dim', `(${method})`)}\n`
      : `${paint('yellow', undecided)} ${paint('dim', `(${method})`)}\n`;
  const options = Object.entries(posterior).sort(([, a], [, b]) => b - a);
  const alpha = agreement.alpha === null ? 'not defined' : agreement.alpha.toFixed(2);
  const about = [
    ['Effective votes', nEff.toFixed(2)],
    ['Entropy', `${agreement.entropyBits.toFixed(2)} bits`],
    ["Krippendorff's alpha", alpha],
  ];
  const experts = perExpert.map(({ expert, reliability, weightUsed, contribution }) => [
    plain(expert),
    reliability === null ? '-' : reliability.toFixed(2),
    share(weightUsed),
    `${contribution < 0 ? '-' : '+'}${Math.abs(contribution).toFixed(3)}`,
    dissent.includes(expert) ? paint('yellow', 'dissents') : '',
  ]);
  const columns = ['Expert', 'Reliability', 'Weight', 'Contribution', ''].map((name) => paint('bold', name));
  return [
    head,
    table(options.map(([option, p]) => [plain(option), share(p)])),
    table(about),
    table([columns, ...experts]),
  ].join('\n');
}

function share(p: number): string {
  return `${(100 * p).toFixed(1)} %`;
}
