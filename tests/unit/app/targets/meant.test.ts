// Which plan a target must come to when its turn comes, and what an approval of the whole answers for.
import { expect, test } from 'vitest';
import type { Plan } from '#wasm';
import { meantBy, notStarted } from '../../../../src/app/targets/deploy.ts';
import type { Verdict } from '../../../../src/domain/verdict.ts';

const plan = (digest: string, name: unknown) => ({ digest, stack: 's', resources: [{ name }] }) as unknown as Plan;
const verdict = (decision: Verdict['decision']) => ({ decision }) as Verdict;
const never = () => Promise.reject(new Error('planned again without need'));

test('a person who has answered for a split circle has answered for this very plan', async () => {
  const known = { plan: plan('one', 'a'), open: [] };
  expect(await meantBy({ ...known, verdict: verdict('ask') }, never)).toEqual({ approve: 'one' });
  expect(await meantBy({ ...known, verdict: verdict('approve') }, never)).toEqual({ expect: 'one' });
});

test('nobody has answered for what was open, and nothing else may have changed', async () => {
  const open = { plan: plan('one', { $import: 'x' }), open: ['x'], verdict: verdict('ask') };
  expect(await meantBy(open, async () => plan('two', 'value'))).toEqual({ expect: 'two' });
  const other = { ...plan('two', 'value'), stack: 't' };
  await expect(meantBy(open, async () => other)).rejects.toMatchObject({ code: 'plan_changed', kind: 'refused' });
});

test.each<[string, number[], string[], number, number, string | undefined]>([
  ['nothing stands against it', [0], ['succeeded'], 0, 0, undefined],
  ['what has no changes is there too', [0], ['no_changes'], 0, 0, undefined],
  ['failures that are tolerated', [], ['failed'], 1, 1, undefined],
  ['one failure too many', [], ['failed'], 2, 1, 'too_many_failures'],
  ['what it imports failed, though that is tolerated', [0], ['rolled_back'], 1, 5, 'import_not_made'],
  ['what it imports was not begun', [0], ['not_started'], 0, 0, 'import_not_made'],
])('%s', (_, after, statuses, failures, toleratedFailures, why) => {
  const targets = statuses.map((status) => ({ status })) as Parameters<typeof notStarted>[1];
  expect(notStarted({ after }, targets, { failures, toleratedFailures }, {})).toBe(why);
});

test('nothing is begun after an interruption', () => {
  const bounds = { failures: 0, toleratedFailures: 0 };
  expect(notStarted({ after: [] }, [], bounds, { signal: AbortSignal.abort() })).toBe('interrupted');
});
