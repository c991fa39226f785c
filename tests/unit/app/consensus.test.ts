// Aggregation through the door: the vectors, an oracle that writes the formulas down as they stand, and what is refused.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Consensus, ConsensusCall, Vote } from '#wasm';
import { aggregate, type ConsensusDocument, METHODS, questionFrom } from '../../../src/app/consensus.ts';

function vectors<T>(name: string): (T & { name: string; call: ConsensusCall })[] {
  return JSON.parse(readFileSync(new URL(`../../vectors/consensus/${name}.json`, import.meta.url), 'utf8'));
}

/** The same with numbers rounded where two logarithms may differ. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part) =>
    typeof part === 'number' ? Math.round(part * 1e11) / 1e11 + 0 : part,
  );
}

/** The value with each number that is within 1e-9 of the model's replaced by it: a sum depends on its order by so much. */
function nearlyAs(value: unknown, model: unknown): unknown {
  if (typeof value === 'number' && typeof model === 'number') return Math.abs(value - model) <= 1e-9 ? model : value;
  if (Array.isArray(value)) return value.map((item, at) => nearlyAs(item, (model as unknown[] | undefined)?.[at]));
  if (typeof value !== 'object' || value === null) return value;
  const other = (model ?? {}) as Record<string, unknown>;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, nearlyAs(item, other[key])]));
}

describe('vectors', () => {
  test.each(vectors<{ answer: Consensus }>('answers'))('$name', ({ call, answer }) => {
    expect(rounded(aggregate(call))).toMatchObject(rounded({ version: 1, kind: 'consensus', ...answer }) as object);
  });

  test.each(vectors<{ problems: string[] }>('refusals'))('$name is refused', ({ call, problems }) => {
    expect(refusal(call)).toMatchObject({
      code: 'invalid_votes',
      kind: 'invalid',
      problems: problems.map((message) => ({ message })),
    });
  });
});

