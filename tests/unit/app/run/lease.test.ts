import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Cloud, type Lease, LeaseLost, type Store } from '../../../../src/app/ports.ts';
import { underLease, withLease } from '../../../../src/app/run/lease.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  const renewals: number[] = [];
  const released: Lease[] = [];
  const lease = { stack: 's', fence: 1, holder: 'h' };
  const store = {
    acquire: async () => lease,
    renew: async () => void renewals.push(clock.now()),
    release: async (given: Lease) => void released.push(given),
  };
  return { clock, store, lease, renewals, released, local: { clock, store: store as unknown as Store } };
}

test('a lease is renewed every five seconds while work goes on, and released after it', async () => {
  const { clock, renewals, released, lease, local } = setUp();
  const start = clock.now();
  const never = new AbortController().signal;
  expect(await withLease(local, 's', async () => clock.sleep(start + 12_500, never).then(() => 'done'))).toBe('done');
  expect(renewals.map((at) => at - start)).toEqual([5_000, 10_000]);
  expect(released).toEqual([lease]);
  await setImmediate();
  expect(clock.waiting).toBe(0);
});

test('it is released also when the work fails', async () => {
  const { released, local } = setUp();
  await expect(withLease(local, 's', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(released).toHaveLength(1);
});

test('a lease that another process took tells the work to stop, and is not released', async () => {
  const { store, released, local } = setUp();
  store.renew = async () => Promise.reject(new LeaseLost('taken'));
  const work = withLease(
    local,
    's',
    ({ lost }) => new Promise((_, reject) => lost.addEventListener('abort', () => reject(lost.reason))),
  );
  await expect(work).rejects.toMatchObject({ code: 'lease_lost', kind: 'held' });
  expect(released).toHaveLength(0);
});

test('a store that refuses a write because the lease is gone reads the same', async () => {
  const { local } = setUp();
  await expect(withLease(local, 's', async () => Promise.reject(new LeaseLost('x')))).rejects.toMatchObject({
    code: 'lease_lost',
  });
});

/** A clock whose wall time a test sets, as when a machine was suspended: nobody is woken. */
function suspendable(clock: VirtualClock) {
  let asleep = 0;
  return {
    sleep: clock.sleep,
    monotonic: clock.monotonic,
    now: () => clock.now() + asleep,
    suspend: (ms: number) => (asleep = ms),
  };
}

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
  const { store, clock, released } = setUp();
  const machine = suspendable(clock);
  const { cloud, count } = countingCloud();
  const work = withLease({ store: store as unknown as Store, clock: machine }, 's', async (held) => {
    const mine = underLease(cloud, held);
    await mine.get(ANY);
    machine.suspend(15_000);
    store.renew = async () => Promise.reject(new LeaseLost('taken'));
    await mine.get(ANY);
  });
  await expect(work).rejects.toMatchObject({ code: 'lease_lost', kind: 'held' });
  expect(count()).toBe(1);
  expect(released).toHaveLength(0);
});

test('one that nobody took is renewed once for all calls that wait, then they go out', async () => {
  const { store, clock, renewals } = setUp();
  const machine = suspendable(clock);
  const { cloud, count } = countingCloud();
  await withLease({ store: store as unknown as Store, clock: machine }, 's', async (held) => {
    const mine = underLease(cloud, held);
    machine.suspend(15_000);
    await Promise.all([mine.get(ANY), mine.get(ANY), mine.get(ANY)]);
  });
  expect(count()).toBe(3);
  expect(renewals).toHaveLength(1);
});

test('a store that cannot be asked does not stop work while the lease holds, and stops it when it has run out', async () => {
  const { store, clock, local } = setUp();
  const start = clock.now();
  store.renew = async () => Promise.reject(new Error('busy'));
  const work = withLease(local, 's', async ({ lost }) => {
    await clock.sleep(start + 14_000, lost);
    expect(lost.aborted).toBe(false);
    await clock.sleep(start + 60_000, lost);
    lost.throwIfAborted();
  });
  await expect(work).rejects.toThrow('busy');
  expect(clock.now() - start).toBeLessThan(17_000);
});
