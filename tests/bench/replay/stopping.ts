// What rules of stopping save: nine simulated experts are asked one after the other, the best first, and each rule says
// when the votes are enough. The core aggregates (`bayesian`, reliabilities known), so what is compared is only the rule.
//
// Two worlds: experts that err independently, and three lineages of three whose experts take half of their
// votes from their lineage (any two of them err alike a quarter of the time).
// Targets, fixed on 26 November 2026 beforehand (the ranges are those of the literature): `lossless` changes no verdict and
// saves 20 % of the votes, `sprt` saves 25 % and is at most one point less often right than everybody together.
import type { ConsensusCall, Vote } from '#wasm';
import { consensus } from '../../../src/core/calls.ts';
import { chance, type Row } from '../measure.ts';

const APPROVE = 'approve';
const REFUSE = 'refuse';
/** Share of questions on which approving is right: what the circle believes before anybody has voted. */
const GOOD = 0.8;
const QUESTIONS = 2_000;
/** How often an expert says what its lineage says, and nothing of its own. */
const COPIES = 0.5;

const UNTOLD = 'sprt, 5 %, lineages not told';

/** A question: the votes that everybody would give, in the order in which they are asked, and what is right. */
export interface Asked {
  votes: Vote[];
  right: string;
}

/** Whether these votes are enough, with so many that have not been asked yet. */
export type Rule = (votes: readonly Vote[], left: readonly Vote[]) => boolean;

/** Log of the likelihood ratio for approving: what the votes say, and nothing of what was believed before. */
function evidence(votes: readonly Vote[]): number {
  return logOdds(posterior(votes, 0.5));
}

function logOdds(p: number): number {
  return Math.log(p / (1 - p));
}

function posterior(votes: readonly Vote[], good = GOOD): number {
  const call: ConsensusCall = {
    options: [APPROVE, REFUSE],
    prior: { [APPROVE]: good, [REFUSE]: 1 - good },
    votes: [...votes],
    method: 'bayesian',
  };
  const answer = consensus(call);
  if (answer.type !== 'aggregated') throw new Error(JSON.stringify(answer));
  return answer.consensus.posterior[APPROVE] ?? Number.NaN;
}

/** What the votes decide. */
export function verdict(votes: readonly Vote[]): string {
  return posterior(votes) >= 0.5 ? APPROVE : REFUSE;
}

/** The verdict is the same whether all that are left approve or refuse: evidence grows with every approval. */
const lossless: Rule = (votes, left) => {
  const all = (option: string) => verdict([...votes, ...left.map((vote) => ({ ...vote, option }))]);
  return all(APPROVE) === all(REFUSE);
};

/** Wald's test with these shares of wrong approvals and of wrong refusals, as in the core, or no answer could matter. */
const sprt =
  (wrong: number): Rule =>
  (votes, left) =>
    Math.abs(evidence(votes)) >= logOdds(1 - wrong) || lossless(votes, left);

/** The same bound on the posterior, where what was believed before counts as evidence. */
const believed =
  (wrong: number): Rule =>
  (votes, left) =>
    Math.abs(logOdds(posterior(votes))) >= logOdds(1 - wrong) || lossless(votes, left);

/** The same as if every vote were independent of the others: what lineages are declared for. */
const untold =
  (rule: Rule): Rule =>
  (votes, left) => {
    const [some, others] = [votes, left].map((all) => all.map(({ lineage: _, ...vote }) => vote));
    return rule(some as Vote[], others as Vote[]);
  };

export const RULES: Record<string, Rule> = {
  everybody: () => false,
  lossless,
  'sprt, 5 %': sprt(0.05),
  'sprt, 1 %': sprt(0.01),
  'posterior, 95 %': believed(0.05),
  [UNTOLD]: untold(sprt(0.05)),
};

/** Votes given until the rule is satisfied. */
export function ask({ votes }: Asked, enough: Rule): Vote[] {
  for (let asked = 1; asked < votes.length; asked++) {
    if (enough(votes.slice(0, asked), votes.slice(asked))) return votes.slice(0, asked);
  }
  return votes;
}

/** Questions of a world, the same for the same seed. */
export function questions(count: number, related: boolean, seed: number): Asked[] {
  const next = chance(seed);
  const reliabilities = [0.88, 0.84, 0.8, 0.78, 0.75, 0.72, 0.7, 0.66, 0.62];
  return Array.from({ length: count }, () => {
    const right = next() < GOOD ? APPROVE : REFUSE;
    const wrong = right === APPROVE ? REFUSE : APPROVE;
    // A lineage is as often right as the expert that asks it, so that copying leaves reliabilities as they are.
    const luck = Array.from({ length: 3 }, () => next());
    const votes = reliabilities.map((reliability, at): Vote => {
      const own = next();
      const drawn = related && next() < COPIES ? (luck[at % 3] as number) : own;
      const option = drawn < reliability ? right : wrong;
      const lineage = related ? { lineage: `model-${at % 3}` } : {};
      return { expert: `expert-${at}`, option, reliability, status: 'ok', reasons: [], ...lineage };
    });
    return { votes, right };
  });
}

/** How each rule does in both worlds. */
export function stopping(): Row[] {
  return [false, true].flatMap((related) => {
    const all = questions(QUESTIONS, related, 1945);
    const world = related ? 'three lineages' : 'independent experts';
    const row = (what: string, value: number, unit: string, target?: Row['target']): Row => ({
      area: 'consensus',
      what: `stopping, ${world}, ${what}`,
      value,
      unit,
      runs: all.length,
      ...(target === undefined ? {} : { target }),
    });
    const whole = all.map(({ votes }) => verdict(votes));
    const share = (is: (asked: Asked, at: number) => boolean) => (100 * all.filter(is).length) / all.length;
    const accuracy = share(({ right }, at) => whole[at] === right);
    const rules = Object.entries(RULES).filter(([name]) => related || name !== UNTOLD);
    return rules.flatMap(([name, rule]) => {
      const given = all.map((asked) => ask(asked, rule));
      const said = given.map(verdict);
      const saved = 1 - given.reduce((sum, { length }) => sum + length, 0) / (9 * all.length);
      const right = share(({ right }, at) => said[at] === right);
      const changed = share((_, at) => said[at] !== whole[at]);
      const approved = share(({ right }, at) => right === REFUSE && said[at] === APPROVE);
      const bad = share(({ right }) => right === REFUSE);
      const held = {
        everybody: [undefined, undefined, undefined],
        lossless: [{ atLeast: 20 }, undefined, { atMost: 0 }],
        'sprt, 5 %': [{ atLeast: 25 }, { atLeast: accuracy - 1 }, undefined],
      }[name] as (Row['target'] | undefined)[] | undefined;
      return [
        row(`${name}: votes saved`, 100 * saved, '%', held?.[0]),
        row(`${name}: right`, right, '%', held?.[1]),
        row(`${name}: verdicts that are others`, changed, '%', held?.[2]),
        row(`${name}: approved of the bad`, (100 * approved) / bad, '%'),
      ];
    });
  });
}
