// `consult`: scan, plan, and only the circle's opinion. Nothing is called but reads; nothing is decided.
import type { Problem } from '#wasm';
import type { Verdict, VoteDocument } from '../domain/verdict.ts';
import { type ActionDocument, changingActions } from './documents/documents.ts';
import { type GateOptions, judge } from './gate/gate.ts';
import { DEFAULT_CONCURRENCY, type PlanOptions } from './plan.ts';
import { makePlan } from './planning/planning.ts';
import type { Control, Session } from './session.ts';

/** What `consult` answers (INTERFACE.md). */
export interface ConsultDocument {
  version: 1;
  kind: 'consult';
  stack: string;
  planDigest: string;
  /** What it was asked about, property by property. */
  actions: ActionDocument[];
  verdict: Omit<Verdict, 'votes'>;
  votes: VoteDocument[];
  /** Warnings of the plan, where there are any. */
  problems?: Problem[];
}

/** Asks the circle about what a deployment of the template would do now. */
export async function consult(
  session: Session,
  options: PlanOptions & GateOptions,
  control: Control,
): Promise<ConsultDocument> {
  const { template, stack } = options;
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
  const wanted = { ...options, mode: 'deploy', refresh: options.refresh ?? true, maxConcurrency } as const;
  const planned = await makePlan(session, wanted, control);
  using _planner = planned.inCore;
  const { votes, ...verdict } = (await judge(session, planned, template, options, control.signal)).verdict;
  const { plan, problems } = planned;
  const actions = changingActions(plan);
  const told = problems.length === 0 ? {} : { problems };
  return { version: 1, kind: 'consult', stack, planDigest: plan.digest, actions, verdict, votes, ...told };
}
