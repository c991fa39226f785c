// A waiting run whose time is over.
import { expect, test, vi } from 'vitest';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { expire } from '../../../src/app/answer.ts';
import type { Run } from '../../../src/app/ports.ts';
import { InvalidInput } from '../../../src/domain/errors.ts';
import { aRun } from '../../contract/samples.ts';
import { aSigner } from '../../support/signer.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

async function waiting() {
  const clock = new VirtualClock();
  const store = openMemoryStore({ now: clock.now });
  const run: Run = { ...aRun('r1'), status: 'waiting_approval', expiresAt: clock.now() + 1_000 };
  await store.runs.submit(run);
  const pass = (ms: number) => clock.sleep(clock.now() + ms, new AbortController().signal);
  return { local: { store, clock, signer: aSigner() }, store, run, pass };
}

test('ends as expired at its time, and not before', async () => {
  const { local, store, run, pass } = await waiting();
  await pass(999);
  expect(await expire(local, run)).toEqual(run);
  await pass(1);
  expect(await expire(local, run)).toMatchObject({ status: 'expired', endedAt: run.expiresAt });
  expect((await store.runs.get('r1'))?.result).toMatchObject({ outcome: 'expired', code: 'run_expired' });
});

test('is shown as expired also where nothing can be written; any other failure is one', async () => {
  const { local, store, run, pass } = await waiting();
  await pass(1_000);
  const move = vi.spyOn(store.runs, 'move').mockRejectedValue(new InvalidInput('state_not_writable', 'read-only'));
  expect(await expire(local, run)).toMatchObject({ status: 'expired', endedAt: run.expiresAt });
  expect((await store.runs.get('r1'))?.status).toBe('waiting_approval');
  move.mockRejectedValue(new Error('busy'));
  await expect(expire(local, run)).rejects.toThrow('busy');
});
