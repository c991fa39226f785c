// How long operations take here: each run adds what its engine saw to a note of the account and region, in the same
// transaction as its end, and the next plan is made with it. The mathematics is the core's (wasm-core/src/durations.rs).
import { learnDurations } from '../../core/calls.ts';
import type { ChangeNote } from '../ports.ts';

/** The note that holds them. A sandbox at another speed is another place: what it adds to a call does not scale. */
export function durationsNote({ speed }: { speed: number }, binding: string): string {
  return speed === 1 ? `durations|${binding}` : `durations|${binding}|x${speed}`;
}

/** What a run learned, to be kept with its end; absent where it saw nothing end. `observed`: the engine's own JSON. */
export function learning(note: string, observed: string): { note: string; change: ChangeNote } | undefined {
  return observed === '[]' ? undefined : { note, change: (kept) => learnDurations(kept, observed) };
}
