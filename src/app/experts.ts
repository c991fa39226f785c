// `experts`: who is in the circle, and how often each was right so far. No call is made.
import type { ExpertRecord } from '#wasm';
import { expertRecords } from '../core/calls.ts';
import { outcomesOf } from './gate/outcomes.ts';
import type { Local } from './session.ts';

/** What `experts` answers. */
export interface ExpertsDocument {
  version: 1;
  kind: 'experts';
  /** Deployments with votes whose end is known, the newest ones. */
  outcomes: number;
  experts: (ExpertRecord & { costUsd: number })[];
}

/** The experts by name, with what is known of each from the store's runs. */
export async function experts({ store }: Pick<Local, 'store'>): Promise<ExpertsDocument> {
  const outcomes = await outcomesOf(store);
  // Built-in experts cost nothing.
  const records = expertRecords(outcomes).experts.map((record) => ({ ...record, costUsd: 0 }));
  return { version: 1, kind: 'experts', outcomes: outcomes.length, experts: records };
}
