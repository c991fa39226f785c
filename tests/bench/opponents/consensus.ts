// The core's consensus on one question in plain TypeScript, written only to be measured against: the same rules
// (wasm-core/src/consensus), the same answer for calls without mistakes.
import type { Consensus, ConsensusCall, PerExpert, Vote } from '#wasm';

interface Ballot {
  expert: string;
  option: number;
  confidence: number;
  weight: number;
  reliability: number;
  lineage: string | undefined;
}

const FLOOR = 0.01;
const EXTREMISING = 1.3;
const TIE = 1e-9;

/** Aggregates the votes of a call that is sound. */
export function aggregate(call: ConsensusCall): Consensus {
  const method = call.method ?? 'weighted';
  const correlation = call.correlation ?? 0.5;
  const options = [
    ...new Set([
      ...(call.options ?? []),
      ...call.votes.flatMap(({ option }) => (option === undefined ? [] : [option])),
      ...Object.keys(call.prior ?? {}),
    ]),
  ].sort();
  const given = Object.values(call.prior ?? {});
  const mean = given.length === 0 ? 1 : sum(given) / given.length;
  const prior = normalised(options.map((option) => call.prior?.[option] ?? mean));
  const ballots = call.votes.flatMap((vote) => ballot(vote, options));
  const decide = (votes: Ballot[]) => posteriorOf(method, votes, prior, correlation);
  const posterior = decide(ballots);
  const roster = [...new Set([...(call.roster ?? []), ...call.votes.map(({ expert }) => expert)])].sort();
  const best = Math.max(...posterior);
  const close = posterior.filter((p) => best - p <= TIE).length;
  const vetoes = call.votes.filter(({ veto, status, option }) => veto && (status ?? 'ok') === 'ok' && option);
  const [veto] = vetoes.toSorted((a, b) => (a.expert < b.expert ? -1 : 1));
  let outcome = close === 1 ? (options[posterior.indexOf(best)] as string) : 'tie';
  if (ballots.length < Number(call.quorum ?? 0) * roster.length) outcome = 'no_quorum';
  if (ballots.length === 0) outcome = 'no_votes';
  if (veto?.option !== undefined) outcome = veto.option;
  const chosen = options.indexOf(outcome);
  const weights = ballots.map((one) => weightOf(method, one));
  const total = sum(weights);
  const perExpert = roster.map((expert): PerExpert => {
    const at = ballots.findIndex((one) => one.expert === expert);
    let contribution = 0;
    if (at >= 0 && chosen >= 0) {
      const without = decide(ballots.filter((_, index) => index !== at));
      contribution = (posterior[chosen] as number) - (without[chosen] as number);
    }
    const weight = at < 0 ? 0 : (weights[at] as number);
    return {
      expert,
      reliability: at < 0 ? undefined : (ballots[at] as Ballot).reliability,
      weightUsed: total > 0 ? weight / total : 0,
      contribution,
    } as PerExpert;
  });
  const counts = options.map((_, option) => ballots.filter((one) => one.option === option).length);
  const agreeing = sum(counts.map((count) => count * count));
  const votes = ballots.length;
  const dissent = ballots.filter(({ option }) => option !== chosen).map(({ expert }) => expert);
  return {
    outcome,
    posterior: Object.fromEntries(options.map((option, index) => [option, posterior[index] as number])),
    agreement: {
      alpha: votes < 2 || agreeing >= votes * votes ? undefined : 0,
      entropyBits: Math.max(0, -sum(posterior.map((p) => (p > 0 ? p * Math.log2(p) : 0)))),
    },
    nEff: effectiveVotes(ballots, correlation),
    perExpert,
    dissent: chosen < 0 ? [] : [...new Set(dissent)].sort(),
    method,
    ...(veto === undefined ? {} : { veto: veto.expert }),
  } as Consensus;
}

function ballot(vote: Vote, options: string[]): Ballot[] {
  if (vote.option === undefined || (vote.status ?? 'ok') !== 'ok') return [];
  const confidence = vote.confidence ?? 0.8;
  return [
    {
      expert: vote.expert,
      option: options.indexOf(vote.option),
      confidence,
      weight: vote.weight ?? 1,
      reliability: vote.reliability ?? confidence,
      lineage: vote.lineage,
    },
  ];
}

function posteriorOf(method: string, ballots: Ballot[], prior: number[], correlation: number): number[] {
  const count = prior.length;
  if (ballots.length === 0 || count < 2) return prior;
  if (method === 'majority') {
    return normalised(prior.map((_, option) => ballots.filter((one) => one.option === option).length));
  }
  if (method === 'weighted') {
    return normalised(
      prior.map((_, option) =>
        sum(ballots.map((one) => one.weight * share(one.confidence, one.option === option, count))),
      ),
    );
  }
  if (method === 'bayesian') {
    const tempering = effectiveVotes(ballots, correlation) / ballots.length;
    return fromLogs(
      prior.map((p, option) => {
        const evidence = ballots.map((one) => Math.log(share(inside(one.reliability), one.option === option, count)));
        return Math.log(p) + tempering * sum(evidence);
      }),
    );
  }
  const total = sum(ballots.map(({ weight }) => weight));
  return fromLogs(
    prior.map((p, option) => {
      const pooled = ballots.map(
        (one) => (one.weight / total) * Math.log(share(inside(one.confidence), one.option === option, count)),
      );
      return (1 - EXTREMISING) * Math.log(p) + EXTREMISING * sum(pooled);
    }),
  );
}

function weightOf(method: string, { weight, reliability }: Ballot): number {
  if (method === 'majority') return 1;
  if (method !== 'bayesian') return weight;
  const r = inside(reliability);
  return Math.abs(Math.log(r / (1 - r)));
}

function effectiveVotes(ballots: Ballot[], correlation: number): number {
  const n = ballots.length;
  if (n < 2) return n;
  const sizes = new Map<string, number>();
  for (const { lineage } of ballots) if (lineage !== undefined) sizes.set(lineage, (sizes.get(lineage) ?? 0) + 1);
  const related = sum([...sizes.values()].map((size) => size * (size - 1)));
  return n / (1 + (n - 1) * ((correlation * related) / (n * (n - 1))));
}

const share = (p: number, own: boolean, options: number) => (own ? p : (1 - p) / (options - 1));
const inside = (p: number) => Math.min(1 - FLOOR, Math.max(FLOOR, p));

function sum(values: number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function normalised(values: number[]): number[] {
  const total = sum(values);
  return total > 0 ? values.map((value) => value / total) : values;
}

function fromLogs(logs: number[]): number[] {
  const highest = Math.max(...logs);
  return normalised(logs.map((log) => Math.exp(log - highest)));
}
