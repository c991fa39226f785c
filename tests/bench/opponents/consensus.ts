// The core's consensus on one question in plain TypeScript, written only to be measured against: the same rules
// (wasm-core/src/consensus), the same answer for calls without mistakes, whole, and the same one pass over all experts.
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
/** Answers that the prior of a reliability is worth. */
const ROWS = 20;
const CERTAIN = 20;

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
  const ballots = call.votes
    .flatMap((vote) => ballot(vote, options))
    .sort((one, other) => (one.expert < other.expert ? -1 : 1));
  const sizes = sizesOf(ballots);
  const sums = sumsOf(method, ballots, prior.length);
  const posterior = posteriorOf(
    method,
    sums.all,
    ballots.length,
    sums.weight,
    prior,
    effective(ballots.length, related(sizes), correlation),
  );
  const roster = [...new Set([...(call.roster ?? []), ...call.votes.map(({ expert }) => expert)])].sort();
  const quorum = Number(call.quorum ?? 0);
  const ahead = (votes: number, p: readonly number[]) => (votes < quorum * roster.length ? -1 : winner(p));
  const vetoes = call.votes.filter(({ veto, status, option }) => veto && (status ?? 'ok') === 'ok' && option);
  const [veto] = vetoes.toSorted((a, b) => (a.expert < b.expert ? -1 : 1));
  let outcome = options[winner(posterior)] ?? 'tie';
  if (ballots.length < quorum * roster.length) outcome = 'no_quorum';
  if (ballots.length === 0) outcome = 'no_votes';
  if (veto?.option !== undefined) outcome = veto.option;
  const chosen = options.indexOf(outcome);
  const weights = ballots.map((one) => weightOf(method, one));
  const total = sum(weights);
  const places = new Map(ballots.map(({ expert }, at) => [expert, at]));
  const with_ = posterior[chosen] ?? 0;
  const oddsWith = logOdds(with_);
  const without: { p: number; other: boolean }[] = new Array(ballots.length);
  withoutEach(method, ballots, prior, sizes, correlation, (at, p) => {
    without[at] = { p: p[chosen] ?? 0, other: ahead(ballots.length - 1, p) !== chosen };
  });
  const perExpert = roster.map((expert): PerExpert => {
    const at = places.get(expert);
    if (at === undefined) {
      const silent = { weightUsed: 0, contribution: 0, logOdds: 0, pivotal: false };
      return { expert, reliability: null, interval: null, ...silent };
    }
    const { reliability } = ballots[at] as Ballot;
    const { p, other } = without[at] as { p: number; other: boolean };
    const half = 1.96 * Math.sqrt((reliability * (1 - reliability)) / (ROWS + 1));
    return {
      expert,
      reliability,
      interval: [Math.max(0, reliability - half), Math.min(1, reliability + half)],
      weightUsed: total > 0 ? (weights[at] as number) / total : 0,
      contribution: chosen < 0 ? 0 : with_ - p,
      logOdds: chosen < 0 ? 0 : oddsWith - logOdds(p),
      pivotal: other,
    };
  });
  const counts = options.map((_, option) => ballots.filter((one) => one.option === option).length);
  const agreeing = sum(counts.map((count) => count * count));
  const votes = ballots.length;
  const dissent = ballots.filter(({ option }) => option !== chosen).map(({ expert }) => expert);
  const odds = without.map(({ p }) => oddsWith - logOdds(p));
  const nEff = effective(votes, related(sizes), correlation);
  const flip = () => {
    const turned = turnedOf(method, ballots, odds, posterior, chosen);
    const still = (many: number) => {
      return ahead(votes, posteriorOf(method, turned.sums(many), votes, sums.weight, prior, nEff)) === chosen;
    };
    if (still(turned.carrying.length)) return [];
    let [few, enough] = [0, turned.carrying.length];
    while (few + 1 < enough) {
      const middle = (few + enough) >> 1;
      if (still(middle)) few = middle;
      else enough = middle;
    }
    return turned.carrying.slice(0, enough).map((at) => (ballots[at] as Ballot).expert);
  };
  return {
    outcome,
    why: veto === undefined ? (chosen < 0 ? outcome : 'clear') : 'vetoed',
    posterior: Object.fromEntries(options.map((option, index) => [option, posterior[index] as number])),
    agreement: {
      alpha: votes < 2 || agreeing >= votes * votes ? null : 0,
      entropyBits: Math.max(0, -sum(posterior.map((p) => (p > 0 ? p * Math.log2(p) : 0)))),
    },
    nEff,
    perExpert,
    dissent: chosen < 0 ? [] : dissent,
    flip: chosen < 0 || veto !== undefined ? [] : flip(),
    method,
    ...(veto === undefined ? {} : { veto: veto.expert }),
  } as Consensus;
}

