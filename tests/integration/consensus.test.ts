// `assent consensus` as a user runs it.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const votes = [
  { expert: 'ann', option: 'approve', confidence: 0.9 },
  { expert: 'bob', option: 'refuse', confidence: 0.6, reasons: 'too late in the week' },
  { expert: 'cy', choice: 'approve', confidence: 0.7 },
];

test('votes of a file or of stdin become one document', async () => {
  using space = new Workspace();
  const file = space.file('votes.json', { question: 'Ship it?', votes });
  const { code, document } = await space.json('consensus', file);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    version: 1,
    kind: 'consensus',
    outcome: 'approve',
    agreement: { alpha: 0, entropyBits: expect.any(Number) },
    nEff: 3,
    dissent: ['bob'],
    method: 'weighted',
  });
  expect(document.posterior.approve).toBeCloseTo((0.9 + 0.4 + 0.7) / 3, 12);
  expect(document.perExpert.map(({ expert }: { expert: string }) => expert)).toEqual(['ann', 'bob', 'cy']);
  const piped = await space.start(['consensus', '-', '--format', 'json'], { input: JSON.stringify(votes) }).ended;
  expect(JSON.parse(piped.stdout)).toEqual(document);
});

test.each(['majority', 'weighted', 'bayesian', 'log-pool'])('--method %s counts more than the file', async (method) => {
  using space = new Workspace();
  const file = space.file('votes.json', { votes, method: 'majority' });
  expect((await space.json('consensus', file, '--method', method)).document).toMatchObject({
    method,
    outcome: 'approve',
  });
});

test('people read outcome, shares and who dissents', async () => {
  using space = new Workspace();
  const { stdout } = await space.run('consensus', space.file('votes.json', votes));
  expect(stdout).toMatch(/^approve \(weighted\)\n/);
  expect(stdout).toMatch(/approve +66\.7 %\n +refuse +33\.3 %/);
  expect(stdout).toMatch(/bob .* dissents\n/);
  const tie = await space.run(
    'consensus',
    space.file(
      'tie.json',
      votes.slice(0, 2).map((vote) => ({ ...vote, confidence: 0.8 })),
    ),
  );
  expect([tie.code, tie.stdout]).toEqual([0, expect.stringContaining('A tie')]);
});

test.each<[string, string, string[], string]>([
  ['a file that is not there', '', ['nowhere.json'], 'file_not_found'],
  ['an empty file', '', ['votes.json'], 'file_empty'],
  ['what is not JSON', '{"votes": [', ['votes.json'], 'invalid_votes'],
  ['no votes', '[]', ['votes.json'], 'no_votes'],
  ['a confidence out of range', '[{"expert":"a","option":"x","confidence":1.2}]', ['votes.json'], 'invalid_votes'],
  ['an expert twice', '[{"expert":"a","option":"x"},{"expert":"a","option":"x"}]', ['votes.json'], 'invalid_votes'],
  ['an unknown field', '[{"expert":"a","option":"x","wieght":1}]', ['votes.json'], 'invalid_votes'],
  ['an unknown method', '[{"expert":"a","option":"x"}]', ['votes.json', '--method', 'dawid-skene'], 'invalid_usage'],
  ['labels', '[{"expert":"a","option":"x"}]', ['votes.json', '--labels', 'x.csv'], 'invalid_usage'],
  ['forecasts', '[{"expert":"a","option":"x"}]', ['--forecasts', 'x.csv'], 'invalid_usage'],
])('%s is refused with exit code 2', async (_, content, args, code) => {
  using space = new Workspace();
  space.file('votes.json', content);
  expect(await space.json('consensus', ...args)).toMatchObject({ code: 2, document: { kind: 'error', code } });
});
