// Quantile sketches: encoded, merged and read by the core; recorded by src/app/measure/recorder.ts without it.
import type { SketchSummary } from '#wasm';
import { pure } from './instance.ts';

export type { SketchSummary } from '#wasm';

/** Counts by bucket as a recorder keeps them. */
export interface Counts {
  indices: Uint32Array;
  counts: Float64Array;
  zero: number;
  sum: number;
  min: number;
  max: number;
}

/** The encoded form of counts. */
export function encodeSketch({ indices, counts, zero, sum, min, max }: Counts): Uint8Array {
  return pure('sketchFromCounts', (wasm) => wasm.sketchFromCounts(indices, counts, zero, sum, min, max));
}

/** Both in one, exactly; `undefined` where either is not a sketch. */
export function mergeSketches(one: Uint8Array, other: Uint8Array): Uint8Array | undefined {
  return pure('sketchMerge', (wasm) => wasm.sketchMerge(one, other));
}

/** Values (each within 1 %) and how often each was there, rising; empty where it is not a sketch. */
export function valuesOf(sketch: Uint8Array): { value: number; count: number }[] {
  const flat = pure('sketchValues', (wasm) => wasm.sketchValues(sketch));
  const values: { value: number; count: number }[] = [];
  for (let at = 0; at < flat.length; at += 2) values.push({ value: flat[at] ?? 0, count: flat[at + 1] ?? 0 });
  return values;
}

/** Count, sum, extremes and the quantiles asked for (each within 1 %); `undefined` where it is not a sketch. */
export function summarizeSketch(sketch: Uint8Array, quantiles: readonly number[]): SketchSummary | undefined {
  const answer = pure('sketchSummary', (wasm) => wasm.sketchSummary(sketch, Float64Array.from(quantiles)));
  return answer.type === 'summarized' ? answer.summary : undefined;
}
