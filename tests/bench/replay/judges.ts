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

/**
 * The cheapest decisions of somebody who knows in hindsight how often changes with the same votes and of the same kind
 * ended badly, and who may ask about that share of them at most. The history of stacks is left out: hardly two have the same.
 */
export function hindsight(
  changes: readonly { votes: readonly Vote[]; changeClass: string; good: boolean }[],
  most: number,
): Decision[] {
  const keys = changes.map(({ votes, changeClass }) =>
    JSON.stringify([
      changeClass,
      votes.flatMap((vote) =>
        vote.expert === 'history' ? [] : [vote.expert, optionOf(vote) ?? '', vote.confidence ?? 0],
      ),
    ]),
  );
  const ended = new Map<string, { all: number; bad: number }>();
  for (const [at, key] of keys.entries()) {
    const { all, bad } = ended.get(key) ?? { all: 0, bad: 0 };
    ended.set(key, { all: all + 1, bad: bad + (changes[at]?.good === true ? 0 : 1) });
  }
  const risks = keys.map((key) => {
    const { all, bad } = ended.get(key) ?? { all: 1, bad: 0 };
    return bad / all;
  });
  const own = (risk: number): Decision =>
    COST.wrongApproval * risk <= COST.wrongRefusal * (1 - risk) ? 'approve' : 'refuse';
  const saved = (risk: number) => Math.min(COST.wrongApproval * risk, COST.wrongRefusal * (1 - risk)) - COST.asked;
  const worth = [...risks.keys()]
    .filter((at) => saved(risks[at] ?? 0) > 0)
    .sort((a, b) => saved(risks[b] ?? 0) - saved(risks[a] ?? 0) || a - b);
  const asked = new Set(worth.slice(0, Math.floor(most * changes.length)));
  return risks.map((risk, at) => (asked.has(at) ? 'ask' : own(risk)));
}

function optionOf(vote: Vote | undefined): Decision | undefined {
  if (vote === undefined || (vote.status ?? 'ok') !== 'ok') return undefined;
  return vote.option as Decision | undefined;
}
