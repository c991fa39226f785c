// Replays made-up histories to the real circle: every change is planned, scanned and judged by the core as `deploy` does
// it, in the order of time over all stacks; what became of earlier changes is known, of later ones nothing.
import type { Answered, Brief, Finding, Plan, StackState, Vote } from '#wasm';
import { findingsOf, reported } from '../../../src/app/scan.ts';
import { decide } from '../../../src/core/calls.ts';
import { TemplateInCore } from '../../../src/core/template.ts';
import { CALL, recordedAfter } from '../areas/plan.ts';
import type { History } from './histories.ts';
import type { Decision } from './judges.ts';

/** A change as it was judged. */
export interface Replayed {
  edits: string[];
  good: boolean;
  risk: number;
  votes: Vote[];
  /** The circle with equal weights. */
  equal: Decision;
  /** With weights learned from the newest 200 outcomes before. */
  learned: Decision;
}

/** Outcomes that are learned from, and after how many new ones that is done again. */
const [NEWEST, EVERY] = [200, 20];

interface Stack {
  recorded: StackState;
  findings: Set<string>;
  ended: boolean[];
}

/** Every change of every history, round by round. */
export function replay(histories: readonly History[]): Replayed[] {
  const stacks = histories.map(({ stack, start }): Stack => {
    const { plan, findings } = judged(stack, start, undefined);
    return { recorded: after(plan), findings: new Set(findings.map(identity)), ended: [] };
  });
  const replayed: Replayed[] = [];
  let known: Answered[] = [];
  for (let round = 0; round < (histories[0]?.changes.length ?? 0); round++) {
    for (const [at, { stack, changes }] of histories.entries()) {
      const change = changes[round];
      const state = stacks[at];
      if (change === undefined || state === undefined) continue;
      if (replayed.length % EVERY === 0) known = outcomes(replayed);
      const { plan, findings, votes, equal, learned } = judged(stack, change.template, state, known);
      const { edits, good, risk } = change;
      replayed.push({ edits, good, risk, votes, equal, learned });
      state.ended.push(change.good);
      if (!change.good) continue;
      state.recorded = after(plan);
      state.findings = new Set(findings.map(identity));
    }
  }
  return replayed;
}

function judged(stack: string, text: string, state: Stack | undefined, known: Answered[] = []) {
  using template = new TemplateInCore(text);
  const answer = template.plan(
    { ...CALL, stack },
    state === undefined ? {} : { recorded: JSON.stringify(state.recorded) },
  );
  if (answer.type !== 'planned') throw new Error(JSON.stringify(answer).slice(0, 2_000));
  using planned = answer.planned;
  const findings = reported(findingsOf(planned, stack));
  const ended = state?.ended ?? [];
  const brief: Brief = {
    findings: findings.map(({ ruleId, severity, resource = '', message }) => ({
      ruleId,
      severity,
      resource,
      message,
      known: state?.findings.has(identity({ ruleId, resource })) ?? false,
    })),
    history: {
      runs: ended.length,
      failures: ended.filter((good) => !good).length,
      lastFailed: ended.at(-1) === false,
      rolledBack: ended.filter((good) => !good).length,
    },
  };
  const votes = planned.builtinVotes(brief);
  return { plan: planned.plan, findings, votes, equal: decisionOn(votes, []), learned: decisionOn(votes, known) };
}

function decisionOn(votes: Vote[], known: Answered[]): Decision {
  const answer = decide({ votes, outcomes: known });
  if (answer.type !== 'decided') throw new Error(JSON.stringify(answer));
  return answer.consultation.decision;
}

function identity({ ruleId, resource = '' }: Pick<Finding, 'ruleId' | 'resource'>): string {
  return `${ruleId} ${resource}`;
}

/** The stack as this plan leaves it. */
function after(plan: Plan): StackState {
  return recordedAfter({ ...plan, resources: plan.resources.filter(({ desired }) => desired !== undefined) });
}

function outcomes(replayed: readonly Replayed[]): Answered[] {
  return replayed.slice(-NEWEST).map(({ votes, good }) => ({ votes, good }));
}
