// What was measured, by its source, so that nothing counts twice.
import type { Measured } from '../../domain/metrics.ts';
import type { Page, PageOf } from './page.ts';

/** Measurements of many sources; readers merge them. */
export interface Measures {
  /** Replaces what is kept of a run: put again after a crash, it counts once. */
  put(source: string, measured: readonly Measured[]): Promise<void>;
  /** Merges into what processes have measured, all or none. Rejects with `invalid_metric` where a series is of another kind. */
  add(measured: readonly Measured[]): Promise<void>;
  /** Everything, in parts; a series may stand in several. */
  list(page?: PageOf): Promise<Page<Measured>>;
  /** What is kept of runs, newest run first; a run that was interrupted may stand there several times, side by side. */
  runs(page?: PageOf): Promise<Page<MeasuredRun>>;
}

/** What one source, `RUN` or `RUN/…`, has put. */
export interface MeasuredRun {
  runId: string;
  measured: readonly Measured[];
}
