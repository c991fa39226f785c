// What became of deployments: which ends say that approving was wrong, and which runs they are laid to.
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import type { ResourceDocument } from '../../../../src/app/documents/events.ts';
import { driftedOf, noteDrift } from '../../../../src/app/gate/drifts.ts';
import { outcomesOf } from '../../../../src/app/gate/outcomes.ts';
import type { EndStatus, RunAnswer } from '../../../../src/app/ports.ts';
import type { Verdict } from '../../../../src/domain/verdict.ts';
import { aDocument, aRun, key, WEB } from '../../../contract/samples.ts';

const NOW = 1_800_000_000_000;
const vote = { expert: 'policy', option: 'approve', confidence: 0.9, reasons: [], costUsd: 0, elapsedMs: 1 };

function verdict(more: Partial<Verdict> = {}): Verdict {
  const given = {
    planDigest: 'd',
    reasons: [],
    posterior: {},
    skipped: [],
    votes: [{ ...vote, status: 'ok' as const }],
  };
  return { decision: 'approve', by: 'circle', ...given, ...more };
}

/** Runs of stacks in order, each with how it ended and what it wanted. */
async function told(
  runs: readonly { end: EndStatus; desired?: string; stack?: string; answer?: RunAnswer['decision']; none?: true }[],
) {
  const store = openMemoryStore({ now: () => NOW });
  for (const [at, { end, desired, stack = 'web', answer, none }] of runs.entries()) {
    const said = verdict({ changeClass: 'update', ...(desired === undefined ? {} : { desired }) });
    const runId = `r${at}`;
    const resource: ResourceDocument = {
      logicalId: 'Changed',
      type: 'T',
      physicalId: 'p',
      action: 'update',
      status: 'succeeded',
      startedAt: null,
      elapsedMs: 1,
      attempts: 1,
    };
    await store.runs.submit({ ...aRun(runId, key(stack)), status: 'submitted', verdict: none ? null : said });
    await store.runs.move(runId, ['submitted'], {
      status: end,
      result: { ...aDocument(runId, end), resources: [resource] },
      ...(answer === undefined ? {} : { answer: { decision: answer, by: 'ann', at: NOW } }),
    });
  }
  return store;
}

const ends = async (store: Awaited<ReturnType<typeof told>>) =>
  (await outcomesOf(store)).map(({ end, good }) => [end, good]).reverse();

test('what succeeded was rightly approved; what failed, was rolled back or refused by a person was not', async () => {
  const store = await told([
    { end: 'succeeded' },
    { end: 'failed' },
    { end: 'rolled_back' },
    { end: 'rejected', answer: 'reject' },
    { end: 'rejected' },
    { end: 'cancelled' },
    { end: 'succeeded', none: true },
  ]);
  expect(await ends(store)).toEqual([
    ['succeeded', true],
    ['failed', false],
    ['rolled_back', false],
    ['overridden', false],
  ]);
  expect((await outcomesOf(store)).every((outcome) => outcome.class === 'update')).toBe(true);
});

test('a deployment after which the next brought back what was before was reverted', async () => {
  const store = await told([
    { end: 'succeeded', desired: 'a' },
    { end: 'succeeded', desired: 'b' },
    // The same once more, and a try that failed, are no next deployment.
    { end: 'succeeded', desired: 'b' },
    { end: 'rolled_back', desired: 'c' },
    { end: 'succeeded', desired: 'x', stack: 'other' },
    { end: 'succeeded', desired: 'a' },
    { end: 'succeeded', desired: 'd' },
  ]);
  expect((await ends(store)).map(([end]) => end)).toEqual([
    'succeeded',
    'reverted',
    'reverted',
    'rolled_back',
    'succeeded',
    'succeeded',
    'succeeded',
  ]);
});

test('runs of before what they wanted was kept are neither', async () => {
  const store = await told([{ end: 'succeeded' }, { end: 'succeeded' }, { end: 'succeeded' }]);
  expect(await ends(store)).toEqual(Array.from({ length: 3 }, () => ['succeeded', true]));
});

test('drift of what a run changed says that it was wrong, drift of anything else nothing', async () => {
  const store = await told([{ end: 'succeeded' }, { end: 'succeeded' }]);
  await noteDrift(store.drifts, WEB, 'r0', ['Another']);
  await noteDrift(store.drifts, WEB, 'r1', ['Another', 'Changed']);
  expect(await ends(store)).toEqual([
    ['succeeded', true],
    ['drifted', false],
  ]);
});

test('drift is noted once, by run, and of the newest fifty', async () => {
  const { drifts } = await told([]);
  await noteDrift(drifts, WEB, 'r1', []);
  expect(await driftedOf(drifts, WEB)).toEqual({});
  await noteDrift(drifts, WEB, 'r1', ['B', 'A']);
  await noteDrift(drifts, WEB, 'r1', ['B', 'C']);
  expect(await driftedOf(drifts, WEB)).toEqual({ r1: ['A', 'B', 'C'] });
  for (let at = 100; at < 160; at += 1) await noteDrift(drifts, WEB, `r${at}`, ['A']);
  const kept = Object.keys(await driftedOf(drifts, WEB));
  expect([kept.length, kept.includes('r1'), kept.includes('r159')]).toEqual([50, false, true]);
});
