// The log of what was approved and done: append-only, one per store.
import type { Tile } from '#wasm';
import type { Page } from './page.ts';

/** How far the log goes. */
export interface LogHead {
  /** Names the log; never changes. */
  origin: string;
  size: number;
  /** A signed note over size and root. */
  checkpoint: string;
  /** The latest time that an entry claims, ISO 8601. */
  latest: string;
}

/** One leaf of the tree. */
export interface LogEntry {
  index: number;
  /** Run that it is about. */
  runId: string;
  /** Envelope: canonical JSON. */
  text: string;
}

/** What an append brings. */
export interface LogAppend {
  /** Size that the log had; 0: there was none. */
  from: number;
  head: LogHead;
  /** Tiles that are new or longer. */
  tiles: readonly Tile[];
  /** Numbered from `from`; at most 20. */
  entries: readonly LogEntry[];
}

/** Tiles are named by level and index. */
export interface Log {
  head(): Promise<LogHead | undefined>;
  /** All or nothing; `false` where somebody else has appended since. What resolved with `true` survives `kill -9`. */
  append(append: LogAppend): Promise<boolean>;
  /** In the order asked; those that are not there are left out. */
  tiles(places: readonly (readonly [level: number, index: number])[]): Promise<Tile[]>;
  /** From `from` on, in order. */
  entries(page: { from: number; limit: number }): Promise<LogEntry[]>;
  /** Of one run, in order. */
  ofRun(runId: string, next?: string): Promise<Page<LogEntry>>;
}
