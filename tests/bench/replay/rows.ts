// The circle against each of its experts alone and against plain majority, on 500 made-up histories of ten changes.
//
// Targets, fixed on 26 November 2026 after a trial of 50 histories with another seed: the circle lets no more through than
// plain majority does, costs no more than plain majority and than the best single expert, and asks a person about a quarter
// of the changes at most; calibrated to an error rate, it is wrong about no more of all changes. `Everything asked` is what it costs to have no circle; `the odds known` is the bound: somebody who
// knows every probability of the generator, and only chance not.
import type { Row } from '../measure.ts';
import { histories } from './histories.ts';
import { alone, type Decision, hindsight, knowing, majority, type Score, score } from './judges.ts';
import { ERROR_RATE, replay } from './replay.ts';

const [STACKS, CHANGES, SEED] = [500, 10, 2026];
const MOST_ASKED = 0.25;

/** Scores of all judges by name, how many changes there were, and how many learning decided otherwise. */
function scores() {
  const replayed = replay(histories(STACKS, CHANGES, SEED));
  const good = replayed.map((one) => one.good);
  const of = (decide: (one: (typeof replayed)[number]) => Decision) => score(replayed.map(decide), good);
  const found = new Map<string, Score>();
  found.set(
    'circle, learning',
    of(({ learned }) => learned),
  );
  found.set(
    'circle, equal weights',
    of(({ equal }) => equal),
  );
  found.set(
    'circle, calibrated to 10 %',
    of(({ calibrated }) => calibrated),
  );
  found.set(
    'plain majority',
    of(({ votes }) => majority(votes)),
  );
  for (const { expert } of replayed[0]?.votes ?? []) {
    const name = `${expert} alone`;
    found.set(
      name,
      of(({ votes }) => alone(votes, expert)),
    );
  }
  found.set(
    'everything approved',
    of(() => 'approve'),
  );
  found.set(
    'everything asked',
    of(() => 'ask'),
  );
  found.set(
    'the odds known',
    of(({ risk }) => knowing(risk)),
  );
  found.set('the votes in hindsight', score(hindsight(replayed, 1), good));
  found.set('the votes in hindsight, asking a quarter at most', score(hindsight(replayed, MOST_ASKED), good));
  const changed = replayed.filter(({ equal, learned }) => equal !== learned).length;
  return { found, total: replayed.length, changed };
}

/** One row a judge and number, and how the circle compares. */
export function judged(): Row[] {
  const { found, total, changed } = scores();
  const row = (what: string, value: number, unit: string, target?: Row['target']): Row => ({
    area: 'consensus',
    what: `replay, ${what}`,
    value,
    unit,
    runs: total,
    ...(target === undefined ? {} : { target }),
  });
  const of = (name: string) => found.get(name) as Score;
  const [circle, plain] = [of('circle, learning'), of('plain majority')];
  const singles = [...found].filter(([name]) => name.endsWith(' alone')).map(([, score]) => score);
  const cheapest = (scores: readonly Score[]) => Math.min(...scores.map(({ cost }) => cost));
  const rare = singles.filter(({ asked }) => asked <= MOST_ASKED);
  const asks = ['circle, learning', 'circle, equal weights'];
  const calibrated = of('circle, calibrated to 10 %');
  const wrong = 100 * (1 - calibrated.accuracy) * (1 - calibrated.asked);
  const limit = { atMost: 100 * MOST_ASKED };
  const rows = [...found].flatMap(([name, { accuracy, wrongApprovals, asked, cost }]) => [
    ...(Number.isNaN(accuracy) ? [] : [row(`${name}: right where it decided`, 100 * accuracy, '%')]),
    row(`${name}: bad changes let through`, 100 * wrongApprovals, '%'),
    row(`${name}: people asked`, 100 * asked, '%', asks.includes(name) ? limit : undefined),
    row(`${name}: cost a change`, cost, 'min'),
  ]);
  return [
    ...rows,
    row('let through, circle / plain majority', circle.wrongApprovals / plain.wrongApprovals, 'x', { atMost: 1 }),
    row('cost, circle / plain majority', circle.cost / plain.cost, 'x', { atMost: 1 }),
    row('cost, circle / best single expert', circle.cost / cheapest(singles), 'x', { atMost: 1 }),
    row('cost, circle / best single expert that asks as rarely', circle.cost / cheapest(rare), 'x'),
    row('circle, calibrated to 10 %: wrong, of all changes', wrong, '%', { atMost: 100 * ERROR_RATE }),
    row('decisions that learning changed', changed, ''),
  ];
}
