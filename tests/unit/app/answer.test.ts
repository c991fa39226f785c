// A waiting run whose time is over.
import { expect, test, vi } from 'vitest';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { expire } from '../../../src/app/answer.ts';
import type { Run, Store } from '../../../src/app/ports.ts';
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

/** What the log says of the run. */
async function said({ log }: Store): Promise<string[]> {
  return (await log.ofRun('r1')).items.map(({ text }) => {
    const { predicateType, predicate } = JSON.parse(Buffer.from(JSON.parse(text).payload, 'base64').toString());
    return `${predicateType.split(':')[2]} ${predicate.result}`;
  });
}

test('ends as expired at its time, and not before', async () => {
  const { local, store, run, pass } = await waiting();
  await pass(999);
  expect(await expire(local, run)).toEqual(run);
  await pass(1);
  expect(await expire(local, run)).toMatchObject({ status: 'expired', endedAt: run.expiresAt });
  expect((await store.runs.get('r1'))?.result).toMatchObject({ outcome: 'expired', code: 'run_expired' });
});

test('how it ended is signed, with its plan where nothing was; twice where the worker was killed in between', async () => {
  const { local, store, run, pass } = await waiting();
  await pass(1_000);
  const move = vi.spyOn(store.runs, 'move').mockRejectedValueOnce(new Error('killed'));
  await expect(expire(local, run)).rejects.toThrow('killed');
  expect(await said(store)).toEqual(['plan deploy', 'outcome expired']);
  move.mockRestore();
  await expire(local, run);
  expect(await said(store)).toEqual(['plan deploy', 'outcome expired', 'outcome expired']);
  // It has ended.
  await expire(local, (await store.runs.get('r1')) ?? run);
  expect(await said(store)).toHaveLength(3);
});

test('what cannot be signed does not end', async () => {
  const { local, store, run, pass } = await waiting();
  await pass(1_000);
  const sign = vi.spyOn(local.signer, 'sign').mockRejectedValue(new Error('KMS'));
  await expect(expire(local, run)).rejects.toThrow('KMS');
  expect((await store.runs.get('r1'))?.status).toBe('waiting_approval');
  sign.mockRejectedValue(new InvalidInput('signing_key_unreadable', 'lost'));
  expect(await expire(local, run)).toMatchObject({ status: 'expired' });
  expect((await store.runs.get('r1'))?.status).toBe('waiting_approval');
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
