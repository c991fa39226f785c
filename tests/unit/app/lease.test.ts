import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLease } from '../../../src/app/lease.ts';
import { type Lease, LeaseLost, type Store } from '../../../src/app/ports.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

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
  await expect(work).rejects.toMatchObject({ code: 'lease_lost', exitCode: 6 });
  expect(released).toHaveLength(0);
});

test('a store that refuses a write because the lease is gone reads the same', async () => {
  const { local } = setUp();
  await expect(withLease(local, 's', async () => Promise.reject(new LeaseLost('x')))).rejects.toMatchObject({
    code: 'lease_lost',
  });
});
