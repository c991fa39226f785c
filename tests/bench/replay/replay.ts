// Replays made-up histories to the real circle: every change is planned, scanned and judged by the core as `deploy` does
// it, in the order of time over all stacks; what became of earlier changes is known, of later ones nothing.
import type { Answered, Brief, ChangeClass, CirclePolicy, DecideCall, Finding, Plan, StackState, Vote } from '#wasm';
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
  changeClass: ChangeClass;
  /** The circle with equal weights. */
  equal: Decision;
  /** With weights learned from the newest 200 outcomes before, by kind of change. */
  learned: Decision;
  /** With a threshold calibrated on them, so that one decision in ten may be wrong. */
  calibrated: Decision;
}

/** Outcomes that are learned from: as many as `deploy` looks at. */
const NEWEST = 200;
/** What the calibrated circle is asked to keep. */
export const ERROR_RATE = 0.1;

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
  for (let round = 0; round < (histories[0]?.changes.length ?? 0); round++) {
    for (const [at, { stack, changes }] of histories.entries()) {
      const change = changes[round];
      const state = stacks[at];
      if (change === undefined || state === undefined) continue;
      const { plan, findings, ...said } = judged(stack, change.template, state, outcomes(replayed));
      const { edits, good, risk } = change;
      replayed.push({ edits, good, risk, ...said });
      state.ended.push(change.good);
      if (!change.good) continue;
      state.recorded = after(plan);
      state.findings = new Set(findings.map(identity));
    }
  }
  return replayed;
}

function judged(stack: string, text: string, state: Stack | undefined, past: Answered[] = []) {
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
  const { votes, class: changeClass } = planned.builtinVotes(brief);
  const asked = { votes, class: changeClass };
  const [equal, learned] = [decided({ ...asked, outcomes: [] }), decided({ ...asked, outcomes: past })];
  const policy = { errorRate: ERROR_RATE } as CirclePolicy;
  const calibrated = decided({ ...asked, outcomes: past, policy });
  return { plan: planned.plan, findings, votes, changeClass, equal, learned, calibrated };
}

function decided(call: DecideCall): Decision {
  const answer = decide(call);
  if (answer.type !== 'decided') throw new Error(JSON.stringify(answer).slice(0, 2_000));
  return answer.consultation.decision;
}

function identity({ ruleId, resource = '' }: Pick<Finding, 'ruleId' | 'resource'>): string {
  return `${ruleId} ${resource}`;
}

/** The stack as this plan leaves it. */
function after(plan: Plan): StackState {
  return recordedAfter({ ...plan, resources: plan.resources.filter(({ desired }) => desired !== undefined) });
}

/** Newest first; reasons are no evidence. */
function outcomes(replayed: readonly Replayed[]): Answered[] {
  const newest = replayed.slice(-NEWEST).reverse();
  return newest.map(({ votes, good, changeClass }) => ({
    votes: votes.map((vote) => ({ ...vote, reasons: [] })),
    good,
    class: changeClass,
  }));
}
