// What every store must do with the right to write a stack: one holder, a fence that only grows, and a run whose fence
// moves on with it. A lease that was released or has expired still counts for the run it worked on until somebody else
// takes it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEASE_MS, type Lease, LeaseLost, type Store } from '../../src/app/ports.ts';
import { LeaseHeld } from '../../src/domain/errors.ts';
import { anEnd, aRun, aStack, aTurn, begun, key, WEB } from './samples.ts';
import { type StoreModule, worldOf } from './world.ts';

export function leasesContract(module: StoreModule): void {
  describe('leases', () => {
    const world = worldOf(module);

    test('one has a winner among concurrent workers, and the others learn who it is', async () => {
      const stores = await Promise.all([world.open(), world.open(), world.open()]);
      const results = await Promise.allSettled(stores.map((store) => store.runs.acquire(WEB)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        expect(result.reason).toBeInstanceOf(LeaseHeld);
        expect(result.reason.message).toContain('web');
        expect(result.reason.message).toContain(new Date(world.now).toISOString());
      }
    });

    test('one stack’s does not touch another’s, nor the same name’s elsewhere', async () => {
      const store = await world.open();
      await store.runs.acquire(WEB);
      for (const stack of [key('db'), { ...WEB, region: 'eu-west-1' }, { ...WEB, endpoint: 'aws' }]) {
        expect(await store.runs.isHeld(stack)).toBe(false);
        expect((await store.runs.acquire(stack)).stack).toEqual(stack);
      }
    });

    test('gets a higher fence each time, also after the stack is gone', async () => {
      const store = await world.open();
      const fences: number[] = [];
      for (let turn = 1; turn <= 4; turn += 1) {
        const lease = await begun(store, { ...aRun(`r${turn}`), mode: 'destroy' });
        fences.push(lease.fence);
        await store.runs.finish(lease, `r${turn}`, 0, anEnd(`r${turn}`, 'succeeded', 'gone'));
        await store.runs.release(lease);
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      expect(await store.stacks.get(WEB)).toBeUndefined();
    });

    test('ends by expiry, not a millisecond earlier, and the next holder shuts the last one out', async () => {
      const store = await world.open();
      const lease = await begun(store);
      world.now += LEASE_MS - 1;
      await expect(store.runs.acquire(WEB)).rejects.toThrow(LeaseHeld);
      expect(await store.runs.isHeld(WEB)).toBe(true);
      world.now += 1;
      expect(await store.runs.isHeld(WEB)).toBe(false);
      const next = await store.runs.acquire(WEB);
      expect(next.fence).toBeGreaterThan(lease.fence);
      await expect(store.runs.renew(lease)).rejects.toThrow(LeaseLost);
      await expect(store.runs.append(lease, 'r1', 0, aTurn(1))).rejects.toThrow(LeaseLost);
      expect(await store.runs.append(next, 'r1', 0, aTurn(1))).toBe(1);
    });

    test('lasts as long as it is renewed, and an expired one that nobody took still counts', async () => {
      const store = await world.open();
      const lease = await begun(store);
      for (let turn = 0; turn < 10; turn += 1) {
        world.now += LEASE_MS - 1;
        await store.runs.renew(lease);
        await expect(store.runs.acquire(WEB)).rejects.toThrow(LeaseHeld);
      }
      world.now += 10 * LEASE_MS;
      expect(await store.runs.append(lease, 'r1', 0, aTurn(1))).toBe(1);
      await store.runs.renew(lease);
      await expect(store.runs.acquire(WEB)).rejects.toThrow(LeaseHeld);
    });

    test('given back it cannot be renewed, and its run may be written until somebody takes it', async () => {
      const store = await world.open();
      const lease = await begun(store);
      await store.runs.release(lease);
      expect(await store.runs.isHeld(WEB)).toBe(false);
      await expect(store.runs.renew(lease)).rejects.toThrow(LeaseLost);
      expect(await store.runs.append(lease, 'r1', 0, aTurn(1))).toBe(1);
      await store.runs.acquire(WEB);
      await expect(store.runs.append(lease, 'r1', 1, aTurn(2))).rejects.toThrow(LeaseLost);
    });

    test('released twice is released once: the next holder keeps its own', async () => {
      const store = await world.open();
      const lease = await store.runs.acquire(WEB);
      await store.runs.release(lease);
      const next = await store.runs.acquire(WEB);
      await store.runs.release(lease);
      await expect(store.runs.renew(lease)).rejects.toThrow(LeaseLost);
      await store.runs.renew(next);
      await expect(store.runs.acquire(WEB)).rejects.toThrow(LeaseHeld);
    });

    test('taken and renewed at the same instant, it is one holder’s: never both are told it is theirs', async () => {
      const [one, other] = [await world.open(), await world.open()];
      for (let round = 0; round < 6; round += 1) {
        const stack = key(`stack${round}`);
        const lease = await one.runs.acquire(stack);
        world.now += LEASE_MS;
        const taking = () => other.runs.acquire(stack);
        const renewing = () => one.runs.renew(lease);
        // In both orders, and at every distance that a few turns of the event loop make.
        const [first, second] = round % 2 === 0 ? [taking, renewing] : [renewing, taking];
        const begun = first();
        for (let turns = 0; turns < round / 2; turns += 1) await Promise.resolve();
        const ends = await Promise.allSettled([begun, second()]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      }
    });

    test('taken while its holder begins a run: the run is the new holder’s, or has not begun', async () => {
      const [one, other] = [await world.open(), await world.open()];
      for (let round = 0; round < 6; round += 1) {
        const stack = key(`stack${round}`);
        const run = aRun(`r${round}`, stack);
        await one.runs.submit(run);
        const lease = await one.runs.acquire(stack);
        world.now += LEASE_MS;
        const taking = () => other.runs.acquire(stack);
        const beginning = () => one.runs.begin(lease, run.runId, world.now, aStack(stack));
        const [first, second] = round % 2 === 0 ? [taking, beginning] : [beginning, taking];
        const started = first();
        for (let turns = 0; turns < round / 2; turns += 1) await Promise.resolve();
        const ends = await Promise.allSettled([started, second()]);
        const taken = ends[round % 2 === 0 ? 0 : 1] as PromiseFulfilledResult<Lease>;
        expect(taken.status).toBe('fulfilled');
        await expect(one.runs.append(lease, run.runId, 0, aTurn(1))).rejects.toThrow(LeaseLost);
        const next = taken.value;
        if ((await other.runs.get(run.runId))?.status === 'running') {
          expect(await other.runs.append(next, run.runId, 0, aTurn(1))).toBe(1);
        } else {
          expect(await other.runs.begin(next, run.runId, world.now, aStack(stack))).toBe(true);
        }
      }
    });

    test('whatever three workers and the clock do, exactly the newest lease writes', async () => {
      const step = fc.oneof(
        fc.record({ do: fc.constantFrom('acquire', 'renew', 'release', 'append'), worker: fc.nat(2) }),
        fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, LEASE_MS - 1, LEASE_MS) }),
      );
      const stores = [await world.open(), await world.open(), await world.open()];
      const at = (worker: number) => stores[worker] as Store;
      let count = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          count += 1;
          const runId = `run${count}`;
          const stack = key(`stack${count}`);
          const first = await begun(at(0), aRun(runId, stack));
          // The model: the newest fence, until when it is held, what each worker believes it has, how much is written.
          let [fence, until, seq] = [first.fence, world.now + LEASE_MS, 0];
          const leases: (Lease | undefined)[] = [first];
          for (const each of steps) {
            if (each.do === 'wait') {
              world.now += (each as { ms: number }).ms;
              continue;
            }
            const { worker } = each as { worker: number };
            const { runs } = at(worker);
            const lease = leases[worker];
            if (each.do === 'acquire') {
              expect(await runs.isHeld(stack)).toBe(world.now < until);
              if (world.now < until) {
                await expect(runs.acquire(stack)).rejects.toThrow(LeaseHeld);
                continue;
              }
              const taken = await runs.acquire(stack);
              expect(taken.fence).toBeGreaterThan(fence);
              leases[worker] = taken;
              [fence, until] = [taken.fence, world.now + LEASE_MS];
            } else if (lease !== undefined) {
              const newest = lease.fence === fence;
              if (each.do === 'release') {
                await runs.release(lease);
                if (newest) until = Number.NEGATIVE_INFINITY;
              } else if (each.do === 'renew') {
                if (newest && until > 0) {
                  await runs.renew(lease);
                  until = world.now + LEASE_MS;
                } else await expect(runs.renew(lease)).rejects.toThrow(LeaseLost);
              } else if (newest) {
                seq = await runs.append(lease, runId, seq, aTurn(seq + 1));
              } else await expect(runs.append(lease, runId, seq, aTurn(seq + 1))).rejects.toThrow(LeaseLost);
            }
          }
          const { items } = await at(1).runs.journal(runId);
          expect(items).toEqual(Array.from({ length: seq }, (_, index) => aTurn(index + 1)));
        }),
        { numRuns: 60 },
      );
    });
  });
}
