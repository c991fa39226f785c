import { afterEach, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import type { Answer, ChangeNote, Cloud, Limits } from '../../../../src/app/ports.ts';
import { Budget, Budgets } from '../../../../src/app/run/budget.ts';
import { placeText } from '../../../../src/domain/stack.ts';
import { HERE } from '../../../contract/samples.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const START_RATE = 20;
const NAME = placeText(HERE);
const never = new AbortController().signal;
const open: Budget[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((budget) => budget.close()));
});

/** Limits in memory, which can fail. */
function notes(clock: VirtualClock) {
  const { limits } = openMemoryStore({ now: clock.now });
  let fails = false;
  return {
    fail: (now: boolean) => {
      fails = now;
    },
    get: (name: string) => limits.get(name),
    change: async (name: string, change: ChangeNote) => {
      if (fails) throw new Error('the store is busy');
      await limits.change(name, change);
    },
  };
}

function budget(limits: Limits, clock: VirtualClock, holder: string): Budget {
  const made = new Budget({ limits, clock, name: NAME, holder });
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
  const clock = new VirtualClock();
  const limits = notes(clock);
  const one = budget(limits, clock, 'one');
  expect(await limits.get(NAME)).toBeUndefined();
  expect((await one.share()).rate).toBe(START_RATE);
});

test('two that both want more come to half each, and the one that stays has it all again', async () => {
  const clock = new VirtualClock();
  const limits = notes(clock);
  const [one, two] = [budget(limits, clock, 'one'), budget(limits, clock, 'two')];
  const stop = new AbortController();
  const work = [one, two].map((each) => busy(each, () => false, stop.signal));
  await pass(clock, 8_000);
  const [a, b] = [(await one.share()).rate, (await two.share()).rate];
  const { rate: total } = JSON.parse((await limits.get(NAME)) ?? '{}') as { rate: number };
  expect(a + b).toBeLessThanOrEqual(total + 1.001);
  expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.75);
  stop.abort();
  await Promise.all(work);
  await two.close();
  await pass(clock, 5_000);
  expect((await one.share()).rate).toBeGreaterThan(0.95 * total);
});

test('throttled calls of one cut the share of both', async () => {
  const clock = new VirtualClock();
  const limits = notes(clock);
  const [one, two] = [budget(limits, clock, 'one'), budget(limits, clock, 'two')];
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
  const clock = new VirtualClock();
  const limits = notes(clock);
  const one = budget(limits, clock, 'one');
  const before = await one.share();
  limits.fail(true);
  await pass(clock, 5_000);
  expect(await one.share()).toEqual(before);
  limits.fail(false);
});

test('a first claim that fails rejects', async () => {
  const clock = new VirtualClock();
  const limits = notes(clock);
  limits.fail(true);
  await expect(budget(limits, clock, 'one').share()).rejects.toThrow('the store is busy');
});

test('closing gives everything back and leaves nobody waiting', async () => {
  const clock = new VirtualClock();
  const limits = notes(clock);
  const budgets = new Budgets({ store: { limits }, clock }, () => 'one');
  await budgets.of(HERE).share();
  expect(budgets.of(HERE)).toBe(budgets.of(HERE));
  await budgets.close();
  expect(JSON.parse((await limits.get(NAME)) ?? '{}')).toMatchObject({ members: {} });
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.waiting).toBe(0);
});
