// What counts as a run that nobody goes on with.
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import type { RunStatus, Runs } from '../../../../src/app/ports.ts';
import { watch } from '../../../../src/app/service/watch.ts';
import { aRun } from '../../../contract/samples.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const DAY = 24 * 60 * 60_000;

test.each<[RunStatus, { held?: boolean; age?: number }, number]>([
  ['running', {}, 1],
  ['running', { held: true }, 0],
  ['suspended', { age: DAY }, 0],
  ['suspended', { age: DAY + 1 }, 1],
  ['waiting_approval', { age: 9 * DAY }, 0],
  ['succeeded', {}, 0],
  ['cancelled', {}, 0],
])('%s %j', async (status, { held = false, age = 0 }, unfinished) => {
  const clock = new VirtualClock(1_000 * DAY);
  const head = { ...aRun('r'), status, startedAt: clock.now() - age };
  const runs = { list: async () => ({ items: [head] }), isHeld: async () => held } as unknown as Runs;
  expect(await watch({ store: { ...openMemoryStore({ now: clock.now }), runs }, clock })).toEqual([
    { kind: 'maximum', name: 'unfinished_runs', labels: {}, value: unfinished },
    { kind: 'maximum', name: 'slower_types', labels: {}, value: 0 },
  ]);
});
