// What every store must do with runs, from submit to end. Long, because it is one contract and is read as one list.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allOf, type Lease, LeaseLost, type Run, type RunStatus, type Store, type Turn } from '../../src/app/ports.ts';
import { ResourceNotFound } from '../../src/domain/errors.ts';
import { aDocument, anEnd, anEntry, aRun, aStack, aTurn, begun, key, resource, WEB } from './samples.ts';
import { paged, type StoreModule, worldOf } from './world.ts';

const PENDING: RunStatus[] = ['submitted', 'waiting_approval', 'approved'];

export function runsContract(module: StoreModule): void {
  describe('runs', () => {
    const world = worldOf(module);

    async function turnsOf(store: Store, runId: string): Promise<Turn[]> {
      const turns: Turn[] = [];
      for await (const turn of allOf((next) => store.runs.journal(runId, { next }))) turns.push(turn);
      return turns;
    }

    /** Everything that can be read, for comparing before and after something that must change nothing. */
    async function everything(store: Store): Promise<unknown> {
      const heads = [];
      for await (const head of allOf((next) => store.runs.list({ next }))) heads.push(head);
      const runs = await Promise.all(heads.map(({ runId }) => store.runs.get(runId)));
      const journals = await Promise.all(heads.map(({ runId }) => turnsOf(store, runId)));
      const stacks = await Promise.all((await store.stacks.list()).items.map(({ key }) => store.stacks.get(key)));
      return { heads, runs, journals, stacks };
    }

    /** A run in a status, however it comes there. */
    async function runIn(store: Store, status: RunStatus): Promise<Lease> {
      if (PENDING.includes(status)) {
        await store.runs.submit({ ...aRun('r1'), status });
        return store.runs.acquire(WEB);
      }
      const lease = await begun(store);
      if (status === 'suspended') await store.runs.suspend(lease, 'r1', 0);
      else if (status !== 'running') await store.runs.finish(lease, 'r1', 0, anEnd('r1', status as 'failed'));
      return lease;
    }

    describe('submit', () => {
      test('a run is there for everyone as it was given, and its head in the lists', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const run: Run = {
          ...aRun('r1'),
          status: 'waiting_approval',
          expiresAt: 1_800_000_999_000,
          base: 'a'.repeat(64),
          onFailure: 'delete',
          verdict: {
            decision: 'ask',
            by: 'circle',
            planDigest: 'd'.repeat(64),
            reasons: ['split'],
            votes: [],
            posterior: { approve: 0.5 },
            skipped: [],
          },
          answer: { decision: 'approve', by: 'me', at: 1 },
        };
        await one.runs.submit(run);
        for (const { runs } of [one, other]) {
          expect(await runs.get('r1')).toEqual(run);
          const { parameters, fingerprints, noEcho, verdict, findings, ...head } = run;
          expect((await runs.list()).items).toEqual([head]);
          expect((await runs.list({ stack: WEB })).items).toEqual([head]);
          expect((await runs.list({ stack: key('db') })).items).toEqual([]);
          expect(await runs.get('r2')).toBeUndefined();
        }
        // A run that nobody has taken up is no stack yet.
        expect(await one.stacks.get(WEB)).toBeUndefined();
      });

      test('a second time is refused and changes nothing', async () => {
        const [one, other] = [await world.open(), await world.open()];
        await one.runs.submit(aRun('r1'));
        const before = await everything(one);
        for (const again of [aRun('r1'), { ...aRun('r1', key('db')), status: 'submitted' as const }]) {
          await expect(other.runs.submit(again)).rejects.toMatchObject({ code: 'run_exists' });
        }
        expect(await everything(one)).toEqual(before);
        expect((await one.runs.list({ stack: key('db') })).items).toEqual([]);
      });

      test('of two at once exactly one is kept', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const ends = await Promise.allSettled([one.runs.submit(aRun('r1')), other.runs.submit(aRun('r1', key('db')))]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect((await one.runs.list()).items).toHaveLength(1);
      });

      test('two thousand findings are kept, and the lists stay small', async () => {
        const store = await world.open();
        const finding = { ruleId: 'R', title: 'x'.repeat(300) } as Run['findings'][number];
        const run = { ...aRun('r1'), findings: Array.from({ length: 2_000 }, () => finding) };
        await store.runs.submit(run);
        expect(await store.runs.get('r1')).toEqual(run);
        expect(JSON.stringify(await store.runs.list()).length).toBeLessThan(2_000);
      });
    });

    describe('list', () => {
      test('newest first, by stack or all, over any number of pages', async () => {
        const store = await world.open();
        const ids = Array.from({ length: 60 }, (_, n) => `20261126-0101${String(n).padStart(2, '0')}-abc`);
        const stackOf = (n: number) => (n % 3 === 0 ? key('db') : WEB);
        for (const [n, runId] of ids.entries()) await store.runs.submit(aRun(runId, stackOf(n)));
        const newest = ids.toReversed();
        for (const limit of [1, 7, 60, 100]) {
          const all = await paged(limit, (next) => store.runs.list({ next, limit }));
          expect(all.map(({ runId }) => runId)).toEqual(newest);
          const db = await paged(limit, (next) => store.runs.list({ stack: key('db'), next, limit }));
          expect(db.map(({ runId }) => runId)).toEqual(newest.filter((_, at) => (59 - at) % 3 === 0));
        }
        const byDefault = [];
        for await (const { runId } of allOf((next) => store.runs.list({ next }))) byDefault.push(runId);
        expect(byDefault).toEqual(newest);
        expect((await store.runs.list({ stack: { ...WEB, region: 'eu-west-1' } })).items).toEqual([]);
      });
    });

    describe('move', () => {
      test('changes what is given, if the status is one of those', async () => {
        const store = await world.open();
        const run: Run = { ...aRun('r1'), status: 'submitted' };
        await store.runs.submit(run);
        expect(await store.runs.move('r1', ['waiting_approval', 'approved'], { status: 'rejected' })).toBe(false);
        expect(await store.runs.get('r1')).toEqual(run);
        const verdict = { decision: 'ask', reasons: ['x'] } as unknown as NonNullable<Run['verdict']>;
        const findings = [{ ruleId: 'R' } as Run['findings'][number]];
        const waiting = { status: 'waiting_approval' as const, verdict, findings, expiresAt: 9 };
        expect(await store.runs.move('r1', ['submitted', 'approved'], waiting)).toBe(true);
        expect(await store.runs.get('r1')).toEqual({ ...run, ...waiting });
        const answer = { decision: 'reject' as const, by: 'me', at: 3, reason: 'no' };
        const ended = { status: 'rejected' as const, answer, endedAt: 4, result: aDocument('r1', 'rejected') };
        expect(await store.runs.move('r1', ['waiting_approval'], ended)).toBe(true);
        expect(await store.runs.get('r1')).toEqual({ ...run, ...waiting, ...ended });
        expect(await store.runs.move('r1', PENDING as [], { status: 'approved' })).toBe(false);
        expect(await store.runs.move('r9', PENDING as [], { status: 'approved' })).toBe(false);
      });

      test('of two answers at once exactly one counts', async () => {
        const [one, other] = [await world.open(), await world.open()];
        await one.runs.submit({ ...aRun('r1'), status: 'waiting_approval' });
        const verdict = { decision: 'approve' } as unknown as NonNullable<Run['verdict']>;
        const moved = await Promise.all([
          one.runs.move('r1', ['waiting_approval'], { status: 'approved', verdict }),
          other.runs.move('r1', ['waiting_approval'], { status: 'rejected' }),
        ]);
        expect(moved.filter(Boolean)).toHaveLength(1);
        expect((await one.runs.get('r1'))?.status).toBe(moved[0] ? 'approved' : 'rejected');
        expect((await one.runs.get('r1'))?.verdict).toEqual(moved[0] ? verdict : null);
      });

      test.each<RunStatus>(['running', 'suspended', 'succeeded', 'cancelled'])(
        'does nothing to a run that is %s',
        async (status) => {
          const store = await world.open();
          await runIn(store, status);
          const before = await everything(store);
          expect(await store.runs.move('r1', PENDING as [], { status: 'superseded' })).toBe(false);
          expect(await everything(store)).toEqual(before);
        },
      );

      test('superseding and taking up at the same instant: one of the two', async () => {
        const [one, other] = [await world.open(), await world.open()];
        for (let round = 0; round < 6; round += 1) {
          const stack = key(`s${round}`);
          const run = aRun(`r${round}`, stack);
          await one.runs.submit(run);
          const lease = await one.runs.acquire(stack);
          const beginning = one.runs.begin(lease, run.runId, 5, aStack(stack)).catch((error: unknown) => error);
          for (let turns = 0; turns < round; turns += 1) await Promise.resolve();
          const moved = await other.runs.move(run.runId, ['approved'], { status: 'superseded' });
          const began = await beginning;
          if (moved) expect(began).toBeInstanceOf(LeaseLost);
          else expect(began).toBe(true);
          expect((await one.runs.get(run.runId))?.status).toBe(moved ? 'superseded' : 'running');
          expect((await one.stacks.get(stack)) === undefined).toBe(moved);
        }
      });
    });

    describe('begin', () => {
      test('the run is running, and the stack’s', async () => {
        const [one, other] = [await world.open(), await world.open()];
        await begun(one);
        const running = { ...aRun('r1'), status: 'running', startedAt: 1_800_000_000_000 };
        for (const store of [one, other]) expect(await store.runs.get('r1')).toEqual(running);
      });

      test.each<RunStatus>(['submitted', 'waiting_approval', 'running', 'suspended', 'failed', 'cancelled'])(
        'a run that is %s is refused and nothing changes',
        async (status) => {
          const store = await world.open();
          const lease = await runIn(store, status);
          const before = await everything(store);
          await expect(store.runs.begin(lease, 'r1', 1, aStack())).rejects.toThrow(LeaseLost);
          expect(await everything(store)).toEqual(before);
        },
      );

      test.each<[string, (lease: Lease) => [Lease, string]]>([
        ['an older fence', (lease) => [{ ...lease, fence: lease.fence - 1 }, 'r1']],
        ['a newer fence', (lease) => [{ ...lease, fence: lease.fence + 1 }, 'r1']],
        ['another holder', (lease) => [{ ...lease, holder: 'somebody' }, 'r1']],
        ['a run of another stack', (lease) => [lease, 'r2']],
        ['a run that does not exist', (lease) => [lease, 'r9']],
      ])('with %s is refused and nothing changes', async (_, wrong) => {
        const store = await world.open();
        await store.runs.submit(aRun('r1'));
        await store.runs.submit(aRun('r2', key('db')));
        const lease = await store.runs.acquire(WEB);
        const before = await everything(store);
        await expect(store.runs.begin(...wrong(lease), 1, aStack())).rejects.toThrow(LeaseLost);
        expect(await everything(store)).toEqual(before);
      });

      test('while the stack has another unfinished run it is refused: that one is settled first', async () => {
        const store = await world.open();
        const lease = await begun(store);
        await store.runs.submit({ ...aRun('r2'), base: (await store.stacks.get(WEB))?.snapshot as string });
        const before = await everything(store);
        await expect(store.runs.begin(lease, 'r2', 1, aStack())).rejects.toThrow(LeaseLost);
        await store.runs.suspend(lease, 'r1', 0);
        await expect(store.runs.begin(lease, 'r2', 1, aStack())).rejects.toThrow(LeaseLost);
        await store.runs.reopen(lease, 'r1');
        expect(await everything(store)).toEqual(before);
        await store.runs.finish(lease, 'r1', 0, anEnd('r1', 'failed'));
        expect(await store.runs.begin(lease, 'r2', 1, aStack())).toBe(true);
      });

      test('a stack that is not what the plan was made from: false, and nothing changes', async () => {
        const store = await world.open();
        for (const [runId, base] of [
          ['other', 'f'.repeat(64)],
          ['new', undefined],
        ] as const) {
          await store.runs.submit({ ...aRun(runId), ...(base === undefined ? {} : { base }) });
        }
        const lease = await store.runs.acquire(WEB);
        expect(await store.runs.begin(lease, 'other', 1, aStack())).toBe(false);
        await store.runs.release(lease);
        const again = await begun(store);
        await store.runs.finish(again, 'r1', 0, anEnd('r1', 'succeeded'));
        const before = await everything(store);
        // Two plans for a new stack: the first made it.
        expect(await store.runs.begin(again, 'new', 1, aStack())).toBe(false);
        expect(await everything(store)).toEqual(before);
      });

      test('on a stack that exists it changes nothing of it but its runs', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const left = { ...aStack(), state: { ...aStack().state, resources: [resource('A', 1)] } };
        await store.runs.finish(lease, 'r1', 0, anEnd('r1', 'failed', left));
        const before = await store.stacks.get(WEB);
        await store.runs.submit({ ...aRun('r2'), base: before?.snapshot as string });
        const fresh = { ...aStack(), outputs: { Other: { value: 1 } } };
        expect(await store.runs.begin(lease, 'r2', 1, fresh)).toBe(true);
        expect(await store.stacks.get(WEB)).toEqual({ ...before, lastRun: 'r2', unfinished: 'r2' });
      });

      test('of two runs that begin at once exactly one has begun', async () => {
        const [one, other] = [await world.open(), await world.open()];
        await one.runs.submit(aRun('r1'));
        await one.runs.submit(aRun('r2'));
        const lease = await one.runs.acquire(WEB);
        const ends = await Promise.allSettled([
          one.runs.begin(lease, 'r1', 1, aStack()),
          other.runs.begin(lease, 'r2', 1, aStack()),
        ]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const statuses = [(await one.runs.get('r1'))?.status, (await one.runs.get('r2'))?.status];
        expect(statuses.sort()).toEqual(['approved', 'running']);
      });
    });

    describe('append', () => {
      test('a turn adds to the journal and moves the sequence on by one, whatever is in it', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const turns: Turn[] = [
          { entries: [anEntry(1), anEntry(2)], record: [resource('B', 1)], forget: [] },
          { entries: [], record: [], forget: ['B'] },
          { entries: [anEntry(3)], record: [resource('A', 2)], forget: ['C'] },
        ];
        for (const [seq, turn] of turns.entries()) {
          expect(await store.runs.append(lease, 'r1', seq, turn)).toBe(seq + 1);
        }
        expect(await turnsOf(await world.open(), 'r1')).toEqual(turns);
        expect((await store.runs.get('r1'))?.seq).toBe(3);
      });

      test('what was counted so far is kept with the turn', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const tally = { calls: { create: 1, update: 2, delete: 3, get: 4, poll: 5, throttled: 6 }, inFlightMax: 7 };
        await store.runs.append(lease, 'r1', 0, aTurn(1), tally);
        await store.runs.append(lease, 'r1', 1, aTurn(2));
        expect((await store.runs.get('r1'))?.tally).toEqual(tally);
        expect((await store.runs.list()).items[0]?.tally).toEqual(tally);
      });

      test.each<[string, (lease: Lease) => [Lease, string, number]]>([
        ['a sequence that is behind', (lease) => [lease, 'r1', 1]],
        ['a sequence that is ahead', (lease) => [lease, 'r1', 3]],
        ['an older fence', (lease) => [{ ...lease, fence: lease.fence - 1 }, 'r1', 2]],
        ['a newer fence', (lease) => [{ ...lease, fence: lease.fence + 1 }, 'r1', 2]],
        ['a run that does not exist', (lease) => [lease, 'r9', 0]],
        ['a run that has not begun', (lease) => [lease, 'r2', 0]],
      ])('with %s is refused and changes nothing', async (_, wrong) => {
        const store = await world.open();
        const lease = await begun(store);
        await store.runs.submit(aRun('r2', key('db')));
        await store.runs.append(lease, 'r1', 0, { entries: [anEntry(1)], record: [resource('A', 1)], forget: [] });
        await store.runs.append(lease, 'r1', 1, aTurn(2));
        const before = await everything(store);
        const turn: Turn = { entries: [anEntry(9)], record: [resource('A', 9)], forget: [] };
        await expect(store.runs.append(...wrong(lease), turn)).rejects.toThrow(LeaseLost);
        expect(await everything(store)).toEqual(before);
      });

      test('whatever sequence and fence a worker believes in, only the right pair writes', async () => {
        const store = await world.open();
        const lease = await begun(store);
        let seq = 0;
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -1, max: 1 }), async (behind, fence) => {
            const believed = { ...lease, fence: lease.fence + fence };
            const append = store.runs.append(believed, 'r1', seq + behind, aTurn(seq + 1));
            if (behind === 0 && fence === 0) seq = await append;
            else await expect(append).rejects.toThrow(LeaseLost);
            expect(await turnsOf(store, 'r1')).toEqual(Array.from({ length: seq }, (_, index) => aTurn(index + 1)));
          }),
          { numRuns: 60 },
        );
      });

      test('two workers appending from the same sequence: exactly one is told it succeeded', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        const ends = await Promise.allSettled([
          one.runs.append(lease, 'r1', 0, aTurn(1)),
          other.runs.append(lease, 'r1', 0, aTurn(2)),
        ]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect(await turnsOf(one, 'r1')).toEqual([aTurn(ends[0].status === 'fulfilled' ? 1 : 2)]);
      });

      test('a turn of 600 KB is one turn like any other', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        const large = { ...anEntry(2), model: { text: 'ö'.repeat(300_000) } };
        const turn: Turn = { entries: [large], record: [resource('A', 1)], forget: [] };
        await one.runs.append(lease, 'r1', 0, aTurn(1));
        await one.runs.append(lease, 'r1', 1, turn);
        await one.runs.append(lease, 'r1', 2, aTurn(3));
        expect(await turnsOf(other, 'r1')).toEqual([aTurn(1), turn, aTurn(3)]);
        expect((await other.stacks.get(WEB))?.state.resources).toEqual([resource('A', 1)]);
        // Refused all the same when the worker is no longer the one.
        await expect(other.runs.append({ ...lease, fence: 0 }, 'r1', 3, turn)).rejects.toThrow(LeaseLost);
        expect((await other.runs.get('r1'))?.seq).toBe(3);
      });
    });

    describe('journal', () => {
      test('of hundreds of turns every one comes, from any turn on, in any pages', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const all = Array.from({ length: 230 }, (_, index) => aTurn(index + 1));
        for (const [seq, turn] of all.entries()) await store.runs.append(lease, 'r1', seq, turn);
        expect(await turnsOf(store, 'r1')).toEqual(all);
        for (const after of [0, 1, 99, 100, 101, 229, 230]) {
          for (const limit of [3, 100, 1_000]) {
            const found = await paged(limit, (next) => store.runs.journal('r1', { after, next, limit }));
            expect(found).toEqual(all.slice(after));
          }
        }
      });

      test('of a run without turns, and of none, is empty', async () => {
        const store = await world.open();
        await begun(store);
        expect(await store.runs.journal('r1')).toEqual({ items: [] });
        expect(await store.runs.journal('r9')).toEqual({ items: [] });
      });

      test('any entry comes back as it went in', async () => {
        const store = await world.open();
        const lease = await begun(store);
        let seq = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (values) => {
            const entries = values.map((model, index) => ({ ...anEntry(index), model }));
            const after = seq;
            seq = await store.runs.append(lease, 'r1', seq, { entries, record: [], forget: [] });
            const { items } = await store.runs.journal('r1', { after });
            expect(JSON.stringify(items[0]?.entries)).toBe(JSON.stringify(entries));
          }),
          { numRuns: 60 },
        );
      });
    });

    describe('turning back', () => {
      const rollback = { planDigest: 'b'.repeat(64), seq: 1, resources: [], unrestored: [] };

      test('happens once, at the sequence it names, and the journal goes on', async () => {
        const store = await world.open();
        const lease = await begun(store);
        await store.runs.append(lease, 'r1', 0, aTurn(1));
        await expect(store.runs.turnBack(lease, 'r1', { ...rollback, seq: 0 })).rejects.toThrow(LeaseLost);
        await expect(store.runs.turnBack({ ...lease, fence: 9 }, 'r1', rollback)).rejects.toThrow(LeaseLost);
        expect((await store.runs.get('r1'))?.rollback).toBeUndefined();
        await store.runs.turnBack(lease, 'r1', rollback);
        expect((await (await world.open()).runs.get('r1'))?.rollback).toEqual(rollback);
        const again = { ...rollback, planDigest: 'c'.repeat(64) };
        await expect(store.runs.turnBack(lease, 'r1', again)).rejects.toThrow(LeaseLost);
        expect(await store.runs.append(lease, 'r1', 1, aTurn(2))).toBe(2);
        expect((await store.runs.journal('r1', { after: rollback.seq })).items).toEqual([aTurn(2)]);
        await store.runs.finish(lease, 'r1', 2, anEnd('r1', 'rolled_back'));
        expect(await store.runs.get('r1')).toMatchObject({ status: 'rolled_back', rollback });
      });
    });

    describe('suspend and reopen', () => {
      test('a suspended run is written by nobody, and by who reopens it', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        await one.runs.append(lease, 'r1', 0, aTurn(1));
        await expect(one.runs.suspend(lease, 'r1', 0)).rejects.toThrow(LeaseLost);
        await expect(one.runs.suspend({ ...lease, fence: 9 }, 'r1', 1)).rejects.toThrow(LeaseLost);
        await one.runs.suspend(lease, 'r1', 1);
        expect((await other.runs.get('r1'))?.status).toBe('suspended');
        expect((await other.stacks.get(WEB))?.unfinished).toBe('r1');
        await expect(one.runs.append(lease, 'r1', 1, aTurn(2))).rejects.toThrow(LeaseLost);
        await expect(one.runs.finish(lease, 'r1', 1, anEnd('r1', 'failed'))).rejects.toThrow(LeaseLost);
        await one.runs.release(lease);
        const next = await other.runs.acquire(WEB);
        await other.runs.reopen(next, 'r1');
        expect(await other.runs.append(next, 'r1', 1, aTurn(2))).toBe(2);
        expect(await turnsOf(one, 'r1')).toEqual([aTurn(1), aTurn(2)]);
      });

      test('a cancelled run goes on as if it had not ended', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const running = await store.runs.get('r1');
        const end = { ...anEnd('r1', 'cancelled'), measuredUntil: 1_800_000_000_500 };
        await store.runs.finish(lease, 'r1', 0, end);
        await store.runs.reopen(lease, 'r1');
        // Until when it has been measured stays: what was counted is not counted again.
        expect(await store.runs.get('r1')).toEqual({ ...running, measuredUntil: end.measuredUntil });
        expect((await store.stacks.get(WEB))?.unfinished).toBe('r1');
        expect(await store.runs.append(lease, 'r1', 0, aTurn(1))).toBe(1);
      });

      test.each<RunStatus>(['submitted', 'waiting_approval', 'approved', 'succeeded', 'failed', 'rolled_back'])(
        'a run that is %s is not reopened',
        async (status) => {
          const store = await world.open();
          const lease = await runIn(store, status);
          const before = await everything(store);
          await expect(store.runs.reopen(lease, 'r1')).rejects.toThrow(LeaseLost);
          expect(await everything(store)).toEqual(before);
        },
      );

      test.each<RunStatus>(['running', 'suspended', 'cancelled'])(
        'a %s run is reopened under the lease only',
        async (status) => {
          const store = await world.open();
          const lease = await runIn(store, status);
          const before = await everything(store);
          await expect(store.runs.reopen({ ...lease, fence: lease.fence + 1 }, 'r1')).rejects.toThrow(LeaseLost);
          await expect(store.runs.reopen(lease, 'r9')).rejects.toThrow(LeaseLost);
          await store.runs.release(lease);
          await expect(store.runs.reopen(lease, 'r1')).rejects.toThrow(LeaseLost);
          expect(await everything(store)).toEqual(before);
          await store.runs.reopen(await store.runs.acquire(WEB), 'r1');
          expect((await store.runs.get('r1'))?.status).toBe('running');
        },
      );

      test('a cancelled run is not reopened beside another unfinished one', async () => {
        const store = await world.open();
        const lease = await begun(store);
        await store.runs.finish(lease, 'r1', 0, anEnd('r1', 'cancelled'));
        await store.runs.submit({ ...aRun('r2'), base: (await store.stacks.get(WEB))?.snapshot as string });
        await store.runs.begin(lease, 'r2', 1, aStack());
        await expect(store.runs.reopen(lease, 'r1')).rejects.toThrow(LeaseLost);
        expect((await store.stacks.get(WEB))?.unfinished).toBe('r2');
      });

      test('of two workers that reopen at once one goes on', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        await one.runs.suspend(lease, 'r1', 0);
        const ends = await Promise.allSettled([one.runs.reopen(lease, 'r1'), other.runs.reopen(lease, 'r1')]);
        expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
        const appends = await Promise.allSettled([
          one.runs.append(lease, 'r1', 0, aTurn(1)),
          other.runs.append(lease, 'r1', 0, aTurn(2)),
        ]);
        expect(appends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });
    });

    describe('finish', () => {
      test('keeps the journal, the document and the stack’s snapshot, and allows no more', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        await one.runs.append(lease, 'r1', 0, { entries: [anEntry(1)], record: [resource('A', 1)], forget: [] });
        const record = await one.stacks.get(WEB);
        const state = {
          ...aStack().state,
          parameters: { Stage: 'prod', Password: null },
          resources: [resource('A', 1)],
        };
        const outputs = { Url: { value: 'https://x', description: 'where', exportName: 'web-url' } };
        const tally = { calls: aDocument('r1', 'failed').calls, inFlightMax: 3 };
        const end = { ...anEnd('r1', 'succeeded', { state, outputs }), tally, measuredUntil: 7 };
        const wanted = {
          ...aRun('r1'),
          status: 'succeeded',
          startedAt: 1_800_000_000_000,
          seq: 1,
          tally,
          measuredUntil: 7,
        };
        await one.runs.finish(lease, 'r1', 1, end);
        expect(await other.runs.get('r1')).toEqual({ ...wanted, endedAt: end.endedAt, result: end.result });
        const { snapshot, ...after } = (await other.stacks.get(WEB)) ?? {};
        expect(after).toEqual({ key: WEB, state, outputs, lastRun: 'r1' });
        expect(snapshot).not.toBe(record?.snapshot);
        expect(await turnsOf(other, 'r1')).toHaveLength(1);

        const before = await everything(other);
        await expect(one.runs.append(lease, 'r1', 1, aTurn(2))).rejects.toThrow(LeaseLost);
        await expect(one.runs.finish(lease, 'r1', 1, end)).rejects.toThrow(LeaseLost);
        await expect(one.runs.finish(lease, 'r1', 1, anEnd('r1', 'failed', 'gone'))).rejects.toThrow(LeaseLost);
        await expect(one.runs.suspend(lease, 'r1', 1)).rejects.toThrow(LeaseLost);
        await expect(
          one.runs.turnBack(lease, 'r1', { planDigest: 'x', seq: 1, resources: [], unrestored: [] }),
        ).rejects.toThrow(LeaseLost);
        expect(await everything(other)).toEqual(before);
      });

      test.each<[string, (lease: Lease) => [Lease, string, number]]>([
        ['a sequence that is behind', (lease) => [lease, 'r1', 0]],
        ['a sequence that is ahead', (lease) => [lease, 'r1', 2]],
        ['an older fence', (lease) => [{ ...lease, fence: lease.fence - 1 }, 'r1', 1]],
        ['a run that does not exist', (lease) => [lease, 'r9', 0]],
      ])('with %s ends nothing', async (_, wrong) => {
        const store = await world.open();
        const lease = await begun(store);
        await store.runs.append(lease, 'r1', 0, aTurn(1));
        const before = await everything(store);
        for (const stack of [aStack(), 'gone'] as const) {
          await expect(store.runs.finish(...wrong(lease), anEnd('r1', 'failed', stack))).rejects.toThrow(LeaseLost);
        }
        expect(await everything(store)).toEqual(before);
      });

      test('of two that finish at once one has, and the end is that one’s', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        const ends = await Promise.allSettled([
          one.runs.finish(lease, 'r1', 0, anEnd('r1', 'succeeded')),
          other.runs.finish(lease, 'r1', 0, anEnd('r1', 'failed', 'gone')),
        ]);
        expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const first = ends[0].status === 'fulfilled';
        expect((await one.runs.get('r1'))?.result).toMatchObject({ outcome: first ? 'succeeded' : 'failed' });
        expect((await one.stacks.get(WEB)) === undefined).toBe(!first);
      });

      test('a stack that is gone leaves its runs, and may come again', async () => {
        const store = await world.open();
        const lease = await begun(store, { ...aRun('r1'), mode: 'destroy' });
        await store.runs.append(lease, 'r1', 0, aTurn(1));
        await store.runs.finish(lease, 'r1', 1, anEnd('r1', 'succeeded', 'gone'));
        expect(await store.stacks.get(WEB)).toBeUndefined();
        expect((await store.stacks.list()).items).toEqual([]);
        expect((await store.stacks.named('web')).items).toEqual([]);
        expect((await store.runs.list({ stack: WEB })).items).toMatchObject([{ runId: 'r1', status: 'succeeded' }]);
        expect(await turnsOf(store, 'r1')).toEqual([aTurn(1)]);
        await store.runs.release(lease);
        await begun(store, aRun('r2'));
        expect((await store.stacks.get(WEB))?.lastRun).toBe('r2');
        expect((await store.runs.list({ stack: WEB })).items).toHaveLength(2);
      });

      test('a document of 1 MB comes back whole', async () => {
        const store = await world.open();
        const lease = await begun(store);
        const result = { ...aDocument('r1', 'failed'), outputs: { Text: 'ö'.repeat(500_000) } };
        await store.runs.finish(lease, 'r1', 0, { ...anEnd('r1', 'failed'), result });
        expect((await store.runs.get('r1'))?.result).toEqual(result);
      });
    });

    describe('cancelling', () => {
      test('a request is seen by every worker, of that run only, and may be made again', async () => {
        const [one, other] = [await world.open(), await world.open()];
        await begun(one);
        await begun(one, aRun('r2', key('db')));
        expect(await one.runs.cancelRequested('r1')).toBe(false);
        await other.runs.requestCancel('r1');
        await other.runs.requestCancel('r1');
        expect(await one.runs.cancelRequested('r1')).toBe(true);
        expect(await one.runs.cancelRequested('r2')).toBe(false);
        await other.runs.requestCancel('r1', true);
        expect(await one.runs.cancelRequested('r1')).toBe('now');
        await other.runs.requestCancel('r1');
        expect(await one.runs.cancelRequested('r1')).toBe('now');
      });

      test.each<RunStatus>(['running', 'suspended'])('a request to a %s run outlives its workers', async (status) => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await runIn(one, status);
        await one.runs.requestCancel('r1', true);
        await one.runs.release(lease);
        await other.runs.reopen(await other.runs.acquire(WEB), 'r1');
        expect(await other.runs.cancelRequested('r1')).toBe('now');
        await other.runs.withdrawCancel('r1');
        expect(await other.runs.cancelRequested('r1')).toBe('now');
      });

      test('a request to a cancelled run is withdrawn when it is to go on, as often as that is said', async () => {
        const [one, other] = [await world.open(), await world.open()];
        const lease = await begun(one);
        await one.runs.requestCancel('r1');
        await one.runs.finish(lease, 'r1', 0, anEnd('r1', 'cancelled'));
        expect(await other.runs.cancelRequested('r1')).toBe(true);
        await other.runs.withdrawCancel('r1');
        await other.runs.withdrawCancel('r1');
        expect(await one.runs.cancelRequested('r1')).toBe(false);
        await one.runs.withdrawCancel('r9');
      });

      test('an unknown run is named', async () => {
        const store = await world.open();
        await expect(store.runs.requestCancel('r9')).rejects.toThrow(ResourceNotFound);
        await expect(store.runs.requestCancel('r9')).rejects.toThrow(/r9/);
        expect(await store.runs.cancelRequested('r9')).toBe(false);
      });
    });
  });
}
