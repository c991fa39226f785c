// Which runs' changes somebody has changed by hand since: noticed whenever drift is looked for, and told to the experts that
// approved. A note per stack holds the newest of them.
import { type StackKey, stackText } from '../../domain/stack.ts';
import type { Notes } from '../ports.ts';

/** Runs that a note holds; what is older says little of today's experts. */
const MOST_RUNS = 50;

/** Logical ids that differ from what a run left, by run. */
export type Drifted = Record<string, string[]>;

/** Notes that these resources differ from what the run left; nothing is written where that is known. */
export async function noteDrift(notes: Notes, stack: StackKey, runId: string, resources: string[]): Promise<void> {
  if (resources.length === 0) return;
  const known = (await driftedOf(notes, stack))[runId] ?? [];
  if (resources.every((resource) => known.includes(resource))) return;
  await notes.change(stackText(stack), (kept) => {
    const { [runId]: before = [], ...others } = read(kept);
    const now: [string, string[]] = [runId, [...new Set([...before, ...resources])].sort()];
    // Ids of runs sort by time.
    const newest = [...Object.entries(others), now].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MOST_RUNS);
    return JSON.stringify(Object.fromEntries(newest));
  });
}

/** What is known of a stack's runs. */
export async function driftedOf(notes: Notes, stack: StackKey): Promise<Drifted> {
  return read(await notes.get(stackText(stack)));
}

function read(kept: string | undefined): Drifted {
  return kept === undefined ? {} : (JSON.parse(kept) as Drifted);
}
