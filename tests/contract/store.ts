// What every `Store` must do. Runs against each adapter by `storeContract(name, module)`; the module (see StoreModule) is
// imported here and in child processes, because leases and crashes mean something only between real processes.
// Adapters that need a server get it from the environment their test sets up. Long, because it is one contract and is
// read as one list.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Distribution } from '../../src/app/measure/recorder.ts';
import { type Lease, LeaseLost, type Store } from '../../src/app/ports.ts';
import { LeaseHeld, ResourceNotFound } from '../../src/domain/errors.ts';
import type { Measured } from '../../src/domain/metrics.ts';
import { jsonStack } from './arbitrary.ts';
import { anEntry, aPlan, aRun, aStack, CONTEXT, ENDPOINT, resource } from './samples.ts';

/** What an adapter's module exports for this suite. */
export interface StoreModule {
  /** A fresh, empty storage; returns its name. */
  place(): Promise<string>;
  /** Opens it; several opens stand for several workers. */
  open(place: string, options: { now: () => number }): Promise<Store>;
  /** Removes a place that nobody has open any more. */
  remove(place: string): Promise<void>;
}

const WORKER = fileURLToPath(new URL('./store-worker.ts', import.meta.url));
const NOTHING = { record: [], forget: [] };
const TTL_MS = 15_000;
// Starting processes takes seconds on a busy machine.
const PROCESSES = { timeout: 180_000 };

function sketchOf(...values: number[]): Uint8Array {
  const distribution = new Distribution();
  for (const value of values) distribution.record(value);
  return distribution.drain() ?? new Uint8Array();
}

