import { afterEach, expect, test } from 'vitest';
import type { Answer, ChangeNote, Cloud } from '../../../../src/app/ports.ts';
import { Budget, Budgets, rateNote } from '../../../../src/app/run/budget.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const START_RATE = 20;
const never = new AbortController().signal;
const open: Budget[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((budget) => budget.close()));
});

/** A store as far as shares need one: every change sees the text of the one before. */
function notes() {
  const kept = new Map<string, string>();
  let fails = false;
  return {
    kept,
    fail: (now: boolean) => {
      fails = now;
    },
    changeNote: async (name: string, change: ChangeNote) => {
      if (fails) throw new Error('the store is busy');
      kept.set(name, change(kept.get(name)));
    },
  };
}

function budget(store: ReturnType<typeof notes>, clock: VirtualClock, holder: string): Budget {
  const made = new Budget({ store, clock, note: rateNote('here'), holder });
  open.push(made);
  return made;
}

function pass(clock: VirtualClock, ms: number): Promise<void> {
  return clock.sleep(clock.now() + ms, never);
}

/** A cloud that throttles or answers. */
function cloud(throttles: () => boolean): Cloud {
  const get = async (): Promise<Answer<unknown>> =>
    throttles() ? { ok: false, error: { kind: 'throttled', message: 'Rate exceeded' } } : { ok: true, value: {} };
  return { get } as unknown as Cloud;
}

/** Calls as fast as the share allows until it is told to stop. */
async function busy(budget: Budget, throttles: () => boolean, stop: AbortSignal): Promise<number> {
  const counted = budget.counted(cloud(throttles));
  let calls = 0;
  for (; !stop.aborted; calls += 1) {
    await budget.take(stop);
    await counted.get({ typeName: 'T', identifier: 'i' });
  }
  return calls;
}

test('who is alone has all of it, and nothing is claimed before it is used', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  const one = budget(store, clock, 'one');
  expect(store.kept.size).toBe(0);
  expect((await one.share()).rate).toBe(START_RATE);
});

test('two that both want more come to half each, and the one that stays has it all again', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  const [one, two] = [budget(store, clock, 'one'), budget(store, clock, 'two')];
  const stop = new AbortController();
  const work = [one, two].map((each) => busy(each, () => false, stop.signal));
  await pass(clock, 8_000);
  const [a, b] = [(await one.share()).rate, (await two.share()).rate];
  const { rate: total } = JSON.parse(store.kept.get(rateNote('here')) ?? '{}') as { rate: number };
  expect(a + b).toBeLessThanOrEqual(total + 1.001);
  expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.75);
  stop.abort();
  await Promise.all(work);
  await two.close();
  await pass(clock, 5_000);
  expect((await one.share()).rate).toBeGreaterThan(0.95 * total);
});

test('throttled calls of one cut the share of both', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  const [one, two] = [budget(store, clock, 'one'), budget(store, clock, 'two')];
  const stop = new AbortController();
  let refusing = false;
  const work = [busy(one, () => refusing, stop.signal), busy(two, () => false, stop.signal)];
  await pass(clock, 8_000);
  const before = (await one.share()).rate + (await two.share()).rate;
  refusing = true;
  await pass(clock, 1_500);
  refusing = false;
  await pass(clock, 1_500);
  const after = (await one.share()).rate + (await two.share()).rate;
  expect(after).toBeLessThan(0.8 * before);
  stop.abort();
  await Promise.all(work);
});

test('a store that cannot be asked for a while changes nothing', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  const one = budget(store, clock, 'one');
  const before = await one.share();
  store.fail(true);
  await pass(clock, 5_000);
  expect(await one.share()).toEqual(before);
  store.fail(false);
});

test('a first claim that fails rejects', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  store.fail(true);
  await expect(budget(store, clock, 'one').share()).rejects.toThrow('the store is busy');
});

test('closing gives everything back and leaves nobody waiting', async () => {
  const [store, clock] = [notes(), new VirtualClock()];
  const budgets = new Budgets({ store, clock }, () => 'one');
  await budgets.of('here').share();
  expect(budgets.of('here')).toBe(budgets.of('here'));
  await budgets.close();
  expect(JSON.parse(store.kept.get(rateNote('here')) ?? '{}')).toMatchObject({ members: {} });
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.waiting).toBe(0);
});
