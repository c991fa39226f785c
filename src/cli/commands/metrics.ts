// `assent metrics`.
import { type ComparedDocument, type ComparisonDocument, compare } from '../../app/compare.ts';
import { BEFORE_RUNS, LEAST_COUNT, LEAST_RUNS, RECENT_RUNS } from '../../app/measure/growth.ts';
import { openMetrics } from '../../app/measure/openmetrics.ts';
import { type MetricsDocument, metrics } from '../../app/metrics.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { openLocal } from '../../edge/session.ts';
import type { Io } from '../io.ts';
import type { MetricsCommandOptions, Work } from '../options.ts';
import { duration, type Paint, painter, plain, table } from '../render/style.ts';

export const work: Work<MetricsCommandOptions> = async ({ io, options }) => {
  checkFormat(options);
  const local = await openLocal(options.state);
  try {
    if (options.compare === true) printComparison(io, await compare(local), options.format);
    else printMetrics(io, await metrics(local), options.format);
    return 0;
  } finally {
    await local.close();
  }
};

/** Throws InvalidInput where a comparison is asked for as an exposition, which is of values only. */
export function checkFormat({ compare, format }: MetricsCommandOptions): void {
  if (compare !== true || format !== 'openmetrics') return;
  throw new InvalidInput('invalid_usage', '--compare is a report, and --format openmetrics is of values only.', {
    help: 'Use --format text or --format json.',
  });
}

export function printComparison(io: Io, document: ComparisonDocument, format: MetricsCommandOptions['format']): void {
  if (format === 'json') io.out(`${JSON.stringify(document)}\n`);
  else io.out(comparisonText(document, painter(io.colour.out)));
}

function comparisonText({ series, grown }: ComparisonDocument, paint: Paint): string {
  const told = series.filter(({ verdict }) => verdict !== 'too_few').length;
  const few = series.length - told;
  const needs =
    `It takes ${3 * LEAST_RUNS} runs with the operation: ${LEAST_COUNT} operations in the newest third ` +
    `(at most ${RECENT_RUNS} runs), ${2 * LEAST_COUNT} in those before (at most ${BEFORE_RUNS}).`;
  const rest = few === 0 ? '' : ` Of ${few} more nothing can be told yet. ${needs}`;
  if (told === 0) return `Nothing can be compared yet. ${needs}\n`;
  if (grown === 0) return `The p95 of none of ${told} has grown.${rest}\n`;
  const head = ['Grown p95', 'Before', 'Recent', 'Ratio', 'Runs', 'By chance'].map((one) => paint('bold', one));
  const rows = series.filter(({ verdict }) => verdict === 'grown').map((one) => comparedRow(one, paint));
  return `${table([head, ...rows], '')}\nThe p95 of ${grown} of ${told} has grown.${rest}\n`;
}

function comparedRow({ labels, recent, before, ratio, pValue }: ComparedDocument, paint: Paint): string[] {
  const { operation = '', type = '', endpoint = '' } = labels;
  return [
    `${plain(operation)} ${plain(type)} ${paint('dim', plain(endpoint))}`,
    duration(before.p95Ms),
    duration(recent.p95Ms),
    `${(ratio ?? 0).toFixed(2)}x`,
    `${before.runs} -> ${recent.runs}`,
    `< ${Number((pValue ?? 1).toPrecision(1))}`,
  ];
}

export function printMetrics(io: Io, document: MetricsDocument, format: MetricsCommandOptions['format']): void {
  if (format === 'json') io.out(`${JSON.stringify(document)}\n`);
  else if (format === 'openmetrics') io.out(openMetrics(document));
  else if (document.series.length === 0) io.err('Nothing has been measured yet. A deployment changes that.\n');
  else io.out(metricsText(document, painter(io.colour.out)));
}

function metricsText({ series }: MetricsDocument, paint: Paint): string {
  const distributions = [['Measured', 'Count', 'p50', 'p90', 'p99', 'Max'].map((head) => paint('bold', head))];
  const totals: string[][] = [];
  for (const one of series) {
    const labels = Object.values(one.labels).map(plain).join(' ');
    const name = `${one.name.replace(/_ms$/, '')}${labels === '' ? '' : ` ${paint('dim', labels)}`}`;
    const shown = (value: number) =>
      one.name.endsWith('_ms') ? duration(value) : String(Number(value.toPrecision(3)));
    if (one.kind !== 'distribution') totals.push([name, shown(one.value)]);
    else distributions.push([name, String(one.count), ...[one.p50, one.p90, one.p99, one.max].map(shown)]);
  }
  const parts = [distributions, totals].filter((rows, at) => rows.length > (at === 0 ? 1 : 0));
  return parts.map((rows) => table(rows, '')).join('\n');
}
