// Cold starts: how many processes of a function were started, and how long loading its code took.

import { systemClock } from '../../adapters/embedded/clock.ts';
import { Monitor } from '../../app/measure/monitor.ts';
import type { Measured } from '../../domain/metrics.ts';
import { emf } from './emf.ts';

// Evaluated with the function's code, before its first event.
const LOADED_MS = performance.now();

let isTold = false;

/** What is measured of this process's start; nothing from the second time on. `name`: of the function. */
export function coldStart(name: string): Measured[] {
  if (isTold) return [];
  isTold = true;
  const monitor = new Monitor({ clock: systemClock });
  monitor.counter('cold_starts', { function: name }).add();
  monitor.record('cold_start_ms', LOADED_MS, { function: name });
  return monitor.collect();
}

/** Prints it for CloudWatch alone: for functions that may not write into the store. */
export function printColdStart(name: string): void {
  for (const line of emf(coldStart(name), systemClock.now())) console.log(line);
}
