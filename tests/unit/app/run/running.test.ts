import { expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/app/documents/events.ts';
import { running } from '../../../../src/app/run/running.ts';

const event = (runId: string): RunEvent => ({ event: 'settling', at: 'now', runId });

const collect = async (events: AsyncIterable<RunEvent>) => {
  const seen: string[] = [];
  for await (const one of events) if ('runId' in one) seen.push(one.runId);
  return seen;
};

test('an iterator made in the turn of the call sees everything, then ends', async () => {
  const work = running(async (emit) => {
    emit(event('1'));
    await Promise.resolve();
    emit(event('2'));
    return 'done';
  });
  expect(await Promise.all([collect(work), collect(work), work])).toEqual([['1', '2'], ['1', '2'], 'done']);
});

test('a failure belongs to the promise; iterating just ends', async () => {
  const work = running(async (emit) => {
    emit(event('1'));
    throw new Error('no');
  });
  const seen = collect(work);
  await expect(work).rejects.toThrow('no');
  expect(await seen).toEqual(['1']);
  expect(await collect(work)).toEqual([]);
});

test('leaving early does not stop the work', async () => {
  const work = running(async (emit) => {
    emit(event('1'));
    emit(event('2'));
    return 'done';
  });
  for await (const _ of work) break;
  expect(await work).toBe('done');
});
