// Reading before a plan: absence is believed only when it lasts and no list knows better.
import { expect, test } from 'vitest';
import type { StackResource } from '#wasm';
import { refresh } from '../../../../src/app/planning/refresh.ts';
import type { Answer, Cloud } from '../../../../src/app/ports.ts';
import type { Budget } from '../../../../src/app/run/budget.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const topic: StackResource = {
  logicalId: 'T',
  type: 'AWS::SNS::Topic',
  physicalId: 'arn:t',
  status: 'complete',
  applied: {},
  deletionPolicy: 'Delete',
  updateReplacePolicy: 'Delete',
};
const absent: Answer<never> = { ok: false, error: { kind: 'notFound', message: 'gone' } };

/** A cloud that sees the topic from a time on, and lists what it is told to. */
async function look(seenAfterMs: number, listed: Answer<string[]>, speed = 1) {
  const clock = new VirtualClock();
  const start = clock.now();
  const cloud = {
    get: async () => (clock.now() - start >= seenAfterMs ? { ok: true, value: { A: 1 } } : absent),
    list: async () => listed,
  } as unknown as Cloud;
  const budget = { counted: (own: Cloud) => own, take: async () => undefined } as unknown as Budget;
  const live = await refresh([topic], { cloud, budget, clock, speed, emit: () => undefined });
  return { live: live['T'], tookMs: clock.now() - start };
}

const nowhere: Answer<string[]> = { ok: true, value: [] };
const there: Answer<string[]> = { ok: true, value: ['arn:t'] };
const never = Number.POSITIVE_INFINITY;

test('what is there is read once', async () => {
  expect(await look(0, nowhere)).toEqual({ live: { status: 'present', properties: { A: 1 } }, tookMs: 0 });
});

test('what is not seen for some seconds is there', async () => {
  const { live } = await look(9_000, nowhere);
  expect(live).toEqual({ status: 'present', properties: { A: 1 } });
});

test('what a list shows is waited for, and is never taken for absent', async () => {
  expect((await look(90_000, there)).live).toEqual({ status: 'present', properties: { A: 1 } });
  expect((await look(never, there)).live).toEqual({ status: 'unreadable' });
});

test('absence that lasts and that no list contradicts is believed, soon', async () => {
  const refused: Answer<string[]> = {
    ok: false,
    error: { kind: 'rejected', errorCode: 'UnsupportedActionException', message: '' },
  };
  for (const listed of [nowhere, refused]) {
    expect(await look(never, listed)).toEqual({ live: { status: 'absent' }, tookMs: 10_000 });
  }
  expect(await look(never, nowhere, 100)).toEqual({ live: { status: 'absent' }, tookMs: 100 });
});

test('a list of a child type names its parents, as they were applied', async () => {
  const clock = new VirtualClock();
  const asked: unknown[] = [];
  const cloud = {
    get: async () => absent,
    list: async (...of: unknown[]) => {
      asked.push(of);
      return nowhere;
    },
  } as unknown as Cloud;
  const budget = { counted: (own: Cloud) => own, take: async () => undefined } as unknown as Budget;
  const addon = (logicalId: string, ClusterName: unknown): StackResource => ({
    ...topic,
    logicalId,
    type: 'AWS::EKS::Addon',
    applied: { ClusterName, AddonName: logicalId },
  });
  const resources = [addon('A', 'one'), addon('B', 'one'), addon('C', 'two'), addon('D', { $secret: 'p' }), topic];
  await refresh(resources, { cloud, budget, clock, speed: 1, emit: () => undefined });
  expect(asked).toEqual([
    ['AWS::EKS::Addon', { ClusterName: 'one' }],
    ['AWS::EKS::Addon', { ClusterName: 'two' }],
    ['AWS::EKS::Addon', undefined],
    ['AWS::SNS::Topic', undefined],
  ]);
});
