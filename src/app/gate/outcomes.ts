// What became of the experts' votes: the answered questions that their reliability is learned from.
import type { Answered } from '#wasm';
import type { Verdict, VoteDocument } from '../../domain/verdict.ts';
import { allOf, type RunHead, type Store } from '../ports.ts';

/** Runs that are looked at, the newest ones: what is older says little of today's experts. */
const MOST_RUNS = 200;

/** Whether approving was right; `undefined` while nobody can tell. */
const GOOD: Partial<Record<RunHead['status'], boolean>> = {
  succeeded: true,
  failed: false,
  rolled_back: false,
  rejected: false,
};

/** Votes of the newest runs that have ended well or badly, or that a person refused, in any place. */
export async function outcomesOf({ runs }: Pick<Store, 'runs'>): Promise<Answered[]> {
  const outcomes: Answered[] = [];
  let seen = 0;
  for await (const { runId, mode, status, answer } of allOf((next) => runs.list({ next }))) {
    if (seen === MOST_RUNS) break;
    seen += 1;
    const good = GOOD[status];
    if (mode !== 'deploy' || good === undefined) continue;
    // Called off by nobody in particular says nothing of the plan.
    if (status === 'rejected' && answer?.decision !== 'reject') continue;
    const votes = votesOf((await runs.get(runId))?.verdict ?? null);
    if (votes.length > 0) outcomes.push({ votes, good });
  }
  return outcomes;
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
