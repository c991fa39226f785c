// Many votes on one question: names in one text and numbers in columns cross the door, without JSON per vote. Promises the
// answer that the core's `consensus` gives to the same call, also in what is refused.
import type { ConsensusAnswer, ConsensusCall, PerExpert, Vote, VoteStatus } from '#wasm';
import { pure } from './instance.ts';

/** Votes from which columns are the shorter way (docs/benchmarks.md). */
export const COLUMNS_FROM = 8;

// As wasm-core/src/consensus/columns.rs has them.
const END = '\0';
const CODES = 3;
const NUMBERS = 3;
const PART_NUMBERS = 6;
const STATUSES: readonly VoteStatus[] = ['ok', 'abstained', 'timed_out', 'invalid', 'failed'];
const VETO = 8;
const WHOLE = 16;
const [VOTED, PIVOTAL, DISSENTS] = [1, 2, 4];

interface Columns {
  /** Everything but the votes, and those votes that have more to say than columns hold. */
  call: ConsensusCall;
  names: string;
  counts: Uint32Array;
  codes: Uint32Array;
  numbers: Float64Array;
}

/** Aggregates by columns; `undefined` where a name cannot stand in one. */
export function consensusByColumns(call: ConsensusCall): ConsensusAnswer | undefined {
  const columns = columnsOf(call);
  if (columns === undefined) return undefined;
  return pure('consensus', (wasm): ConsensusAnswer => {
    const { call: rest, names, counts, codes, numbers } = columns;
    const answers = new wasm.VoteAnswers(rest, names, counts, codes, numbers);
    try {
      const answer = answers.answer();
      if (answer.type === 'refused') return answer;
      const [who, flags, parts, flip] = [answers.who(), answers.flags(), answers.numbers(), answers.flip()];
      const votes = call.votes;
      const name = (index: number) => votes[index]?.expert ?? call.roster?.[index - votes.length] ?? '';
      const perExpert: PerExpert[] = [];
      const dissent: string[] = [];
      for (const [at, index] of who.entries()) {
        const flag = flags[at] ?? 0;
        const expert = name(index);
        const from = at * PART_NUMBERS;
        const number = (place: number) => parts[from + place] as number;
        const voted = (flag & VOTED) !== 0;
        perExpert.push({
          expert,
          reliability: voted ? number(0) : null,
          interval: voted ? [number(1), number(2)] : null,
          weightUsed: number(3),
          contribution: number(4),
          logOdds: number(5),
          pivotal: (flag & PIVOTAL) !== 0,
        });
        if ((flag & DISSENTS) !== 0) dissent.push(expert);
      }
      return { ...answer, consensus: { ...answer.consensus, perExpert, dissent, flip: Array.from(flip, name) } };
    } finally {
      answers.free();
    }
  });
}

function columnsOf(call: ConsensusCall): Columns | undefined {
  const { votes, ...rest } = call;
  const codes = new Uint32Array(votes.length * CODES);
  const numbers = new Float64Array(votes.length * NUMBERS);
  const options = new Map<string, number>();
  const lineages = new Map<string, number>();
  const whole: Vote[] = [];
  let names = '';
  for (const [at, vote] of votes.entries()) {
    names += vote.expert + END;
    const from = at * CODES;
    if (saysMore(vote)) {
      codes[from + 2] = WHOLE;
      whole.push(vote);
      continue;
    }
    codes[from] = codeOf(options, vote.option);
    codes[from + 1] = codeOf(lineages, vote.lineage);
    codes[from + 2] = STATUSES.indexOf(vote.status ?? 'ok') + (vote.veto === true ? VETO : 0);
    numbers[from] = given(vote.confidence);
    numbers[from + 1] = given(vote.weight);
    numbers[from + 2] = given(vote.reliability);
  }
  for (const name of options.keys()) names += name + END;
  for (const name of lineages.keys()) names += name + END;
  // A name with the character in it would be two.
  let ends = 0;
  for (let at = names.indexOf(END); at >= 0; at = names.indexOf(END, at + 1)) ends++;
  if (ends !== votes.length + options.size + lineages.size) return undefined;
  return {
    call: { ...rest, votes: whole },
    names,
    counts: Uint32Array.of(options.size, lineages.size),
    codes,
    numbers,
  };
}

/** Whether a vote says what only JSON carries. Reasons and severity are no evidence. */
function saysMore({ probabilities, confusion, costUsd, elapsedMs }: Vote): boolean {
  return !isEmpty(probabilities) || !isEmpty(confusion) || !isSum(costUsd) || !isSum(elapsedMs);
}

function isEmpty(table: object | undefined): boolean {
  if (table !== undefined) for (const _ in table) return false;
  return true;
}

/** Not given, or what a cost or a time may be. */
function isSum(number: number | undefined | null): boolean {
  return number === undefined || number === null || number >= 0;
}

/** 1 + the index of a name; 0: none. */
function codeOf(codes: Map<string, number>, name: string | undefined | null): number {
  if (name === undefined || name === null) return 0;
  const known = codes.get(name);
  if (known !== undefined) return known;
  codes.set(name, codes.size + 1);
  return codes.size;
}

/** JSON has no number that is not finite either: it is not given. */
function given(number: number | undefined | null): number {
  return number !== undefined && number !== null && Number.isFinite(number) ? number : Number.NaN;
}
