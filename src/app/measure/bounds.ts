// Upper bounds of the buckets that a distribution is exposed with, as histograms: fixed by the name, so that series of
// different places and versions add up.

// From an answer of the cloud to the slowest resource, a database cluster.
const MS = [10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000];
const RATIO = [0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 4];
// From a core that is warm to one that has just been loaded.
const US = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000];
// From the time until a plan is deployed to a week of nights and weekends.
const DAYS = [60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000, 259_200_000, 604_800_000];
const OTHER = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** Rising, in the unit of the name. */
export function boundsOf(name: string): readonly number[] {
  if (name === 'lead_time_ms' || name === 'restore_time_ms') return DAYS;
  if (name.endsWith('_ms')) return MS;
  if (name.endsWith('_us')) return US;
  return name.endsWith('_ratio') ? RATIO : OTHER;
}
