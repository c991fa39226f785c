// The circle in assent.config.yaml: what it means, where a mistake stands, and that the published schema says the same.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { policyFor } from '../../../../src/app/gate/circle.ts';
import { decide } from '../../../../src/core/calls.ts';
import { thresholdsFor } from '../../../../src/domain/circle.ts';
import type { InvalidInput } from '../../../../src/domain/errors.ts';
import { configOf, readConfig } from '../../../../src/edge/config/file.ts';
import { circleOf } from '../../../../src/edge/config/open.ts';
import { configSchema } from '../../../../src/edge/service/config.ts';

const WHOLE = `
circle:
  experts:
    cost: { weight: 0.5 }
    hygiene: { enabled: false }
    permissions: { veto: true }
    reviewer:
      costUsd: 0.02
      model: { provider: openai-compatible, name: m-1, baseUrl: "https://models.example/v1", apiKeyEnv: ASSENT_KEY_M }
  quorum: { count: 3, lineages: 2 }
  approve: 0.65
  stop: { rule: sprt, wrongApprovals: 0.01, wrongRefusals: 0.1 }
  environments:
    - { stacks: ["prod-*"], approve: 0.8, errorRate: 0.05, alwaysAsk: true }
    - { stacks: ["*"], objection: 0.9 }
  budget: { runUsd: 0.1, dayUsd: 5 }
`;

test('what a file says is what the core judges by, environment by environment', () => {
  const { circle } = configOf(WHOLE, 'f');
  if (circle === undefined) throw new Error('no circle');
  expect(thresholdsFor(circle, 'prod-web')).toEqual({
    approve: 0.8,
    refuse: 0.6,
    objection: 0.75,
    errorRate: 0.05,
    alwaysAsk: true,
  });
  expect(thresholdsFor(circle, 'test')).toMatchObject({ approve: 0.65, objection: 0.9, alwaysAsk: false });
  const policy = policyFor(circle, 'prod-web');
  expect(policy.experts).toMatchObject({ reviewer: { costUsd: 0.02, lineage: 'm-1' }, hygiene: { enabled: false } });
  expect(decide({ policy, votes: [] })).toMatchObject({
    type: 'ask',
    next: expect.arrayContaining(['reviewer', 'permissions']),
  });
});

test('a file without a word about the circle means the built-in one, and one with an empty circle judges alike', () => {
  expect(configOf('ownApproval: true\n', 'f').circle).toBeUndefined();
  const { circle } = configOf('circle: {}\n', 'f');
  if (circle === undefined) throw new Error('no circle');
  const votes = ['policy', 'blast-radius', 'data-safety', 'cost'].map((expert) => ({
    expert,
    option: 'approve',
    confidence: 0.7,
  }));
  const more = { votes, last: true, outcomes: [] };
  expect(decide({ ...more, policy: policyFor(circle, 's') })).toEqual(decide(more));
});

test('a place where time is short consults no longer than it can; the digest is of what was configured', () => {
  const circle = configOf('circle: {deadlineMs: 900000}', 'f').circle;
  const [whole, short] = [circleOf(circle), circleOf(circle, 600_000)];
  expect([whole?.settings.deadlineMs, short?.settings.deadlineMs]).toEqual([900_000, 600_000]);
  expect(circleOf(circle, 1_000_000)?.settings.deadlineMs).toBe(900_000);
  expect(short?.digest).toBe(whole?.digest);
});

test('the digest is that of what it means', () => {
  const digest = (text: string) => circleOf(configOf(text, 'f').circle)?.digest;
  expect(digest('circle: {}\n')).toBe(digest('# the same\ncircle: { approve: 0.6 }\n'));
  expect(digest('circle: {}\n')).not.toBe(digest('circle: { approve: 0.7 }\n'));
  const [cost, policy] = ['cost: { weight: 2 }', 'policy: { weight: 3 }'];
  const two = `circle: { experts: { ${cost}, ${policy} } }\n`;
  expect(digest(two)).toBe(digest(`circle: { experts: { ${policy}, ${cost} } }\n`));
  expect(digest(two)).not.toBe(digest(two.replace('2', '3')));
  expect(digest('')).toBeUndefined();
});

