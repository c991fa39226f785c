// Tables of labels and forecasts through the door: the published example, ties, what rows' order may not change, refusals.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregateForecasts } from '../../../../src/app/tables/forecasts.ts';
import { aggregateLabels, TABLE_METHODS } from '../../../../src/app/tables/labels.ts';

function source(name: string, header: string, rows: readonly (readonly (string | number)[])[]) {
  async function* chunks() {
    yield new TextEncoder().encode([header, ...rows.map((row) => row.join(','))].map((line) => `${line}\n`).join(''));
  }
  return { name, chunks: chunks() };
}

type Rows = readonly (readonly (string | number)[])[];
type Method = (typeof TABLE_METHODS)[number];
const labelled = (rows: Rows, method: Method = 'majority', truth?: Rows) =>
  aggregateLabels({
    labels: source('labels.csv', 'task,worker,label', rows),
    ...(truth === undefined ? {} : { truth: source('truth.csv', 'task,label', truth) }),
    method,
  });
const forecast = (rows: Rows, method: Method = 'log-pool', truth?: Rows) =>
  aggregateForecasts({
    forecasts: source('forecasts.csv', 'question,forecaster,p', rows),
    ...(truth === undefined ? {} : { truth: source('truth.csv', 'question,outcome', truth) }),
    method,
  });

test('the anaesthetists of Dawid and Skene get the classes of the paper', async () => {
  const url = new URL('../../../vectors/consensus/anaesthetists.json', import.meta.url);
  const vector: { readings: string[]; posterior: number[][] } = JSON.parse(readFileSync(url, 'utf8'));
  const rows = vector.readings.flatMap((readings, patient) =>
    readings
      .split(' ')
      .flatMap((classes, observer) => [...classes].map((label) => [`p${patient + 1}`, `o${observer + 1}`, label])),
  );
  const { tasks, labels, probabilities, repeated, converged } = await labelled(rows, 'dawid-skene');
  expect([tasks.length, repeated, converged]).toEqual([45, 90, true]);
  for (const [at, task] of tasks.entries()) {
    const golden = vector.posterior[Number(task.slice(1)) - 1] as number[];
    const best = golden.indexOf(Math.max(...golden));
    expect([task, labels[at]]).toEqual([task, String(best + 1)]);
    expect(Math.abs((probabilities[at] as number) - (golden[best] as number))).toBeLessThan(0.03);
  }
});

describe.each(TABLE_METHODS)('%s of few', (method) => {
  test('one worker, or one task, is answered by its labels', async () => {
    const one = await labelled(
      [
        ['t1', 'ann', 'yes'],
        ['t2', 'ann', 'no'],
        ['t3', 'ann', 'yes'],
      ],
      method,
    );
    expect([one.labels, one.ties, one.agreement]).toEqual([['yes', 'no', 'yes'], 0, { alpha: null }]);
    expect((await labelled([['t', 'ann', 'a']], method)).labels).toEqual(['a']);
  });

  test('one forecaster is on its own side', async () => {
    const rows = [
      ['q1', 'ann', 0.8],
      ['q2', 'ann', 0.3],
      ['q3', 'ann', 0],
    ] as const;
    const { p } = await forecast(rows, method);
    for (const [at, one] of p.entries()) expect([at, one >= 0 && one <= 1, one > 0.5]).toEqual([at, true, at === 0]);
  });
});

test('one forecaster alone is not extremised, and outcomes of other questions correct it', async () => {
  const rows = Array.from({ length: 300 }, (_, at) => [`q${at}`, 'ann', at % 2 ? 0.6 : 0.4] as const);
  const alone = await forecast(rows);
  expect([alone.shared, alone.p[0], alone.p[1]]).toEqual([1, expect.closeTo(0.4, 12), expect.closeTo(0.6, 12)]);
  // Right in nine of ten: 0.6 should have been 0.9.
  const past = rows.slice(0, 200).map(([question], at) => [question, Number((at % 2 === 1) !== at % 20 < 2)] as const);
  const truth = rows.map(([question], at) => [question, at % 2] as const);
  const fitted = await aggregateForecasts({
    forecasts: source('forecasts.csv', 'question,forecaster,p', rows),
    outcomes: source('past.csv', 'question,outcome', past),
    truth: source('truth.csv', 'question,outcome', truth),
    method: 'log-pool',
  });
  expect(fitted.fitted?.outcomes).toBe(200);
  expect(fitted.fitted?.factor).toBeGreaterThan(2);
  expect(fitted.p[299]).toBeGreaterThan(0.65);
  // What it was fitted to is no proof of it.
  expect(fitted.truth?.judged).toBe(100);
});