/** Sums where the first so many of those who carried the outcome most had been for the second option. */
function turnedOf(method: string, ballots: Ballot[], odds: number[], posterior: number[], chosen: number) {
  let second = -1;
  for (const [option, p] of posterior.entries()) {
    if (option !== chosen && (second < 0 || p >= (posterior[second] as number))) second = option;
  }
  const carrying = [...ballots.keys()].filter((at) => (ballots[at] as Ballot).option === chosen);
  carrying.sort((a, b) => (odds[b] as number) - (odds[a] as number) || a - b);
  const ranks = new Float64Array(ballots.length).fill(Number.POSITIVE_INFINITY);
  for (const [rank, at] of carrying.entries()) ranks[at] = rank;
  const options = posterior.length;
  const turned = ballots.map((one) => ({ ...one, option: second }));
  const sums = (many: number) => {
    const all = new Array<number>(options).fill(0);
    for (const [at, one] of ballots.entries()) {
      const ballot = (ranks[at] as number) < many ? (turned[at] as Ballot) : one;
      for (let option = 0; option < options; option++)
        all[option] = (all[option] as number) + termOf(method, ballot, option, options);
    }
    return all;
  };
  return { carrying, sums };
}

function winner(posterior: readonly number[]): number {
  const best = Math.max(...posterior);
  return posterior.filter((p) => best - p <= TIE).length === 1 ? posterior.indexOf(best) : -1;
}

function logOdds(p: number): number {
  return Math.min(CERTAIN, Math.max(-CERTAIN, Math.log(p / (1 - p))));
}

/** Gives the posterior without each ballot, by what stands before it and behind it. */
function withoutEach(
  method: string,
  ballots: Ballot[],
  prior: number[],
  sizes: Map<string, number>,
  correlation: number,
  take: (at: number, posterior: number[]) => void,
): void {
  const k = prior.length;
  const before = new Float64Array((ballots.length + 1) * k);
  const weightBefore = new Float64Array(ballots.length + 1);
  for (const [at, one] of ballots.entries()) {
    for (let option = 0; option < k; option++) {
      before[(at + 1) * k + option] = (before[at * k + option] as number) + termOf(method, one, option, k);
    }
    weightBefore[at + 1] = (weightBefore[at] as number) + one.weight;
  }
  const behind = new Float64Array(k);
  let weightBehind = 0;
  const pairs = related(sizes);
  for (let at = ballots.length - 1; at >= 0; at--) {
    const one = ballots[at] as Ballot;
    const sums = prior.map((_, option) => (before[at * k + option] as number) + (behind[option] as number));
    const size = one.lineage === undefined ? 1 : (sizes.get(one.lineage) as number);
    const nEff = effective(ballots.length - 1, pairs - 2 * (size - 1), correlation);
    const weight = (weightBefore[at] as number) + weightBehind;
    take(at, posteriorOf(method, sums, ballots.length - 1, weight, prior, nEff));
    for (let option = 0; option < k; option++)
      behind[option] = (behind[option] as number) + termOf(method, one, option, k);
    weightBehind += one.weight;
  }
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

function sumsOf(method: string, ballots: Ballot[], options: number): { all: number[]; weight: number } {
  const all = new Array<number>(options).fill(0);
  let weight = 0;
  for (const one of ballots) {
    for (let option = 0; option < options; option++)
      all[option] = (all[option] as number) + termOf(method, one, option, options);
    weight += one.weight;
  }
  return { all, weight };
}

/** What a ballot gives an option. */
function termOf(method: string, one: Ballot, option: number, options: number): number {
  const own = one.option === option;
  if (method === 'majority') return own ? 1 : 0;
  if (method === 'weighted') return one.weight * share(one.confidence, own, options);
  if (method === 'bayesian') return Math.log(share(inside(one.reliability), own, options));
  return one.weight * Math.log(share(inside(one.confidence), own, options));
}

function posteriorOf(
  method: string,
  sums: number[],
  ballots: number,
  weight: number,
  prior: number[],
  nEff: number,
): number[] {
  if (ballots === 0 || prior.length < 2) return prior;
  if (method === 'majority' || method === 'weighted') return normalised(sums);
  if (method === 'bayesian') {
    return fromLogs(prior.map((p, option) => Math.log(p) + (nEff / ballots) * (sums[option] as number)));
  }
  return fromLogs(
    prior.map((p, option) => (1 - EXTREMISING) * Math.log(p) + (EXTREMISING * (sums[option] as number)) / weight),
  );
}

function weightOf(method: string, { weight, reliability }: Ballot): number {
  if (method === 'majority') return 1;
  if (method !== 'bayesian') return weight;
  const r = inside(reliability);
  return Math.abs(Math.log(r / (1 - r)));
}

function sizesOf(ballots: Ballot[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { lineage } of ballots) if (lineage !== undefined) sizes.set(lineage, (sizes.get(lineage) ?? 0) + 1);
  return sizes;
}

function related(sizes: Map<string, number>): number {
  return sum([...sizes.values()].map((size) => size * (size - 1)));
}

function effective(n: number, pairs: number, correlation: number): number {
  return n < 2 ? n : n / (1 + (n - 1) * ((correlation * pairs) / (n * (n - 1))));
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
