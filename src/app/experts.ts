// `experts`: who is in the circle, and how often each was right so far. No call is made.
import type { Answered, End, ExpertRecord } from '#wasm';
import { expertRecords } from '../core/calls.ts';
import { outcomesOf } from './gate/outcomes.ts';
import type { Local } from './session.ts';

/** What `experts` answers. */
export interface ExpertsDocument {
  version: 1;
  kind: 'experts';
  /** Deployments with votes whose end is known, the newest ones. */
  outcomes: number;
  /** How many of them ended in which way. */
  ends: Partial<Record<End, number>>;
  experts: (ExpertRecord & {
    /** What asking it cost on average, US dollars. */
    costUsd: number;
  })[];
}

/** The experts by name, with what is known of each from the store's runs. */
export async function experts({ store }: Pick<Local, 'store'>): Promise<ExpertsDocument> {
  const outcomes = await outcomesOf(store);
  const records = expertRecords(outcomes).map((record) => ({ ...record, costUsd: meanCost(outcomes, record.expert) }));
  const ends: Partial<Record<End, number>> = {};
  for (const { end } of outcomes) if (end !== undefined) ends[end] = (ends[end] ?? 0) + 1;
  return { version: 1, kind: 'experts', outcomes: outcomes.length, ends, experts: records };
}

function meanCost(outcomes: readonly Answered[], expert: string): number {
  const asked = outcomes.flatMap(({ votes }) => votes.filter((vote) => vote.expert === expert));
  return asked.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0) / Math.max(asked.length, 1);
}