test.each<[string, string, RegExp]>([
  ['what is not YAML', 'circle: [\n', /^f:2:1: /],
  ['a key twice', 'circle: {}\ncircle: {}\n', /^f:2:1: /],
  ['an unknown key', 'circle:\n  aprove: 0.7\n', /2:3: circle: .*aprove/],
  [
    'an unknown key of an expert',
    'circle:\n  experts:\n    cost:\n      weight: 1\n      vetto: true\n',
    /5:7: .*vetto/,
  ],
  ['a threshold that is none', 'circle:\n  approve: 0.5\n', /2:3: circle\/approve/],
  ['a weight of nothing', 'circle:\n  experts:\n    cost: {weight: 0}\n', /3:12: circle\/experts\/cost\/weight/],
  ['an expert that nobody knows', 'circle:\n  experts:\n    costs: {}\n', /3:5: .*costs is not built in/],
  [
    'a model for one that is built in',
    `circle:\n  experts:\n    cost: {model: {provider: bedrock, name: x}}\n`,
    /3:12: .*built in/,
  ],
  [
    'a server without an address',
    'circle:\n  experts:\n    m: {model: {provider: openai-compatible, name: x}}\n',
    /3:9: .*baseUrl/,
  ],
  [
    'another variable than one that is meant for a model',
    'circle:\n  experts:\n    m: {model: {provider: bedrock, name: x, apiKeyEnv: AWS_SESSION_TOKEN}}\n',
    /3:45: .*apiKeyEnv/,
  ],
  ['a rule that there is not', 'circle:\n  stop: {rule: never}\n', /2:\d+: circle\/stop/],
  [
    'bounds that leave no room',
    'circle:\n  stop: {rule: sprt, wrongApprovals: 0.6, wrongRefusals: 0.6}\n',
    /2:3: circle\/stop/,
  ],
  [
    'a quorum that cannot be',
    'circle:\n  quorum: {count: 9}\n',
    /2:12: circle\/quorum\/count: the circle has 8 experts/,
  ],
  [
    'more lineages than there are',
    'circle:\n  experts:\n    cost: {lineage: m}\n    policy: {lineage: m}\n  quorum: {lineages: 8}\n',
    /5:12: circle\/quorum\/lineages: the circle has 7 lineages/,
  ],
  ['a name that no object can hold', 'circle:\n  experts:\n    __proto__: {weight: 2}\n', /^f:3:5: __proto__/],
  ['a second document', 'circle: {}\n---\ncircle: {}\n', /^f:2:1: A second document/],
  [
    'an environment for nothing',
    'circle:\n  environments:\n    - {stacks: []}\n',
    /3:8: circle\/environments\/0\/stacks/,
  ],
])('%s is refused with line and column', (_, text, said) => {
  let error: unknown;
  try {
    configOf(text, 'f');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: 'InvalidInput', code: 'invalid_config' });
  expect((error as Error).message).toMatch(said);
  expect((error as InvalidInput).problems[0]?.line).toBeGreaterThan(0);
});

test('a file that is none, or no text, is refused as such', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assent-config-'));
  try {
    const file = join(folder, 'c.yaml');
    const code = (path: string) => {
      try {
        return readConfig(path);
      } catch (thrown) {
        return (thrown as InvalidInput).code;
      }
    };
    expect(code(folder)).toBe('file_is_directory');
    expect(code(file)).toBe('file_not_found');
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x63]));
    expect(code(file)).toBe('file_not_text');
    writeFileSync(file, '\uFEFFcircle: { approve: 0.7 }\r\n');
    expect(code(file)).toMatchObject({ circle: { approve: 0.7 } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the published schema is the one that is understood, and takes and refuses the same', () => {
  const published = JSON.parse(
    readFileSync(new URL('../../../../docs/assent.config.schema.json', import.meta.url), 'utf8'),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(configSchema())));
  const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(published);
  expect(valid(parse(WHOLE)), JSON.stringify(valid.errors)).toBe(true);
  expect(valid({})).toBe(true);
  for (const wrong of [
    { circle: { aprove: 1 } },
    { circle: { approve: 0.5 } },
    { access: [] },
    { circle: { stop: { rule: 'x' } } },
  ]) {
    expect(valid(wrong), JSON.stringify(wrong)).toBe(false);
  }
});

test.each([
  ['an alias of nothing', '*a', 'Unresolved alias'],
  ['an alias of nothing below', 'circle: *a', 'Unresolved alias'],
  [
    'aliases of too much',
    `${['a: &a [x, x, x, x, x, x, x, x, x, x]', ...'bcdefg'].map((name, at) => (at === 0 ? name : `${name}: &${name} [${`*${'abcdefg'[at - 1]}, `.repeat(10)}]`)).join('\n')}`,
    'alias',
  ],
])('%s is refused by name', (_, text, message) => {
  expect(() => configOf(text, 'f.yaml')).toThrow(
    expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(message) }),
  );
});
