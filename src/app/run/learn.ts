// How long operations take here: each run adds what its engine saw to the estimates of the account and region, once it
// has ended, and the next plan is made with them. The mathematics is the core's (wasm-core/src/durations.rs).
import { learnDurations } from '../../core/calls.ts';
import { type Place, placeText } from '../../domain/stack.ts';
import type { Estimates } from '../ports.ts';

/** The note that holds them. A sandbox at another speed is another place: what it adds to a call does not scale. */
export function estimatesName({ speed }: { speed: number }, place: Place): string {
  return speed === 1 ? placeText(place) : `${placeText(place)}|x${speed}`;
}

/**
 * Adds what a run observed (the engine's own JSON). At most once: a process killed before this has taught nothing, which
 * costs the next forecast a little and nothing else.
 */
export async function learn(estimates: Estimates, name: string, observed: string): Promise<void> {
  if (observed !== '[]') await estimates.change(name, (kept) => learnDurations(kept, observed));
}
