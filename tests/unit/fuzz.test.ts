// Everything on this side of the core that reads what others wrote gets inputs that are almost right: it takes them or refuses
// them by name. What is found becomes a case of the reader's own tests. (The core's readers: wasm-core/tests/fuzz.rs.)
//
// ASSENT_FUZZ_S seconds for all of it (default 10), from ASSENT_SEED (default: any); a failure prints both.
import { describe, expect, test } from 'vitest';
import { aggregate, questionFrom } from '../../src/app/consensus.ts';
import { aggregateForecasts } from '../../src/app/tables/forecasts.ts';
import { aggregateLabels, TABLE_METHODS } from '../../src/app/tables/labels.ts';
import { parseParameterFile } from '../../src/cli/parameters.ts';
import { AssentError } from '../../src/domain/errors.ts';
import { configOf } from '../../src/edge/config/file.ts';
import { type ApiEvent, bodyOf } from '../../src/edge/http/api.ts';
import { HttpRefusal } from '../../src/edge/http/problem.ts';
import * as schemas from '../../src/edge/http/schemas.ts';
import { targetsFrom } from '../../src/edge/targets.ts';
import { chance } from '../bench/measure.ts';

const SECONDS = Number(process.env['ASSENT_FUZZ_S'] ?? 10);
const SEED = Number(process.env['ASSENT_SEED'] ?? Date.now() % 2 ** 31);

const TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '""',
    '"a,b"',
    ',,',
    '\n\n',
    '- ',
    '&a ',
    '*a',
    '<<: *a',
  ],
  ...[
    'null',
    'true',
    '-0',
    '1e309',
    '0.5',
    '-1',
    'NaN',
    'Infinity',
    '9007199254740993',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    '\u0000',
    '\ufeff',
    '\u2028',
    '\ud800',
    'é',
    '😀',
    '!!js/function',
    '%YAML 9.9\n',
    '--- ',
    '#',
    '$',
    '../',
    'version',
  ],
];

/** Whole numbers below an end; an input depends on the seed and its number alone. */
function randomOf(seed: number): (end: number) => number {
  const random = chance(seed);
  return (end) => Math.floor(random() * end);
}

/** One to eight changes of something that was right. */
function mutated(seeds: readonly string[], below: (end: number) => number): string {
  const one = () => seeds[below(seeds.length)] ?? '';
  let text = one();
  for (let changes = below(8) + 1; changes > 0; changes -= 1) {
    const at = below(text.length + 1);
    const end = Math.min(text.length, at + below(30));
    const token = TOKENS[below(TOKENS.length)] ?? '';
    const [before, part, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
    const other = one();
    const from = below(other.length);
    const changed = [
      before + after,
      before + token + text.slice(at),
      before + token + after,
      before + part.repeat(below(12)) + after,
      before + other.slice(from, from + below(80)) + after,
      before + String.fromCharCode(below(0x100)) + text.slice(at + 1),
      before,
    ];
    text = changed[below(changed.length)] ?? text;
  }
  return text;
}

const stream = (text: string) => ({
  name: 't.csv',
  chunks: (async function* () {
    // Cut in the middle of a character, too.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  })(),
});

const bodies = Object.entries(schemas).filter(([name]) => /(Body|Request)$/.test(name));

function body(text: string): void {
  const event = { headers: { 'content-type': 'application/json' }, body: text, isBase64Encoded: false };
  for (const [, schema] of bodies) {
    try {
      bodyOf(schema as Parameters<typeof bodyOf>[0], event as unknown as ApiEvent);
    } catch (error) {
      if (!(error instanceof HttpRefusal)) throw error;
    }
  }
}

const desired = {
  stack: 'web',
  template: 'Resources: {}',
  parameters: { A: 'b' },
  tags: { t: 'v' },
  maxConcurrency: 3,
};
const asked = [
  { ...desired, skipExperts: false, allowDataLoss: ['A'], imports: { A: 'i' }, moved: { A: 'B' }, failOn: 'high' },
  { targets: [desired, { stack: 'b', account: '123456789012', region: 'eu-west-1' }], toleratedFailures: 1 },
  { decision: 'approve', reason: 'good' },
  { template: 'Resources: {}', file: 'a.yaml', baseline: ['x'] },
  {
    votes: [{ expert: 'ann', option: 'approve', confidence: 0.9, weight: 2 }],
    method: 'bayesian',
    options: ['approve', 'refuse'],
  },
];
const targetsFile = (text: string) => targetsFrom(JSON.parse(text), 't.json');

const readers: [name: string, read: (text: string) => unknown, seeds: string[]][] = [
  ['HTTP bodies', body, asked.map((value) => JSON.stringify(value))],
  [
    'labels',
    async (text) => {
      for (const method of TABLE_METHODS) await aggregateLabels({ labels: stream(text), method });
    },
    ['task,worker,label\na,x,1\na,y,2\nb,x,1\nb,y,1\n', '"worker","task","label"\r\n"x","a","é"\r\n"y","a",""""\r\n'],
  ],
  [
    'forecasts',
    async (text) => {
      for (const method of TABLE_METHODS) {
        const { p } = await aggregateForecasts({ forecasts: stream(text), method });
        expect(p.every((one) => one >= 0 && one <= 1)).toBe(true);
      }
    },
    ['question,forecaster,p\na,x,0.5\na,y,1\nb,x,0\nb,y,0.25\n', 'p,question,forecaster\n1e-9,q,f\n.5,q,g\n'],
  ],
  [
    'votes',
    (text) => aggregate(questionFrom(text, 'v.json')),
    [JSON.stringify(asked[4]), '[{"expert":"a","option":"b"}]'],
  ],
  [
    'parameter files',
    (text) => parseParameterFile(text, 'p.json'),
    ['{"A": "b", "C": 1, "D": true}', '[{"ParameterKey": "A", "ParameterValue": "b"}]', '\ufeff{"A":"\\u00e9"}'],
  ],
  [
    'configurations',
    (text) => configOf(text, 'assent.config.yaml'),
    [
      'version: 1\naccess:\n  - who: ["*"]\n    may: [read, plan]\n    stacks: [a*]\nownApproval: false\n',
      'circle:\n  experts:\n    policy: {weight: 2}\n  quorum: {count: 2}\naudit:\n  keys:\n    - publicKey: x\n',
      '{"version": 1, "unattended": ["web-*"]}',
    ],
  ],
  [
    'target files',
    (text) => targetsFile(text),
    ['{"targets": [{"stack": "a", "wave": 2}, {"stack": "b", "region": "eu-west-1"}], "maxConcurrency": 3}'],
  ],
];

describe(`seed ${SEED}`, () => {
  test.each(readers)('%s', { timeout: (SECONDS + 60) * 1_000 }, async (name, read, seeds) => {
    const below = randomOf(SEED);
    const until = performance.now() + (SECONDS * 1_000) / readers.length;
    let number = 0;
    for (const seed of seeds) await read(seed);
    for (; performance.now() < until; number += 1) {
      const input = mutated(seeds, below);
      try {
        await read(input);
      } catch (error) {
        if (error instanceof AssentError && error.code !== 'internal_error') continue;
        // `targetsFile` is given what JSON was read from.
        if (error instanceof SyntaxError && name === 'target files') continue;
        throw new Error(`input ${number}: ${JSON.stringify(input)}`, { cause: error });
      }
    }
    expect(number).toBeGreaterThan(0);
  });
});
