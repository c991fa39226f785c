// `assent metrics`.

import { openMetrics } from '../../app/measure/openmetrics.ts';
import { type MetricsDocument, metrics } from '../../app/metrics.ts';
import { openLocal } from '../../edge/session.ts';
import type { Io } from '../io.ts';
import type { MetricsCommandOptions, Work } from '../options.ts';
import { duration, type Paint, painter, plain, table } from '../render/style.ts';

export const work: Work<MetricsCommandOptions> = async ({ io, options }) => {
  const local = await openLocal(options.state);
  try {
    printMetrics(io, await metrics(local), options.format);
    return 0;
  } finally {
    await local.close();
  }
};

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
