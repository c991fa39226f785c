// What became of the experts' votes: the answered questions that their reliability is learned from.
import type { Answered, End } from '#wasm';
import { type StackKey, stackText } from '../../domain/stack.ts';
import type { Verdict, VoteDocument } from '../../domain/verdict.ts';
import { allOf, type Run, type RunHead, type Store } from '../ports.ts';
import { type Drifted, driftedOf } from './drifts.ts';

/** Runs that are looked at, the newest ones: what is older says little of today's experts. */
const MOST_RUNS = 200;

/** What a status says of a deployment; `undefined` while nobody can tell. */
const ENDS: Partial<Record<RunHead['status'], End>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  rolled_back: 'rolled_back',
  rejected: 'overridden',
};

/** Votes of the newest runs that have ended well or badly, or that a person refused, in any place; newest first. */
export async function outcomesOf({ runs, drifts }: Pick<Store, 'runs' | 'drifts'>): Promise<Answered[]> {
  const ended: { run: Run; end: End }[] = [];
  let seen = 0;
  for await (const { runId, mode, status, answer } of allOf((next) => runs.list({ next }))) {
    if (seen === MOST_RUNS) break;
    seen += 1;
    const end = ENDS[status];
    if (mode !== 'deploy' || end === undefined) continue;
    // Called off by nobody in particular says nothing of the plan.
    if (status === 'rejected' && answer?.decision !== 'reject') continue;
    const run = await runs.get(runId);
    if (run !== undefined) ended.push({ run, end });
  }
  const reverted = revertedIn(ended.map(({ run }) => run));
  const drifted = new Map<string, Drifted>();
  const outcomes: Answered[] = [];
  for (const { run, end } of ended) {
    const votes = votesOf(run.verdict);
    if (votes.length === 0) continue;
    const { changeClass } = run.verdict ?? {};
    const sequel = end === 'succeeded' ? await sequelOf(run) : end;
    const good = sequel === 'succeeded';
    outcomes.push({ votes, good, end: sequel, ...(changeClass === undefined ? {} : { class: changeClass }) });
  }
  return outcomes;

  async function sequelOf(run: Run): Promise<End> {
    if (reverted.has(run.runId)) return 'reverted';
    const key = stackText(run.stack);
    const known = drifted.get(key) ?? (await driftedOf(drifts, run.stack));
    drifted.set(key, known);
    const changed = run.result?.resources.filter(({ action }) => action !== 'noop').map(({ logicalId }) => logicalId);
    // What somebody changed by hand says something of the run only where the run had changed it too.
    return known[run.runId]?.some((resource) => changed?.includes(resource)) ? 'drifted' : 'succeeded';
  }
}

/** Deployments after which the next one that wanted something else wanted what the one before them had wanted. */
function revertedIn(newestFirst: readonly Run[]): Set<string> {
  const stacks = new Map<string, { runId: string; stack: StackKey; desired: string }[]>();
  for (const { runId, stack, status, verdict } of newestFirst.toReversed()) {
    const desired = verdict?.desired;
    if (status !== 'succeeded' || desired === undefined) continue;
    const key = stackText(stack);
    stacks.set(key, [...(stacks.get(key) ?? []), { runId, stack, desired }]);
  }
  const reverted = new Set<string>();
  for (const runs of stacks.values()) {
    for (const [at, { runId, desired }] of runs.entries()) {
      const isOther = (run: { desired: string }) => run.desired !== desired;
      const before = runs.slice(0, at).findLast(isOther);
      const after = runs.slice(at + 1).find(isOther);
      if (before !== undefined && before.desired === after?.desired) reverted.add(runId);
    }
  }
  return reverted;
}

function votesOf(verdict: Verdict | null): Answered['votes'] {
  return (verdict?.votes ?? []).map(({ expert, option, confidence, reasons, status, costUsd }: VoteDocument) => ({
    expert,
    status,
    reasons,
    costUsd,
    ...(option === null ? {} : { option }),
    ...(confidence === null ? {} : { confidence }),
  }));
}
