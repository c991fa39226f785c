// `experts`: who is in the circle, and how often each was right so far. No call is made.
import type { Answered, ExpertRecord } from '#wasm';
import { expertRecords } from '../core/calls.ts';
import { outcomesOf } from './gate/outcomes.ts';
import type { Local } from './session.ts';

/** What `experts` answers. */
export interface ExpertsDocument {
  version: 1;
  kind: 'experts';
  /** Deployments with votes whose end is known, the newest ones. */
  outcomes: number;
  experts: (ExpertRecord & {
    /** What asking it cost on average, US dollars. */
    costUsd: number;
  })[];
}

/** The experts by name, with what is known of each from the store's runs. */
export async function experts({ store }: Pick<Local, 'store'>): Promise<ExpertsDocument> {
  const outcomes = await outcomesOf(store);
  const records = expertRecords(outcomes).map((record) => ({ ...record, costUsd: meanCost(outcomes, record.expert) }));
  return { version: 1, kind: 'experts', outcomes: outcomes.length, experts: records };
}

function meanCost(outcomes: readonly Answered[], expert: string): number {
  const asked = outcomes.flatMap(({ votes }) => votes.filter((vote) => vote.expert === expert));
  return asked.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0) / Math.max(asked.length, 1);
}
