// What stands: stacks, each a name in a place.
import type { StackState } from '#wasm';
import type { StackKey } from '../../domain/stack.ts';
import type { Page, PageOf } from './page.ts';

/** A stack as recorded: its last snapshot, and what an unfinished run has done since. */
export interface StackRecord {
  key: StackKey;
  state: StackState;
  outputs: Record<string, { value: unknown; description?: string; exportName?: string }>;
  /** Exports of other stacks that it uses, sorted; absent in what versions before wrote. */
  imports?: string[];
  /** The newest run that has worked on it. */
  lastRun?: string;
  /** The run that has begun and not ended. */
  unfinished?: string;
  /** Digest of the snapshot; changes whenever a run ends that changed anything. Absent: no run has ended yet. */
  snapshot?: string;
}

/** A stack in a list. */
export interface StackHead extends Pick<StackRecord, 'key' | 'lastRun' | 'unfinished' | 'snapshot'> {}

/** Reads of stacks; only runs write them (runs.ts). */
export interface Stacks {
  get(key: StackKey): Promise<StackRecord | undefined>;
  /** How many runs have begun on a stack of this key, those before it was destroyed too: names made from it are new. */
  incarnation(key: StackKey): Promise<number>;
  /** By place, then name. */
  list(page?: PageOf): Promise<Page<StackHead>>;
  /** Every stack of this name, by place. */
  named(name: string, page?: PageOf): Promise<Page<StackHead>>;
}
