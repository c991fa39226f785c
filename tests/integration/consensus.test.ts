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

test.each(['majority', 'weighted', 'bayesian', 'log-pool', 'median', 'dawid-skene'])(
  '--method %s counts more than the file',
  async (method) => {
    using space = new Workspace();
    const file = space.file('votes.json', { votes, method: 'majority' });
    expect((await space.json('consensus', file, '--method', method)).document).toMatchObject({
      method,
      outcome: 'approve',
    });
  },
);

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
  for (const option of ['__proto__', 'constructor']) {
    const odd = await space.run('consensus', space.file('odd.json', [{ expert: option, option }]));
    expect(odd.stdout.split('\n')[0]).toBe(`${option} (weighted)`);
  }
});

test.each<[string, string, string[], string]>([
  ['a file that is not there', '', ['nowhere.json'], 'file_not_found'],
  ['an empty file', '', ['votes.json'], 'file_empty'],
  ['what is not JSON', '{"votes": [', ['votes.json'], 'invalid_votes'],
  ['no votes', '[]', ['votes.json'], 'no_votes'],
  ['a confidence out of range', '[{"expert":"a","option":"x","confidence":1.2}]', ['votes.json'], 'invalid_votes'],
  ['an expert twice', '[{"expert":"a","option":"x"},{"expert":"a","option":"x"}]', ['votes.json'], 'invalid_votes'],
  ['an unknown field', '[{"expert":"a","option":"x","wieght":1}]', ['votes.json'], 'invalid_votes'],
  ['an unknown method', '[{"expert":"a","option":"x"}]', ['votes.json', '--method', 'borda'], 'invalid_usage'],
  ['the median of labels', '', ['--labels', 'x.csv', '--method', 'median'], 'invalid_usage'],
  ['outcomes with labels', '', ['--labels', 'x.csv', '--outcomes', 'y.csv'], 'invalid_usage'],
  [
    'outcomes for a method that is not fitted',
    '',
    ['--forecasts', 'x.csv', '--method', 'weighted', '--outcomes', 'y.csv'],
    'invalid_usage',
  ],
  ['labels', '[{"expert":"a","option":"x"}]', ['votes.json', '--labels', 'x.csv'], 'invalid_usage'],
  ['nothing to aggregate', '', [], 'invalid_usage'],
  ['two tables', '', ['--labels', 'x.csv', '--forecasts', 'x.csv'], 'invalid_usage'],
  ['forecasts that are not there', '', ['--forecasts', 'x.csv'], 'file_not_found'],
  ['a folder as a table', '', ['--labels', '.'], 'file_is_directory'],
  ['votes with a truth', '[{"expert":"a","option":"x"}]', ['votes.json', '--truth', 'x.csv'], 'invalid_usage'],
  ['a table of other columns', 'a,b\n1,2\n', ['--labels', 'votes.json'], 'invalid_table'],
])('%s is refused with exit code 2', async (_, content, args, code) => {
  using space = new Workspace();
  space.file('votes.json', content);
  expect(await space.json('consensus', ...args)).toMatchObject({ code: 2, document: { kind: 'error', code } });
});

const LABELS = 'task,worker,label\n2,ann,"yes, sir"\n1,ann,no\n1,bob,"yes, sir"\n2,bob,"yes, sir"\n';

test('a table of labels becomes a table of answers; what is known of it goes to stderr', async () => {
  using space = new Workspace();
  const file = space.file('labels.csv', LABELS);
  const truth = space.file('truth.csv', 'task,label\n1,no\n2,no\n');
  const { code, stdout, stderr } = await space.run(
    'consensus',
    '--labels',
    file,
    '--method',
    'majority',
    '--truth',
    truth,
  );
  expect([code, stdout]).toEqual([0, 'task,label\n1,\n2,"yes, sir"\n']);
  // One pair of two disagrees: 1 − 3 · 2 / 6.
  expect(stderr).toBe(
    "majority: 2 tasks, 2 workers, 4 rows; 1 tie\nKrippendorff's alpha 0.000\naccuracy 0.2500 of 2 tasks\n",
  );
  const { document } = await space.json('consensus', '--labels', file, '--method', 'dawid-skene');
  expect(document).toMatchObject({
    version: 1,
    kind: 'labels',
    method: 'dawid-skene',
    rows: 4,
    answers: [{ task: '1' }, { task: '2', label: 'yes, sir' }],
  });
  const piped = await space.start(['consensus', '--labels', '-', '--method', 'majority'], { input: LABELS }).ended;
  expect(piped.stdout).toBe(stdout);
});

test('a table of forecasts becomes a table of probabilities', async () => {
  using space = new Workspace();
  const file = space.file('forecasts.csv', 'question,forecaster,p\nq,ann,0.5\nq,bob,1\n');
  const truth = space.file('truth.csv', 'question,outcome\nq,1\n');
  const { code, stdout, stderr } = await space.run(
    'consensus',
    '--forecasts',
    file,
    '--method',
    'weighted',
    '--truth',
    truth,
  );
  expect([code, stdout]).toEqual([0, 'question,p\nq,0.75\n']);
  expect(stderr).toBe('weighted: 1 question, 2 forecasters, 2 rows\nBrier score 0.0625 of 1 question\n');
  for (const method of ['majority', 'bayesian', 'dawid-skene']) {
    const answer = (await space.json('consensus', '--forecasts', file, '--method', method)).document;
    expect(answer).toMatchObject({ kind: 'forecasts', method, converged: true, answers: [{ question: 'q' }] });
    expect(answer.answers[0].p).toBeGreaterThan(0.5);
  }
  const past = space.file('past.csv', 'question,outcome\nq,1\n');
  const fitted = await space.run('consensus', '--forecasts', file, '--outcomes', past, '--truth', truth);
  expect(fitted.stderr).toMatch(
    /^log-pool: 1 question, 2 forecasters, 2 rows\nfitted to 1 outcome: log-odds times 1\.0\d\d\nBrier score not known of 0 questions\n$/,
  );
  const { document } = await space.json('consensus', '--forecasts', file);
  // Half of the log-odds of .99, times 1.3.
  const p = 1 / (1 + Math.exp((-1.3 * Math.log(99)) / 2));
  expect(document).toMatchObject({
    kind: 'forecasts',
    method: 'log-pool',
    answers: [{ question: 'q', p: expect.closeTo(p, 12) }],
  });
});