export function storeContract(name: string, module: URL): void {
  describe(`${name} store`, () => {
    let adapter: StoreModule;
    let place: string;
    let now: number;
    let opened: Store[];
    let children: ChildProcess[];

    beforeEach(async () => {
      adapter = await import(module.href);
      place = await adapter.place();
      now = 1_800_000_000_000;
      opened = [];
      children = [];
    });

    afterEach(async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      await Promise.all(opened.map((store) => store.close()));
      await adapter.remove(place);
    });

    async function open(): Promise<Store> {
      const store = await adapter.open(place, { now: () => now });
      opened.push(store);
      return store;
    }

    /** A store with stack `web`, run `r1` and its lease. */
    async function begun(): Promise<{ store: Store; lease: Lease }> {
      const store = await open();
      const lease = await store.acquire('web');
      await store.begin(lease, aRun('r1', 'web'), aStack('web'));
      return { store, lease };
    }

    function worker(...args: string[]): { child: ChildProcess; lines: AsyncIterator<string>; said: string[] } {
      const child = spawn(process.execPath, [WORKER, module.href, place, ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.push(child);
      const said: string[] = [];
      const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      reader.on('line', (line) => said.push(line));
      return { child, lines: reader[Symbol.asyncIterator](), said };
    }

    /** Everything that can be read, for comparing before and after something that must change nothing. */
    async function everything(store: Store): Promise<unknown> {
      const runs = await store.runs();
      const journals = await Promise.all(runs.map(({ runId }) => store.journal(runId)));
      return { stacks: await store.stacks(), runs, journals };
    }

    describe('measuring', () => {
      const part = (value: number): Measured[] => [
        { kind: 'counter', name: 'calls', labels: { call: 'get', endpoint: 'x' }, value },
        { kind: 'maximum', name: 'in_flight', labels: {}, value },
        { kind: 'distribution', name: 'took_ms', labels: { a: '"' }, sketch: sketchOf(value) },
      ];

      test('measurements of all workers merge into one, whatever the order of their labels', async () => {
        const [one, other] = [await open(), await open()];
        expect(await one.measured()).toEqual([]);
        await one.addMeasured(part(3));
        await other.addMeasured(part(5));
        await one.addMeasured([{ kind: 'counter', name: 'calls', labels: { endpoint: 'x', call: 'get' }, value: 1 }]);
        for (const store of [one, other]) {
          expect(await store.measured()).toEqual([
            { kind: 'counter', name: 'calls', labels: { call: 'get', endpoint: 'x' }, value: 9 },
            { kind: 'maximum', name: 'in_flight', labels: {}, value: 5 },
            { kind: 'distribution', name: 'took_ms', labels: { a: '"' }, sketch: sketchOf(3, 5) },
          ]);
        }
      });

      test('a batch with a series of another kind changes nothing', async () => {
        const store = await open();
        await store.addMeasured(part(3));
        const before = await store.measured();
        const wrong: Measured = { kind: 'counter', name: 'took_ms', labels: { a: '"' }, value: 1 };
        await expect(store.addMeasured([...part(4), wrong])).rejects.toMatchObject({ code: 'invalid_metric' });
        expect(await store.measured()).toEqual(before);
      });

      test('what a run measured is kept with its end and only with it', async () => {
        const { store, lease } = await begun();
        const ended = { ...aRun('r1', 'web'), status: 'succeeded' as const, endedAt: now };
        now += TTL_MS + 1;
        const taken = await (await open()).acquire('web');
        await expect(store.finish(lease, ended, aStack('web'), part(3))).rejects.toThrow(LeaseLost);
        expect(await store.measured()).toEqual([]);
        await store.finish(taken, ended, aStack('web'), part(3));
        await expect(store.finish(taken, ended, aStack('web'), part(3))).rejects.toThrow(LeaseLost);
        expect((await store.measured()).map((one) => one.kind === 'counter' && one.value)).toContain(3);
        expect(await (await open()).measured()).toEqual(await store.measured());
      });

      test('a run that was cancelled and is reopened knows until when it has been measured', async () => {
        const { store, lease } = await begun();
        const cancelled = { ...aRun('r1', 'web'), status: 'cancelled' as const, endedAt: now };
        await store.finish(lease, cancelled, aStack('web'), part(3));
        await store.reopen(lease, 'r1');
        expect(await store.run('r1')).toEqual({ ...aRun('r1', 'web'), measuredUntil: now });
      });
    });

    describe('writing', () => {
      test('what was begun is there for everyone who opens the store', async () => {
        const { store } = await begun();
        const other = await open();
        for (const reader of [store, other]) {
          expect(await reader.run('r1')).toEqual(aRun('r1', 'web'));
          expect(await reader.stack('web')).toEqual({ ...aStack('web'), lastRun: 'r1' });
          expect((await reader.unfinished('web'))?.runId).toBe('r1');
          expect((await reader.unfinished())?.runId).toBe('r1');
          expect(await reader.unfinished('other')).toBeUndefined();
        }
      });

      test('an append adds its entries, records and forgets, and moves the sequence on', async () => {
        const { store, lease } = await begun();
        expect(
          await store.append(lease, 'r1', 0, [anEntry(1), anEntry(2)], {
            record: [resource('B', 1), resource('A', 1), resource('C', 1)],
            forget: [],
          }),
        ).toBe(2);
        expect(
          await store.append(lease, 'r1', 2, [anEntry(3)], {
            record: [resource('A', 2)],
            forget: ['B', 'never-there'],
          }),
        ).toBe(3);
        expect(await store.journal('r1')).toEqual([anEntry(1), anEntry(2), anEntry(3)]);
        expect((await store.run('r1'))?.seq).toBe(3);
        expect((await store.stack('web'))?.state.resources).toEqual([resource('A', 2), resource('C', 1)]);
      });

      test('a resource both forgotten and recorded in one append is kept, for it exists', async () => {
        const { store, lease } = await begun();
        await store.append(lease, 'r1', 0, [], { record: [resource('A', 1)], forget: [] });
        await store.append(lease, 'r1', 0, [], { record: [resource('A', 2)], forget: ['A'] });
        expect((await store.stack('web'))?.state.resources).toEqual([resource('A', 2)]);
      });

      test.each([
        ['a sequence that is behind', (lease: Lease) => ({ lease, run: 'r1', seq: 1 })],
        ['a sequence that is ahead', (lease: Lease) => ({ lease, run: 'r1', seq: 3 })],
        ['an older fence', (lease: Lease) => ({ lease: { ...lease, fence: lease.fence - 1 }, run: 'r1', seq: 2 })],
        ['a newer fence', (lease: Lease) => ({ lease: { ...lease, fence: lease.fence + 1 }, run: 'r1', seq: 2 })],
        ['the lease of another stack', (lease: Lease) => ({ lease: { ...lease, stack: 'db' }, run: 'r1', seq: 2 })],
        ['a run that does not exist', (lease: Lease) => ({ lease, run: 'r9', seq: 0 })],
      ])('an append with %s is refused and changes nothing', async (_, wrong) => {
        const { store, lease } = await begun();
        await store.append(lease, 'r1', 0, [anEntry(1), anEntry(2)], { record: [resource('A', 1)], forget: [] });
        const db = await store.acquire('db');
        expect(db.fence).toBe(lease.fence);
        const before = await everything(store);
        const call = wrong(lease);
        await expect(
          store.append(call.lease, call.run, call.seq, [anEntry(9)], { record: [resource('A', 9)], forget: ['A'] }),
        ).rejects.toThrow(LeaseLost);
        expect(await everything(store)).toEqual(before);
      });

      test('whatever sequence and fence a worker believes in, only the right pair writes', async () => {
        const { store, lease } = await begun();
        let seq = await store.append(lease, 'r1', 0, [anEntry(1), anEntry(2)], NOTHING);
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -1, max: 1 }), async (behind, fence) => {
            const believed = { ...lease, fence: lease.fence + fence };
            const append = store.append(believed, 'r1', seq + behind, [anEntry(seq + 1)], NOTHING);
            if (behind === 0 && fence === 0) seq = await append;
            else await expect(append).rejects.toThrow(LeaseLost);
            expect(await store.journal('r1')).toEqual(Array.from({ length: seq }, (_, index) => anEntry(index + 1)));
          }),
          { numRuns: 60 },
        );
      });

      test('two workers appending from the same sequence: exactly one is told it succeeded', async () => {
        const { store, lease } = await begun();
        const other = await open();
        const results = await Promise.allSettled([
          store.append(lease, 'r1', 0, [anEntry(1)], NOTHING),
          other.append(lease, 'r1', 0, [anEntry(2)], NOTHING),
        ]);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(await store.journal('r1')).toHaveLength(1);
      });

      test('a second run cannot begin while one is running, and the same run cannot begin twice', async () => {
        const { store, lease } = await begun();
        const before = await everything(store);
        await expect(store.begin(lease, aRun('r2', 'web'), aStack('web'))).rejects.toThrow(LeaseLost);
        await expect(store.begin(lease, aRun('r1', 'web'), aStack('web'))).rejects.toThrow();
        expect(await everything(store)).toEqual(before);
      });

      test('beginning on a stack that exists changes nothing of it but its last run', async () => {
        const { store, lease } = await begun();
        await store.append(lease, 'r1', 0, [], { record: [resource('A', 1)], forget: [] });
        const before = await store.stack('web');
        await store.finish(lease, { ...aRun('r1', 'web'), status: 'failed' }, before as never);
        await store.begin(lease, aRun('r2', 'web'), { ...aStack('web'), outputs: { Other: { value: 1 } } });
        expect(await store.stack('web')).toEqual({ ...before, lastRun: 'r2' });
      });

      test('runs come newest first, by stack or all', async () => {
        const store = await open();
        for (const [runId, stack] of [
          ['r1', 'web'],
          ['r2', 'db'],
          ['r3', 'web'],
        ] as const) {
          const lease = await store.acquire(stack);
          await store.begin(lease, aRun(runId, stack), aStack(stack));
          await store.finish(lease, { ...aRun(runId, stack), status: 'succeeded' }, aStack(stack));
          await store.release(lease);
        }
        expect((await store.runs()).map(({ runId }) => runId)).toEqual(['r3', 'r2', 'r1']);
        expect((await store.runs('web')).map(({ runId }) => runId)).toEqual(['r3', 'r1']);
        expect((await store.stacks()).map(({ state }) => state.stack)).toEqual(['db', 'web']);
      });
    });

    describe('notes', () => {
      test('two that change one at the same time both count, and an unknown one is undefined', async () => {
        const [one, other] = [await open(), await open()];
        expect(await one.note('n')).toBeUndefined();
        const add = (kept: string | undefined) => String(Number(kept ?? 0) + 1);
        await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 ? one : other).changeNote('n', add)));
        expect(await one.note('n')).toBe('10');
        expect(await other.note('n')).toBe('10');
      });

      test('a change that throws rejects and changes nothing', async () => {
        const store = await open();
        await store.changeNote('n', () => 'before');
        const change = () => {
          throw new Error('no');
        };
        await expect(store.changeNote('n', change)).rejects.toThrow('no');
        expect(await store.note('n')).toBe('before');
      });

      test('what a run has learned and counted is kept with its end and only with it', async () => {
        const { store, lease } = await begun();
        const tally = { calls: { create: 1, update: 2, delete: 3, get: 4, poll: 5, throttled: 6 }, inFlightMax: 7 };
        await store.append(lease, 'r1', 0, [anEntry(1)], { ...NOTHING, tally });
        expect((await store.run('r1'))?.tally).toEqual(tally);
        const ended = { ...aRun('r1', 'web'), status: 'succeeded' as const, endedAt: now, tally };
        const learned = { note: 'n', change: (kept: string | undefined) => `${kept ?? ''}x` };
        await expect(store.finish({ ...lease, fence: 0 }, ended, aStack('web'), [], learned)).rejects.toThrow(
          LeaseLost,
        );
        expect(await store.note('n')).toBeUndefined();
        await store.finish(lease, ended, aStack('web'), [], learned);
        expect(await store.note('n')).toBe('x');
        expect((await store.run('r1'))?.tally).toEqual(tally);
      });
    });

    describe('ending a run', () => {
      test('keeps what was appended, takes outputs and parameters, and allows no more appends', async () => {
        const { store, lease } = await begun();
        await store.append(lease, 'r1', 0, [anEntry(1)], { record: [resource('A', 1)], forget: [] });
        const stack = aStack('web');
        const state = { ...stack.state, parameters: { Stage: 'prod', Password: null } };
        const outputs = { Url: { value: 'https://x', description: 'where', exportName: 'web-url' } };
        const run = { ...aRun('r1', 'web'), status: 'succeeded' as const, endedAt: now + 5, result: { outcome: 'ok' } };
        await store.finish(lease, run, { ...stack, state, outputs, lastRun: 'r1' });
        expect(await store.stack('web')).toEqual({
          ...stack,
          state: { ...state, resources: [resource('A', 1)] },
          outputs,
          lastRun: 'r1',
        });
        expect(await store.run('r1')).toEqual({ ...run, seq: 1 });
        expect(await store.unfinished('web')).toBeUndefined();
        await expect(store.append(lease, 'r1', 1, [anEntry(2)], NOTHING)).rejects.toThrow(LeaseLost);
        await expect(store.finish(lease, { ...run, status: 'failed' }, stack)).rejects.toThrow(LeaseLost);
        expect((await store.run('r1'))?.status).toBe('succeeded');
      });

      test('without the lease ends nothing', async () => {
        const { store, lease } = await begun();
        await store.release(lease);
        const run = { ...aRun('r1', 'web'), status: 'failed' as const };
        await expect(store.finish(lease, run, aStack('web'))).rejects.toThrow(LeaseLost);
        expect((await store.run('r1'))?.status).toBe('running');
      });

      test.each([
        ['destroy', 'succeeded', 0, 'removed'],
        ['destroy', 'no_changes', 0, 'removed'],
        ['destroy', 'succeeded', 1, 'kept'],
        ['destroy', 'failed', 0, 'kept'],
        ['destroy', 'cancelled', 0, 'kept'],
        ['deploy', 'succeeded', 0, 'kept'],
      ] as const)(
        'a %s run that %s with %i resources left: the stack is %s, the run always kept',
        async (mode, status, left, expected) => {
          const store = await open();
          const lease = await store.acquire('web');
          await store.begin(lease, { ...aRun('r1', 'web'), mode }, aStack('web'));
          const record = left === 0 ? [] : [resource('A', 1)];
          await store.append(lease, 'r1', 0, [anEntry(1)], { record, forget: [] });
          await store.finish(lease, { ...aRun('r1', 'web'), mode, status }, aStack('web'));
          expect((await store.stack('web')) === undefined).toBe(expected === 'removed');
          expect((await store.stacks()).length).toBe(expected === 'removed' ? 0 : 1);
          expect((await store.runs('web')).map((run) => run.status)).toEqual([status]);
          expect(await store.journal('r1')).toEqual([anEntry(1)]);
        },
      );

      test('a cancelled run can be reopened under the lease, another one cannot', async () => {
        const { store, lease } = await begun();
        await store.requestCancel('r1');
        const ended = { ...aRun('r1', 'web'), status: 'cancelled' as const, endedAt: now, result: { x: 1 } };
        await store.finish(lease, ended, aStack('web'));
        await store.reopen(lease, 'r1');
        expect(await store.run('r1')).toEqual(aRun('r1', 'web'));
        expect(await store.append(lease, 'r1', 0, [anEntry(1)], NOTHING)).toBe(1);
        await store.finish(lease, { ...aRun('r1', 'web'), status: 'succeeded' }, aStack('web'));
        await expect(store.reopen(lease, 'r1')).rejects.toThrow(LeaseLost);
        await store.release(lease);
        await expect(store.reopen(lease, 'r1')).rejects.toThrow(LeaseLost);
        expect((await store.run('r1'))?.status).toBe('succeeded');
      });
    });

    describe('lease', () => {
      test('has one winner among concurrent workers, and the others learn who it is', async () => {
        const stores = await Promise.all([open(), open(), open()]);
        const results = await Promise.allSettled(stores.map((store) => store.acquire('web')));
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'fulfilled') continue;
          expect(result.reason).toBeInstanceOf(LeaseHeld);
          expect(result.reason.exitCode).toBe(6);
          expect(result.reason.message).toContain(String(process.pid));
          expect(result.reason.message).toContain(new Date(now).toISOString());
        }
      });

      test('has one winner among real processes', PROCESSES, async () => {
        const workers = Array.from({ length: 3 }, () => worker('acquire', 'web'));
        const first = await Promise.all(workers.map(({ lines }) => lines.next()));
        expect(first.map(({ value }) => value)).toEqual(['ready', 'ready', 'ready']);
        for (const { child } of workers) child.stdin?.write('go\n');
        const answers = await Promise.all(workers.map(({ lines }) => lines.next()));
        const won = answers.filter(({ value }) => value === 'won 1');
        expect(won).toHaveLength(1);
        expect(answers.filter(({ value }) => value === 'held')).toHaveLength(2);
      });

      test('of one stack does not touch another', async () => {
        const store = await open();
        await store.acquire('web');
        await expect(store.acquire('db')).resolves.toMatchObject({ stack: 'db' });
      });

      test('gets a higher fence each time, also after the stack is gone', async () => {
        const store = await open();
        const fences: number[] = [];
        for (let turn = 1; turn <= 4; turn += 1) {
          const lease = await store.acquire('web');
          fences.push(lease.fence);
          const run = { ...aRun(`r${turn}`, 'web'), mode: 'destroy' as const };
          await store.begin(lease, run, aStack('web'));
          await store.finish(lease, { ...run, status: 'succeeded' }, aStack('web'));
          await store.release(lease);
        }
        expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
        expect(await store.stack('web')).toBeUndefined();
      });

      test('ends by expiry, not a millisecond earlier, and the next holder shuts the last one out', async () => {
        const { store, lease } = await begun();
        now += TTL_MS - 1;
        await expect(store.acquire('web')).rejects.toThrow(LeaseHeld);
        expect(await store.isHeld('web')).toBe(true);
        now += 1;
        expect(await store.isHeld('web')).toBe(false);
        const next = await store.acquire('web');
        expect(next.fence).toBeGreaterThan(lease.fence);
        await expect(store.renew(lease)).rejects.toThrow(LeaseLost);
        await expect(store.append(lease, 'r1', 0, [anEntry(1)], NOTHING)).rejects.toThrow(LeaseLost);
        expect(await store.append(next, 'r1', 0, [anEntry(1)], NOTHING)).toBe(1);
      });

      test('lasts as long as it is renewed, and an expired one that nobody took still counts', async () => {
        const { store, lease } = await begun();
        for (let turn = 0; turn < 10; turn += 1) {
          now += TTL_MS - 1;
          await store.renew(lease);
          await expect(store.acquire('web')).rejects.toThrow(LeaseHeld);
        }
        now += 10 * TTL_MS;
        expect(await store.append(lease, 'r1', 0, [anEntry(1)], NOTHING)).toBe(1);
        await store.renew(lease);
        await expect(store.acquire('web')).rejects.toThrow(LeaseHeld);
      });

      test('whatever three workers and the clock do, exactly the newest lease that was not given back counts', async () => {
        const step = fc.oneof(
          fc.record({ do: fc.constantFrom('acquire', 'renew', 'release', 'append'), worker: fc.nat(2) }),
          fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, TTL_MS - 1, TTL_MS) }),
        );
        let count = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
            count += 1;
            const [stack, runId] = [`stack${count}`, `run${count}`];
            const stores = opened.length > 0 ? opened : [await open(), await open(), await open()];
            const at = (worker: number) => stores[worker] as Store;
            const first = await at(0).acquire(stack);
            await at(0).begin(first, aRun(runId, stack), aStack(stack));
            // The model: which fence counts and until when, what each worker believes it holds, how much is written.
            let holder: { fence: number; until: number } | undefined = { fence: first.fence, until: now + TTL_MS };
            const leases: (Lease | undefined)[] = [first];
            let [fence, seq] = [first.fence, 0];
            for (const each of steps) {
              if (each.do === 'wait') {
                now += (each as { ms: number }).ms;
                continue;
              }
              const { worker } = each as { worker: number };
              const lease = leases[worker];
              if (each.do === 'acquire') {
                const taking = at(worker).acquire(stack);
                if (holder !== undefined && now < holder.until) {
                  await expect(taking).rejects.toThrow(LeaseHeld);
                  continue;
                }
                leases[worker] = await taking;
                expect(leases[worker]?.fence).toBeGreaterThan(fence);
                fence = leases[worker]?.fence ?? 0;
                holder = { fence, until: now + TTL_MS };
              } else if (lease !== undefined) {
                const counts = holder?.fence === lease.fence;
                if (each.do === 'release') {
                  await at(worker).release(lease);
                  if (counts) holder = undefined;
                  continue;
                }
                const writing =
                  each.do === 'renew'
                    ? at(worker).renew(lease)
                    : at(worker).append(lease, runId, seq, [anEntry(seq + 1)], NOTHING);
                if (!counts) {
                  await expect(writing).rejects.toThrow(LeaseLost);
                  continue;
                }
                await writing;
                if (each.do === 'renew') holder = { fence: lease.fence, until: now + TTL_MS };
                else seq += 1;
              }
            }
            expect(await at(1).journal(runId)).toEqual(Array.from({ length: seq }, (_, index) => anEntry(index + 1)));
          }),
          { numRuns: 60 },
        );
      });

      test('released twice is released once: the next holder keeps its own', async () => {
        const { store, lease } = await begun();
        await store.release(lease);
        expect(await store.isHeld('web')).toBe(false);
        await expect(store.renew(lease)).rejects.toThrow(LeaseLost);
        await expect(store.append(lease, 'r1', 0, [anEntry(1)], NOTHING)).rejects.toThrow(LeaseLost);
        await store.release(lease);
        const next = await store.acquire('web');
        await store.release(lease);
        await expect(store.renew(lease)).rejects.toThrow(LeaseLost);
        await store.renew(next);
        await expect(store.acquire('web')).rejects.toThrow(LeaseHeld);
      });
    });

    describe('reading', () => {
      test('what does not exist is undefined or empty', async () => {
        const store = await open();
        expect(await store.stack('web')).toBeUndefined();
        expect(await store.run('r1')).toBeUndefined();
        expect(await store.plan('0'.repeat(64))).toBeUndefined();
        expect(await store.journal('r1')).toEqual([]);
        expect(await store.stacks()).toEqual([]);
        expect(await store.runs()).toEqual([]);
        expect(await store.unfinished()).toBeUndefined();
        expect(await store.cancelRequested('r1')).toBe(false);
        await expect(store.requestCancel('r1')).rejects.toThrow(ResourceNotFound);
      });

      test('a plan stays as first stored under its digest', async () => {
        const store = await open();
        const plan = aPlan('web', 'a'.repeat(64));
        await store.putPlan(plan);
        await store.putPlan({ ...plan, resources: [] });
        expect(await store.plan(plan.digest)).toEqual(plan);
      });

      test('a request to cancel is seen by every worker', async () => {
        const { store } = await begun();
        const other = await open();
        expect(await store.cancelRequested('r1')).toBe(false);
        await other.requestCancel('r1');
        expect(await store.cancelRequested('r1')).toBe(true);
        expect((await store.run('r1'))?.cancelRequested).toBe(true);
      });

      test('exports are those of the same endpoint, account and region', async () => {
        const store = await open();
        const places = [
          ['here', ENDPOINT, '111111111111', 'us-east-1'],
          ['more', ENDPOINT, '111111111111', 'us-east-1'],
          ['endpoint', 'aws', '111111111111', 'us-east-1'],
          ['account', ENDPOINT, '222222222222', 'us-east-1'],
          ['region', ENDPOINT, '111111111111', 'eu-west-1'],
        ] as const;
        for (const [name, endpoint, account, region] of places) {
          const lease = await store.acquire(name);
          const stack = aStack(name);
          await store.begin(lease, aRun(`run-${name}`, name), {
            ...stack,
            endpoint,
            state: { ...stack.state, context: { ...CONTEXT, account, region } },
            outputs: { Exported: { value: { of: name }, exportName: `export-${name}` }, Private: { value: 1 } },
          });
        }
        const place = { endpoint: ENDPOINT, account: '111111111111', region: 'us-east-1' };
        expect([...(await store.exports(place))].sort()).toEqual([
          ['export-here', { of: 'here' }],
          ['export-more', { of: 'more' }],
        ]);
      });

      test('any state, entry, plan and document comes back as it went in', async () => {
        const store = await open();
        let count = 0;
        await fc.assert(
          fc.asyncProperty(jsonStack, fc.array(fc.jsonValue(), { maxLength: 5 }), async (given, values) => {
            count += 1;
            const [stack, runId] = [`s${count}`, `run${count}`];
            const record = { ...given, state: { ...given.state, stack } };
            const lease = await store.acquire(stack);
            const plan = { ...aPlan(stack, `digest${count}`), resources: values as never };
            const entries = values.map((model, index) => ({ ...anEntry(index), model }));
            const result = { values };
            await store.putPlan(plan);
            await store.begin(lease, aRun(runId, stack), record);
            await store.append(lease, runId, 0, entries, NOTHING);
            expect(JSON.stringify(await store.journal(runId))).toBe(JSON.stringify(entries));
            await store.finish(lease, { ...aRun(runId, stack), status: 'failed', result }, record);
            const expected = { ...record, lastRun: runId };
            expect(canonical(await store.stack(stack))).toBe(canonical(expected));
            expect(JSON.stringify(await store.plan(plan.digest))).toBe(JSON.stringify(plan));
            expect(JSON.stringify((await store.run(runId))?.result)).toBe(JSON.stringify(result));
          }),
          { numRuns: 60 },
        );
      });
    });

    test(
      'kill -9 in the middle of appends: what had resolved is there, without a gap, and the next worker goes on',
      PROCESSES,
      async () => {
        let known = 0;
        for (let life = 0; life < 5; life += 1) {
          const { child, said } = worker('append', 'web', String(life));
          // Past the first reports, then at an arbitrary instant.
          while (said.length < 3 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
          child.kill('SIGKILL');
          await once(child, 'close');
          const store = await open();
          const journal = await store.journal('r1');
          const reported = Number(said.at(-1));
          expect(reported).toBeGreaterThan(known);
          expect(journal.length).toBeGreaterThanOrEqual(reported);
          expect(journal).toEqual(Array.from({ length: journal.length }, (_, index) => anEntry(index + 1)));
          // The worker records resource R<n mod 7> with every entry n: the state must be that of the journal's end.
          const recorded = new Map<string, unknown>();
          for (let n = 1; n <= journal.length; n += 1) recorded.set(`R${n % 7}`, resource(`R${n % 7}`, n));
          const resources = (await store.stack('web'))?.state.resources;
          expect(new Map(resources?.map((item) => [item.logicalId, item]))).toEqual(recorded);
          expect((await store.run('r1'))?.seq).toBe(journal.length);
          known = journal.length;
        }
      },
    );
  });
}

/** JSON with sorted keys: the order of a record's own fields is no part of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
