// The circle at work, on a virtual clock: who is asked, how long it takes, what it costs, and what ends it.

import { expect, test } from 'vitest';
import type { Vote } from '#wasm';
import { openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import { type Consulting, consultCircle } from '../../../../src/app/gate/circle.ts';
import { Purse } from '../../../../src/app/gate/purse.ts';
import type { Experts } from '../../../../src/app/ports/experts.ts';
import { settingsOf } from '../../../support/circle.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const BUILT_IN = ['availability', 'blast-radius', 'cost', 'data-safety', 'history', 'hygiene', 'permissions', 'policy'];
const model = { provider: 'openai-compatible', name: 'x', baseUrl: 'http://127.0.0.1:9/v1' };

interface Scripted {
  /** Milliseconds until the answer; `Infinity`: never. */
  after?: number;
  option?: 'approve' | 'refuse';
  confidence?: number;
  costUsd?: number;
  fails?: true;
}

/** A circle of these experts alone, and what happens in it. */
function circleOf(scripted: Record<string, Scripted>, more: object = {}, places: Record<string, object> = {}) {
  const clock = new VirtualClock();
  const store = openMemoryStore({ now: clock.now });
  const off = BUILT_IN.map((name) => [name, { enabled: false }]);
  const on = Object.keys(scripted).map((name) => [name, { model, lineage: name, ...places[name] }]);
  const settings = settingsOf({ experts: Object.fromEntries([...off, ...on]), ...more });
  const asked: string[] = [];
  const cancelled: string[] = [];
  let atOnce = 0;
  let most = 0;
  const experts: Experts = {
    async ask(expert, _, signal): Promise<Vote> {
      const { after = 10, option = 'approve', confidence = 0.9, costUsd = 0, fails } = scripted[expert] ?? {};
      asked.push(expert);
      atOnce += 1;
      most = Math.max(most, atOnce);
      await clock.sleep(clock.now() + Math.min(after, 1e12), signal);
      atOnce -= 1;
      if (signal.aborted) {
        cancelled.push(expert);
        throw new Error('cancelled');
      }
      if (fails) throw new Error('a secret');
      return { expert, option, confidence, costUsd, weight: 1_000, veto: true };
    },
    key: (expert, { planDigest }) => `${expert} ${planDigest}`,
  };
  const consult = (extra: Partial<Consulting> = {}) =>
    consultCircle({
      circle: { settings, digest: 'd', experts },
      question: { planDigest: 'p', stack: 's', actions: [], findings: [] },
      votes: [],
      outcomes: [],
      clock,
      purse: new Purse(store.limits, clock, settings.budget),
      ...extra,
    });
  return { clock, store, asked, cancelled, consult, most: () => most };
}

const named = (n: number, one: (at: number) => Scripted) =>
  Object.fromEntries(Array.from({ length: n }, (_, at) => [`e${at}`, one(at)]));

test('ten at once take the time of the slowest, not the sum', async () => {
  const it = circleOf(
    named(10, (at) => ({ after: 100 + 10 * at })),
    { wave: 10 },
  );
  const began = it.clock.now();
  expect(await it.consult()).toMatchObject({ decision: 'approve', stopped: 'answered' });
  expect(it.clock.now() - began).toBe(190);
  expect(it.most()).toBe(10);
});

test('no more are asked at a time than the wave', async () => {
  const it = circleOf(
    named(10, () => ({ after: 100 })),
    { wave: 3 },
  );
  const began = it.clock.now();
  await it.consult();
  expect([it.most(), it.clock.now() - began]).toEqual([3, 400]);
});

test('who is not needed any more is cancelled, and nobody waits for it', async () => {
  const it = circleOf(
    named(10, (at) => ({ option: 'refuse', confidence: 1, after: at < 8 ? 100 : 60_000 })),
    { wave: 10, timeoutMs: 100_000 },
  );
  const began = it.clock.now();
  expect(await it.consult()).toMatchObject({ decision: 'refuse', stopped: 'settled' });
  expect(it.clock.now() - began).toBe(100);
  await expect.poll(() => it.cancelled).toEqual(expect.arrayContaining(['e8', 'e9']));
  expect(it.clock.waiting).toBe(0);
});

test('whoever is too slow has timed out, whoever fails has failed, and neither approves nor says why', async () => {
  const it = circleOf({ a: {}, b: {}, c: { after: Number.POSITIVE_INFINITY }, d: { fails: true } }, { timeoutMs: 500 });
  const { decision, votes, consensus } = await it.consult();
  expect(votes.map(({ expert, status = 'ok' }) => `${expert} ${status}`).sort()).toEqual([
    'a ok',
    'b ok',
    'c timed_out',
    'd failed',
  ]);
  expect([decision, consensus.outcome]).toEqual(['ask', 'no_quorum']);
  expect(JSON.stringify(votes)).not.toContain('a secret');
});

test('at the deadline the votes that are there decide', async () => {
  const it = circleOf(
    named(6, (at) => ({ after: at < 4 ? 10 : 50_000 })),
    { wave: 6, timeoutMs: 60_000, deadlineMs: 1_000 },
  );
  const began = it.clock.now();
  expect(await it.consult()).toMatchObject({ decision: 'approve', stopped: 'answered' });
  expect(it.clock.now() - began).toBe(1_000);
});

test('weight and veto are the policy’s, not the expert’s', async () => {
  const it = circleOf({ a: { option: 'refuse', confidence: 0.7 }, b: {}, c: {}, d: {} });
  const { decision, votes } = await it.consult();
  expect(decision).toBe('approve');
  expect(votes.map(({ weight, veto }) => [weight, veto === true])).toEqual(Array.from({ length: 4 }, () => [1, false]));
  const vetoed = circleOf(
    { a: { option: 'refuse', confidence: 0.8 }, b: {}, c: {}, d: {} },
    { wave: 1 },
    { a: { veto: true } },
  );
  expect(await vetoed.consult()).toMatchObject({ decision: 'refuse', unasked: ['b', 'c', 'd'] });
  expect(vetoed.asked).toEqual(['a']);
});

test('a run spends no more than its budget, and what an answer did cost counts', async () => {
  const places = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { costUsd: 0.1 }]));
  const it = circleOf(named4({ costUsd: 0.15 }), { budget: { runUsd: 0.3 }, wave: 1 }, places);
  expect(await it.consult()).toMatchObject({ decision: 'ask', stopped: 'budget' });
  expect(it.asked.length).toBe(2);
});

