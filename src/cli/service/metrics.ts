// `assent metrics --service`.
import type { MetricsDocument } from '../../app/metrics.ts';
import { printMetrics } from '../commands/metrics.ts';
import type { MetricsCommandOptions, Work } from '../options.ts';
import { fetched } from './remote.ts';

export const work: Work<MetricsCommandOptions> = async ({ io, options }) => {
  printMetrics(io, await fetched<MetricsDocument>(io, options, '/metrics'), options.format);
  return 0;
};
