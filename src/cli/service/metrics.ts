// `assent metrics --service`.
import type { ComparisonDocument } from '../../app/compare.ts';
import type { MetricsDocument } from '../../app/metrics.ts';
import { checkFormat, printComparison, printMetrics } from '../commands/metrics.ts';
import type { MetricsCommandOptions, Work } from '../options.ts';
import { fetched } from './remote.ts';

export const work: Work<MetricsCommandOptions> = async ({ io, options }) => {
  checkFormat(options);
  if (options.compare === true) {
    const document = await fetched<ComparisonDocument>(io, options, '/metrics', { compare: 'true' });
    printComparison(io, document, options.format);
  } else printMetrics(io, await fetched<MetricsDocument>(io, options, '/metrics'), options.format);
  return 0;
};
