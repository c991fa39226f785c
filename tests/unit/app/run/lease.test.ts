import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Memory, openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import { type Cloud, LEASE_MS, LeaseLost } from '../../../../src/app/ports.ts';
import { underLease, withLease } from '../../../../src/app/run/lease.ts';
import { WEB } from '../../../contract/samples.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** A store in memory as this worker and another one see it, and what this one does with its lease. */
function setUp() {
  const clock = suspendable(new VirtualClock());
  const memory = new Memory();
  const store = openMemoryStore({ now: clock.now, holder: 'me' }, memory);
  const { runs } = store;
  const other = openMemoryStore({ now: clock.now, holder: 'another' }, memory);
  const renewals: number[] = [];
  const { renew } = runs;
  const renewing = vi.spyOn(runs, 'renew').mockImplementation(async (lease) => {
    renewals.push(clock.now());
    await renew.call(runs, lease);
  });
  const releasing = vi.spyOn(runs, 'release');
  return { clock, runs, other: other.runs, renewals, renewing, releasing, store, local: { clock, store } };
}

/** A clock whose wall time a test sets, as when a machine was suspended: nobody is woken. */
function suspendable(clock: VirtualClock) {
  let asleep = 0;
  return {
    sleep: (until: number, signal: AbortSignal) => clock.sleep(until - asleep, signal),
    monotonic: clock.monotonic,
    now: () => clock.now() + asleep,
    suspend: (ms: number) => {
      asleep += ms;
    },
    waiting: () => clock.waiting,
  };
}

test('a lease is renewed every five seconds while work goes on, and released after it', async () => {
  const { clock, runs, renewals, releasing, local } = setUp();
  const start = clock.now();
  const never = new AbortController().signal;
  expect(await withLease(local, WEB, async () => clock.sleep(start + 12_500, never).then(() => 'done'))).toBe('done');
  expect(renewals.map((at) => at - start)).toEqual([5_000, 10_000]);
  expect(releasing).toHaveBeenCalledTimes(1);
  expect(await runs.isHeld(WEB)).toBe(false);
  await setImmediate();
  expect(clock.waiting()).toBe(0);
});

test('it is released also when the work fails', async () => {
  const { runs, local } = setUp();
  await expect(withLease(local, WEB, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await runs.isHeld(WEB)).toBe(false);
});

test('a stack whose run is over is waited for until it is let go of, but not for long', async () => {
  const { clock, other, local } = setUp();
  const start = clock.now();
  const never = new AbortController().signal;
  const theirs = await other.acquire(WEB);
  const work = withLease(local, WEB, async () => clock.now() - start);
  await clock.sleep(start + 500, never);
  await other.release(theirs);
  expect(await work).toBeLessThan(1_000);

  await other.acquire(WEB);
  const again = clock.now();
  await expect(withLease(local, WEB, async () => 'done')).rejects.toMatchObject({ code: 'lease_held' });
  expect(clock.now() - again).toBe(3_000);
});

test('a stack that a run is at work on is not waited for', async () => {
  const { clock, other, store, local } = setUp();
  await other.acquire(WEB);
  const start = clock.now();
  vi.spyOn(store.stacks, 'get').mockResolvedValue({ unfinished: 'run' } as never);
  await expect(withLease(local, WEB, async () => 'done')).rejects.toMatchObject({ code: 'lease_held' });
  expect(clock.now()).toBe(start);
});

test('a lease that another process took tells the work to stop, and is not released', async () => {
  const { renewing, releasing, local } = setUp();
  renewing.mockRejectedValue(new LeaseLost('taken'));
  const work = withLease(
    local,
    WEB,
    ({ lost }) => new Promise((_, reject) => lost.addEventListener('abort', () => reject(lost.reason))),
  );
  await expect(work).rejects.toMatchObject({ code: 'lease_lost', kind: 'held' });
  expect(releasing).not.toHaveBeenCalled();
});

test('a store that refuses a write because the lease is gone reads the same', async () => {
  const { local } = setUp();
  await expect(withLease(local, WEB, async () => Promise.reject(new LeaseLost('x')))).rejects.toMatchObject({
    code: 'lease_lost',
  });
});

function countingCloud() {
  let calls = 0;
  const get = async () => {
    calls += 1;
    return { ok: true as const, value: {} };
  };
  return { cloud: { get } as unknown as Cloud, count: () => calls };
}

const ANY = { typeName: 'T', identifier: 'i' };

test('no call goes out under a lease that ran out while the machine slept and that another one took', async () => {
  const { clock, other, releasing, local } = setUp();
  const { cloud, count } = countingCloud();
  const work = withLease(local, WEB, async (held) => {
    const mine = underLease(cloud, held);
    await mine.get(ANY);
    clock.suspend(LEASE_MS);
    await other.acquire(WEB);
    await mine.get(ANY);
  });
  await expect(work).rejects.toMatchObject({ code: 'lease_lost', kind: 'held' });
  expect(count()).toBe(1);
  expect(releasing).not.toHaveBeenCalled();
});

test('one that nobody took is renewed once for all calls that wait, then they go out', async () => {
  const { clock, renewals, local } = setUp();
  const { cloud, count } = countingCloud();
  await withLease(local, WEB, async (held) => {
    const mine = underLease(cloud, held);
    clock.suspend(LEASE_MS);
    await Promise.all([mine.get(ANY), mine.get(ANY), mine.get(ANY)]);
  });
  expect(count()).toBe(3);
  expect(renewals).toHaveLength(1);
});

test('a store that cannot be asked does not stop work while the lease holds, and stops it when it has run out', async () => {
  const { renewing, clock, local } = setUp();
  const start = clock.now();
  renewing.mockRejectedValue(new Error('busy'));
  const work = withLease(local, WEB, async ({ lost }) => {
    await clock.sleep(start + 14_000, lost);
    expect(lost.aborted).toBe(false);
    await clock.sleep(start + 60_000, lost);
    lost.throwIfAborted();
  });
  await expect(work).rejects.toThrow('busy');
  expect(clock.now() - start).toBeLessThan(17_000);
});
