// Whoever judges a change in the replay, and what their judgement costs. Everybody sees the same votes.
import type { Vote } from '#wasm';

export type Decision = 'approve' | 'refuse' | 'ask';

/** Prices in minutes of a person, fixed on 26 November 2026 before anything was measured. */
export const COST = {
  /** A change that ends badly was let through. */
  wrongApproval: 100,
  /** A good one was turned away, and somebody has to argue. */
  wrongRefusal: 20,
  /** A person had to look; what they say is taken for right. */
  asked: 10,
} as const;

/** How a judge did. Shares are of all changes unless they say otherwise. */
export interface Score {
  /** Of what it decided itself, right; NaN where it decided nothing. */
  accuracy: number;
  /** Changes that ended badly and were let through, of all that ended badly. */
  wrongApprovals: number;
  asked: number;
  /** Minutes of a person a change. */
  cost: number;
}

/** What became of these decisions. */
export function score(decisions: readonly Decision[], good: readonly boolean[]): Score {
  const count = (is: (decision: Decision, good: boolean) => boolean) =>
    decisions.filter((decision, at) => is(decision, good[at] === true)).length;
  const asked = count((decision) => decision === 'ask');
  const letThrough = count((decision, good) => decision === 'approve' && !good);
  const turnedAway = count((decision, good) => decision === 'refuse' && good);
  const { length } = decisions;
  return {
    accuracy: 1 - (letThrough + turnedAway) / (length - asked),
    wrongApprovals: letThrough / count((_, good) => !good),
    asked: asked / length,
    cost: (COST.wrongApproval * letThrough + COST.wrongRefusal * turnedAway + COST.asked * asked) / length,
  };
}

/** One expert alone: where it has no opinion, a person is asked. */
export function alone(votes: readonly Vote[], expert: string): Decision {
  const vote = votes.find((vote) => vote.expert === expert);
  return optionOf(vote) ?? 'ask';
}

/** One expert, one vote; a person is asked about a tie. */
export function majority(votes: readonly Vote[]): Decision {
  const count = (option: Decision) => votes.filter((vote) => optionOf(vote) === option).length;
  const balance = count('approve') - count('refuse');
  return balance > 0 ? 'approve' : balance < 0 ? 'refuse' : 'ask';
}

/** The cheapest decision of somebody who knows how likely it is to end badly. */
export function knowing(risk: number): Decision {
  const costs: [number, Decision][] = [
    [COST.wrongApproval * risk, 'approve'],
    [COST.wrongRefusal * (1 - risk), 'refuse'],
    [COST.asked, 'ask'],
  ];
  return costs.reduce((best, other) => (other[0] < best[0] ? other : best))[1];
}

function optionOf(vote: Vote | undefined): Decision | undefined {
  if (vote === undefined || (vote.status ?? 'ok') !== 'ok') return undefined;
  return vote.option as Decision | undefined;
}