/** FACTS "Consensus", nothing clever: products instead of logarithms, pairs instead of counts. */
function oracle(call: ConsensusCall, votes: readonly Vote[]): Record<string, number> {
  const options = [...new Set([...(call.options ?? []), ...call.votes.flatMap(({ option }) => option ?? [])])];
  const k = options.length;
  if (k < 2) return Object.fromEntries(options.map((option) => [option, 1]));
  const clamp = (p: number) => Math.min(0.99, Math.max(0.01, p));
  const own = (p: number, vote: Vote, option: string) => (vote.option === option ? p : (1 - p) / (k - 1));
  const total = votes.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let pairs = 0;
  let related = 0;
  for (const one of votes) {
    for (const other of votes) {
      if (one === other) continue;
      pairs += 1;
      if (one.lineage !== undefined && one.lineage === other.lineage) related += 0.5;
    }
  }
  const n = votes.length;
  const nEff = n / (1 + (n - 1) * (pairs === 0 ? 0 : related / pairs));
  const score = (option: string): number => {
    switch (call.method) {
      case 'majority':
        return votes.filter((vote) => vote.option === option).length;
      case 'bayesian':
        return votes.reduce(
          (p, vote) => p * own(clamp(vote.reliability ?? vote.confidence ?? 0.8), vote, option) ** (nEff / n),
          1,
        );
      case 'log-pool':
        // The prior is equal for all options, so it cancels.
        return votes.reduce(
          (p, vote) => p * own(clamp(vote.confidence ?? 0.8), vote, option) ** ((1.3 * (vote.weight ?? 1)) / total),
          1,
        );
      default:
        return votes.reduce((p, vote) => p + (vote.weight ?? 1) * own(vote.confidence ?? 0.8, vote, option), 0) / total;
    }
  };
  const scores = options.map((option) => (n === 0 ? 1 : score(option)));
  const sum = scores.reduce((left, right) => left + right, 0);
  return Object.fromEntries(options.map((option, at) => [option, (scores[at] ?? 0) / sum]));
}

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const votesOf = fc
  .array(
    fc.record({
      option: fc.constantFrom('w', 'x', 'y'),
      confidence: maybe(probability),
      reliability: maybe(probability),
      weight: maybe(fc.double({ min: 0.01, max: 100, noNaN: true })),
      lineage: maybe(fc.constantFrom('m', 'n')),
      status: maybe(fc.constantFrom('ok' as const, 'abstained' as const, 'failed' as const)),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((votes) => votes.map((vote, at) => defined({ expert: `e${at}`, ...vote }) as Vote));
const callOf = fc
  .record({
    votes: votesOf,
    // `median` and `dawid-skene` have tests of their own in the core.
    method: fc.constantFrom(...METHODS.filter((method) => method !== 'median' && method !== 'dawid-skene')),
    quorum: fc.constantFrom(0, 0.5, 1),
    extra: fc.boolean(),
  })
  .map(({ extra, ...call }): ConsensusCall => (extra ? { ...call, options: ['w', 'x', 'y', 'z'] } : call));

function defined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

test('posterior, contribution and outcome are those of the formulas', () => {
  fc.assert(
    fc.property(callOf, (call) => {
      const answer = aggregate(call);
      const valid = call.votes.filter(({ status = 'ok' }) => status === 'ok');
      const expected = oracle(call, valid);
      expect(Object.keys(answer.posterior).sort()).toEqual(Object.keys(expected).sort());
      for (const [option, p] of Object.entries(expected)) expect(answer.posterior[option]).toBeCloseTo(p, 9);
      const best = Math.max(...Object.values(expected));
      const ahead = Object.keys(expected).filter((option) => best - (expected[option] ?? 0) < 1e-9);
      // A hair's breadth from a tie the last digit decides; the property speaks of all others.
      const close = Object.values(expected).some((p) => p !== best && best - p > 1e-11 && best - p < 1e-7);
      if (valid.length === 0) expect(answer.outcome).toBe('no_votes');
      else if (valid.length < Number(call.quorum ?? 0) * call.votes.length) expect(answer.outcome).toBe('no_quorum');
      else if (!close) expect(answer.outcome).toBe(ahead.length === 1 ? ahead[0] : 'tie');
      for (const { expert, contribution } of answer.perExpert) {
        const vote = valid.find((one) => one.expert === expert);
        const chosen = expected[answer.outcome];
        if (vote === undefined || chosen === undefined) expect(contribution).toBe(0);
        else {
          const without =
            oracle(
              call,
              valid.filter((one) => one !== vote),
            )[answer.outcome] ?? Number.NaN;
          expect(contribution).toBeCloseTo(chosen - without, 9);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('the order of votes decides nothing', () => {
  fc.assert(
    fc.property(callOf, fc.integer({ min: 0, max: 9 }), (call, by) => {
      const votes = [...call.votes.slice(by), ...call.votes.slice(0, by)].reverse();
      const expected = aggregate(call);
      expect(nearlyAs(aggregate({ ...call, votes }), expected)).toEqual(expected);
    }),
  );
});

test('ten thousand votes are aggregated, a flood is refused', () => {
  const votes = (n: number) =>
    Array.from({ length: n }, (_, at) => ({ expert: `e${at}`, option: at % 3 === 0 ? 'x' : 'y' }));
  for (const method of METHODS) expect(aggregate({ votes: votes(10_000), method }).outcome).toBe('y');
  expect(refusal({ votes: votes(100_001) })).toMatchObject({ code: 'invalid_votes' });
});

describe.each(METHODS)('nothing approves by accident: %s', (method) => {
  const yes = { expert: 'a', option: 'approve', confidence: 0.9 };
  const no = { expert: 'b', option: 'refuse', confidence: 0.9 };
  const asked = { options: ['approve', 'refuse'], method };

  test.each<[string, unknown]>([
    ['a confidence that is no number', [{ ...yes, confidence: Number.NaN }]],
    ['a confidence of null beside words', [{ ...yes, confidence: '1' }]],
    ['a negative confidence', [{ ...yes, confidence: -0.1 }]],
    ['a confidence above one', [{ ...yes, confidence: 1.0000001 }]],
    ['a negative weight', [{ ...yes, weight: -1 }, no]],
    ['a weight of zero', [{ ...yes, weight: 0 }]],
    ['an infinite weight', [{ ...yes, weight: Number.POSITIVE_INFINITY }]],
    ['probabilities that do not sum to one', [{ expert: 'a', probabilities: { approve: 0.9, refuse: 0.3 } }]],
    ['a negative probability', [{ expert: 'a', probabilities: { approve: 1.2, refuse: -0.2 } }]],
    ['probabilities that are no numbers', [{ expert: 'a', probabilities: { approve: 'all' } }]],
    ['probabilities beside an option', [{ ...yes, probabilities: { approve: 1 } }]],
    ['an expert twice', [yes, { ...yes, confidence: 0.8 }]],
    ['an option outside the set', [{ ...yes, option: 'approved' }]],
    ['an option in capitals', [{ ...yes, option: 'APPROVE' }]],
    ['an option with a space', [{ ...yes, option: 'approve ' }]],
    ['an option that is a list', [{ ...yes, option: ['approve'] }]],
    ['a negative count', [{ ...yes, confusion: { approve: { approve: -1 } } }]],
    ['an unknown status', [{ ...yes, status: 'OK' }]],
  ])('%s is refused', (_, votes) => {
    expect(refusal({ ...asked, votes })).toMatchObject({ code: 'invalid_votes', kind: 'invalid' });
  });

  test.each<[string, object]>([
    ['abstentions alone', { votes: [{ ...yes, status: 'abstained' }] }],
    ['timeouts alone', { votes: [{ ...yes, status: 'timed_out' }] }],
    ['invalid answers alone', { votes: [{ ...yes, status: 'invalid' }] }],
    [
      'failures alone',
      {
        votes: [
          { ...yes, status: 'failed' },
          { ...no, status: 'failed' },
        ],
      },
    ],
    ['an abstention without an option', { votes: [{ expert: 'a', status: 'abstained' }] }],
    [
      'probabilities without a most probable option',
      { votes: [{ expert: 'a', probabilities: { approve: 0.5, refuse: 0.5 } }] },
    ],
    ['as many for as against', { votes: [yes, no] }],
    ['one of three, where two must', { votes: [yes], roster: ['a', 'b', 'c'], quorum: 0.6 }],
    [
      'two of one lineage, where two lineages must',
      {
        votes: [
          { ...yes, lineage: 'm' },
          { ...yes, expert: 'c', lineage: 'm' },
        ],
        quorum: { lineages: 2 },
      },
    ],
    [
      'a veto that approves, where others must have voted',
      { votes: [{ ...yes, veto: true }], roster: ['a', 'b'], quorum: 1 },
    ],
    ['a veto', { votes: [yes, { ...yes, expert: 'c' }, { ...no, veto: true, confidence: 0.5 }] }],
    [
      'vetoes against each other',
      {
        votes: [
          { ...yes, veto: true },
          { ...no, veto: true },
          { ...yes, expert: 'c' },
        ],
      },
    ],
    [
      'a threshold that is not reached',
      {
        votes: [
          { ...yes, confidence: 0.6 },
          { ...no, confidence: 0.55 },
        ],
        threshold: 0.99,
      },
    ],
    [
      'asking that is cheapest',
      {
        votes: [yes, { ...yes, expert: 'c' }, no],
        loss: { approve: { refuse: 1e6 }, ask: { approve: 0.01, refuse: 0.01 } },
      },
    ],
  ])('%s', (_, call) => {
    const answer = aggregate({ ...asked, ...call });
    expect(answer.outcome).not.toBe('approve');
    expect(answer.decision).not.toBe('approve');
  });

  test('little confidence in the only option that is named is no approval, but where a vote is a vote', () => {
    const { decision, posterior } = aggregate({ options: ['approve'], method, votes: [{ ...yes, confidence: 0.1 }] });
    expect(decision).toBe(method === 'majority' ? 'approve' : 'refuse');
    expect(Object.keys(posterior)).toEqual(['approve', 'refuse']);
  });

  test('one expert is its option', () => {
    expect(aggregate({ ...asked, votes: [yes] })).toMatchObject({
      outcome: 'approve',
      decision: 'approve',
      why: 'clear',
    });
    expect(aggregate({ ...asked, votes: [no] })).toMatchObject({ outcome: 'refuse', decision: 'refuse' });
  });
});

describe('what people write', () => {
  const votes = [{ expert: 'ann', option: 'approve', confidence: 0.9, reasons: ['small change'] }];
  const plain = aggregate({ votes });

  test.each<[string, unknown]>([
    ['a bare list', votes],
    ['choice', [{ expert: 'ann', choice: 'approve', confidence: 0.9 }]],
    ['vote', [{ expert: 'ann', vote: 'approve', confidence: 0.9 }]],
    ['one reason without a list', [{ ...votes[0], reasons: 'small change' }]],
    ['null for what is not known', [{ ...votes[0], weight: null, lineage: null, choice: null }]],
    ['a question', { question: 'Ship it?', votes }],
  ])('%s is understood', (_, given) => {
    expect(aggregate(given)).toEqual(plain);
  });

  test.each<[string, unknown, string]>([
    ['a text', 'approve', 'the votes are neither an object nor a list'],
    ['no votes field', { question: 'x' }, 'votes is missing'],
    ['votes that are no list', { votes: {} }, 'votes is not a list'],
    ['a misspelt field', [{ ...votes[0], wieght: 3 }], 'votes[0].wieght is not a field of a vote'],
    ['a misspelt field of the question', { votes, qourum: 1 }, 'qourum is not a field of a question'],
    ['option and choice', [{ ...votes[0], choice: 'refuse' }], 'votes[0] has option and choice, which mean the same'],
    ['no expert', [{ option: 'x' }], 'votes[0] names no expert'],
    ['an empty expert', [{ expert: '', option: 'x' }], 'votes[0].expert is empty'],
    ['a vote that is a text', ['approve'], 'votes[0] is not an object'],
    ['a confidence in words', [{ ...votes[0], confidence: 'high' }], 'votes[0].confidence is not a number'],
    ['an infinite weight', [{ ...votes[0], weight: Number.POSITIVE_INFINITY }], 'votes[0].weight is not a number'],
    [
      'an unknown status',
      [{ ...votes[0], status: 'maybe' }],
      'votes[0].status is "maybe"; there are ok, abstained, timed_out, invalid, failed',
    ],
    ['a veto in words', [{ ...votes[0], veto: 'yes' }], 'votes[0].veto is neither true nor false'],
    [
      'an unknown method',
      { votes, method: 'borda' },
      'method is "borda"; there are majority, weighted, bayesian, log-pool, median, dawid-skene',
    ],
    ['a prior that is a list', { votes, prior: [0.5] }, 'prior is not an object of option and probability'],
    ['a roster of numbers', { votes, roster: [1] }, 'roster[0] is not a string'],
    [
      'a field from the prototype',
      JSON.parse('[{"expert":"a","option":"x","__proto__":{}}]'),
      'votes[0].__proto__ is not a field of a vote',
    ],
  ])('%s is refused', (_, given, problem) => {
    expect(refusal(given)).toMatchObject({ code: 'invalid_votes', kind: 'invalid', problems: [{ message: problem }] });
  });

  test('no votes are refused as such', () => {
    for (const given of [[], { votes: [] }])
      expect(refusal(given)).toMatchObject({ code: 'no_votes', kind: 'invalid' });
  });

  test('whatever is given, the answer is a document or a typed refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.record({ votes: fc.jsonValue() })), (given) => {
        const answer = outcomeOf(given);
        expect(answer instanceof Error ? (answer as { kind?: string }).kind : 'invalid').toBe('invalid');
      }),
    );
  });
});

function outcomeOf(given: unknown): ConsensusDocument | Error {
  try {
    return aggregate(given);
  } catch (error) {
    return error as Error;
  }
}

function refusal(given: unknown): Error {
  const answer = outcomeOf(given);
  if (answer instanceof Error) return answer;
  throw new Error(`was not refused: ${JSON.stringify(answer)}`);
}

test('half of a character, which JSON can hold and no text can, is refused by name', () => {
  for (const text of ['[{"expert": "a\\ud800", "option": "b"}]', '{"votes": [], "\\udc00": 1}']) {
    expect(refusal(questionFrom(text, 'v.json'))).toMatchObject({ code: 'invalid_votes', kind: 'invalid' });
  }
  expect(() => aggregate(questionFrom('[{"expert": "\\ud83d\\ude00", "option": "b"}]', 'v.json'))).not.toThrow();
});