test('all who share the store share the money of a day', async () => {
  const places = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { costUsd: 0.1 }]));
  const it = circleOf(named4({ costUsd: 0.1 }), { budget: { dayUsd: 0.6 } }, places);
  const purse = () => new Purse(it.store.limits, it.clock, { dayUsd: 0.6 });
  const both = await Promise.all([it.consult({ purse: purse() }), it.consult({ purse: purse() })]);
  expect(it.asked.length).toBe(6);
  expect(both.map(({ stopped }) => stopped)).toContain('budget');
  const again = await it.consult({ purse: purse() });
  expect([again.stopped, again.decision, it.asked.length]).toEqual(['budget', 'ask', 6]);
  // Tomorrow there is more.
  await it.clock.sleep(it.clock.now() + 86_400_000, new AbortController().signal);
  expect((await it.consult({ purse: purse() })).decision).toBe('approve');
});

test('the same question is paid for once, by whichever process asks, until it is a day old', async () => {
  const it = circleOf(named4({ costUsd: 0.1 }));
  const { answers } = it.store;
  const first = await it.consult({ answers });
  expect([first.decision, it.asked.length]).toEqual(['approve', 4]);
  // Another process, without a cent left.
  const again = await it.consult({ answers, purse: new Purse(it.store.limits, it.clock, { runUsd: 0 }) });
  expect([again.decision, it.asked.length]).toEqual(['approve', 4]);
  expect(again.votes.map(({ expert, option, costUsd }) => [expert, option, costUsd])).toEqual(
    ['a', 'b', 'c', 'd'].map((name) => [name, 'approve', 0]),
  );
  const question = { planDigest: 'q', stack: 's', actions: [], findings: [] };
  await it.consult({ answers, question });
  expect(it.asked.length).toBe(8);
  await it.clock.sleep(it.clock.now() + 86_401_000, new AbortController().signal);
  await it.consult({ answers });
  expect(it.asked.length).toBe(12);
});

test('what failed, or came too late, is asked again; nothing is remembered where that is switched off', async () => {
  const it = circleOf({ a: {}, b: {}, c: { fails: true }, d: { after: Number.POSITIVE_INFINITY } }, { timeoutMs: 500 });
  const { answers } = it.store;
  await it.consult({ answers });
  await it.consult({ answers });
  expect(it.asked.toSorted()).toEqual(['a', 'b', 'c', 'c', 'd', 'd']);
  const off = circleOf(named4({}), { rememberMs: 0 });
  await off.consult({ answers: off.store.answers });
  await off.consult({ answers: off.store.answers });
  expect(off.asked.length).toBe(8);
});

test('interrupted, it cancels what is on the wire and decides nothing', async () => {
  const it = circleOf(named4({ after: 10_000 }));
  const stop = new AbortController();
  const answer = it.consult({ signal: stop.signal });
  stop.abort();
  await expect(answer).rejects.toMatchObject({ code: 'interrupted' });
});

test('without anybody who could ask, they have failed', async () => {
  const it = circleOf(named4({}));
  const settings = settingsOf({ experts: { m: { model } }, quorum: { count: 1 } });
  const { votes } = await it.consult({
    circle: { settings, digest: 'd' },
    votes: BUILT_IN.map((expert) => ({ expert, status: 'abstained' })),
  });
  expect(votes.find(({ expert }) => expert === 'm')).toMatchObject({ status: 'failed' });
});

function named4(one: Scripted): Record<string, Scripted> {
  return { a: one, b: one, c: one, d: one };
}