describe('ties and truth', () => {
  const rows = [
    ['t1', 'ann', 'yes'],
    ['t1', 'bob', 'no'],
    ['t2', 'ann', 'yes'],
    ['t2', 'bob', 'yes'],
    ['t3', 'ann', 'a'],
  ];

  test('a tie has no label', async () => {
    const { tasks, labels, ties } = await labelled(rows);
    expect({ tasks, labels, ties }).toEqual({ tasks: ['t1', 't2', 't3'], labels: [null, 'yes', 'a'], ties: 1 });
  });

  test('a tie is right by its share, a label that nobody gave is wrong, what nobody labelled is counted apart', async () => {
    const truth = [
      ['t1', 'no'],
      ['t2', 'yes'],
      ['t3', 'never'],
      ['t9', 'yes'],
    ];
    expect((await labelled(rows, 'majority', truth)).truth).toEqual({ accuracy: 0.5, judged: 3, unlabelled: 1 });
    expect((await labelled(rows, 'majority', [['t9', 'yes']])).truth).toEqual({
      accuracy: null,
      judged: 0,
      unlabelled: 1,
    });
  });

  test('Brier score over what is known', async () => {
    const { questions, p, truth } = await forecast(
      [
        ['q2', 'ann', 0.5],
        ['q1', 'ann', 0.6],
        ['q1', 'bob', 0.8],
      ],
      'weighted',
      [
        ['q1', 1],
        ['q3', 0],
      ],
    );
    expect(questions).toEqual(['q1', 'q2']);
    expect([...p]).toEqual([expect.closeTo(0.7, 12), 0.5]);
    expect(truth).toEqual({ brier: expect.closeTo(0.09, 12), judged: 1, unforecast: 1 });
  });
});

describe('the order of rows', () => {
  const row = fc.tuple(
    fc.constantFrom('t1', 't2', 't3', 't10'),
    fc.constantFrom('v', 'w', 'x'),
    fc.constantFrom('a', 'b', 'c'),
  );
  const shuffled = fc
    .array(row, { minLength: 1, maxLength: 30 })
    .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));

  test('of labels decides nothing', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, fc.constantFrom(...TABLE_METHODS), async ([rows, other], method) => {
        expect(await labelled(other, method)).toEqual(await labelled(rows, method));
      }),
    );
  });

  const forecasts = fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom('q1', 'q2'),
        fc.constantFrom('v', 'w', 'x', 'y'),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      {
        minLength: 1,
        selector: ([question, who]) => question + who,
      },
    )
    .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));

  test('of forecasts decides nothing', async () => {
    await fc.assert(
      fc.asyncProperty(forecasts, fc.constantFrom(...TABLE_METHODS), async ([rows, other], method) => {
        expect(await forecast(other, method)).toEqual(await forecast(rows, method));
      }),
    );
  });
});

describe('refusals', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['an empty task', () => labelled([['', 'w', 'a']]), 'labels.csv:2: the task is empty.'],
    [
      'an empty worker',
      () =>
        labelled([
          ['t', 'w', 'a'],
          ['t', '', 'a'],
        ]),
      'labels.csv:3: the worker is empty.',
    ],
    ['an empty label', () => labelled([['t', 'w', '']]), 'labels.csv:2: the label is empty.'],
    [
      'a truth twice',
      () =>
        labelled([['t', 'w', 'a']], 'majority', [
          ['t', 'a'],
          ['t', 'a'],
        ]),
      'truth.csv:3: task "t" is there twice.',
    ],
    ['an empty truth', () => labelled([['t', 'w', 'a']], 'majority', [['t', '']]), 'truth.csv:2: the label is empty.'],
    [
      'a forecast twice',
      () =>
        forecast([
          ['q', 'w', 0.1],
          ['q', 'w', 0.1],
        ]),
      'forecasts.csv:3: "w" forecasts "q" twice.',
    ],
    ['an empty forecaster', () => forecast([['q', '', 0.1]]), 'forecasts.csv:2: the forecaster is empty.'],
    ...['NaN', '1.1', '-0.1', '', 'Infinity', '0x1', '50%', '1e1'].map(
      (p): [string, () => Promise<unknown>, string] => [
        `the probability "${p}"`,
        () => forecast([['q', 'w', p]]),
        `forecasts.csv:2: p is "${p}", not a number from 0 to 1.`,
      ],
    ),
    [
      'an outcome out of range',
      () => forecast([['q', 'w', 0.1]], 'log-pool', [['q', 2]]),
      'truth.csv:2: the outcome is "2", not a number from 0 to 1.',
    ],
  ])('%s', async (_, work, message) => {
    await expect(work()).rejects.toMatchObject({ code: 'invalid_table', message });
  });

  test('a table that is too large for dawid-skene', async () => {
    const rows = Array.from({ length: 6_000 }, (_, at) => [`t${at}`, 'w', `l${at}`]);
    await expect(labelled(rows, 'dawid-skene')).rejects.toMatchObject({ code: 'table_too_large' });
  });
});
