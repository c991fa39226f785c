// What resources were like after a run: read where no answer has told it, at the run's rate, within its time.
import { expect, test } from 'vitest';
import type { Event, ResourceReport } from '#wasm';
import type { Answer, Turn } from '../../../../src/app/ports.ts';
import { type Ended, readBaselines } from '../../../../src/app/run/baseline.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const report = (logicalId: string, more: Partial<ResourceReport> = {}): ResourceReport => ({
  logicalId,
  type: 'AWS::SQS::Queue',
  physicalId: `id-${logicalId}`,
  action: 'create',
  status: 'succeeded',
  startedAt: 1,
  elapsedMs: 1,
  attempts: 1,
  ...more,
});
const intent = (step: string): Event => ({ type: 'intentRecorded', step, attempt: 1, clientToken: 't', at: 1 });
const done = (step: string, model?: object): Event => ({
  type: 'progress',
  step,
  status: 'SUCCESS',
  identifier: 'x',
  ...(model === undefined ? {} : { model }),
  at: 2,
});

interface World {
  resources?: ResourceReport[];
  /** Answers to reads, by identifier and how often it was asked. */
  answer?: (identifier: string, nth: number) => Answer<unknown>;
  takeMs?: number;
  aborted?: boolean;
  lost?: boolean;
}

async function after(journal: Event[], world: World = {}) {
  const { answer = () => ({ ok: true, value: { Read: true } }), takeMs = 0 } = world;
  const clock = new VirtualClock();
  const turns: Turn[] = [];
  const asked: string[] = [];
  const lost = new AbortController();
  if (world.lost === true) lost.abort();
  const ended = {
    runs: {
      journal: async () => ({ items: [{ entries: journal, record: [], forget: [] }] }),
      append: async (_lease: unknown, _run: string, seq: number, turn: Turn) => {
        turns.push(turn);
        return seq + 1;
      },
    },
    cloud: {
      get: async ({ identifier }: { identifier: string }) => {
        asked.push(identifier);
        return answer(identifier, asked.filter((one) => one === identifier).length);
      },
    },
    clock,
    take: async (stop: AbortSignal) => {
      if (takeMs > 0) await clock.sleep(clock.now() + takeMs, stop);
    },
    speed: 1,
    secrets: { clean: async (event: Event) => event },
    held: { lease: {}, lost: lost.signal },
    runId: 'r',
    seq: 7,
    after: 0,
    since: clock.now(),
    resources: world.resources ?? ['A', 'B'].map((id) => report(id)),
    tally: { calls: { create: 0, update: 0, delete: 0, get: 0, poll: 0, throttled: 0 }, inFlightMax: 0 },
    signal: world.aborted === true ? AbortSignal.abort() : undefined,
  } as unknown as Ended;
  const seq = await readBaselines(ended);
  const read = turns.flatMap(({ entries = [] }) => entries.map((event) => ('step' in event ? event.step : '')));
  return { seq, asked, read, gets: ended.tally.calls.get, entries: turns.flatMap(({ entries = [] }) => entries) };
}

test('only what no answer and no read has told is read, and kept in one turn', async () => {
  const told: Event = { type: 'read', step: 'create:C', properties: {}, at: 3 };
  const journal = [
    ...[intent('create:A'), done('create:A')],
    ...[intent('update:B'), done('update:B', { Model: 1 })],
    ...[intent('create:C'), done('create:C'), told],
    ...[intent('create:D'), intent('delete:E'), done('delete:E')],
  ];
  const resources = ['A', 'B', 'C', 'D', 'E'].map((id) => report(id));
  const { seq, read, gets, entries } = await after(journal, { resources });
  expect({ seq, read, gets }).toEqual({ seq: 8, read: ['create:A'], gets: 1 });
  expect(entries).toMatchObject([{ type: 'read', properties: { Read: true } }]);
});

test.each([
  ['failed', { status: 'failed' }],
  ['without a read handler', { type: 'AWS::SQS::QueuePolicy' }],
  ['without an identifier', { physicalId: null }],
] satisfies [string, Partial<ResourceReport>][])('what is %s is not read', async (_, more) => {
  const journal = [intent('create:A'), done('create:A')];
  expect(await after(journal, { resources: [report('A', more)] })).toMatchObject({ seq: 7, asked: [] });
});

test('an attempt after a read is read again', async () => {
  const told: Event = { type: 'read', step: 'create:A', properties: {}, at: 3 };
  expect(
    (await after([intent('create:A'), done('create:A'), told, intent('create:A'), done('create:A')])).read,
  ).toEqual(['create:A']);
});

test('what is not seen yet is looked for again; what is refused is left, and nothing fails for it', async () => {
  const journal = ['create:A', 'create:B'].flatMap((step) => [intent(step), done(step)]);
  const answer = (identifier: string, nth: number): Answer<unknown> => {
    if (identifier === 'id-B')
      return { ok: false, error: { kind: 'rejected', errorCode: 'AccessDenied', message: '' } };
    return nth < 3 ? { ok: false, error: { kind: 'notFound', message: '' } } : { ok: true, value: {} };
  };
  expect(await after(journal, { answer })).toMatchObject({ read: ['create:A'], gets: 4 });
  const never = (): Answer<unknown> => ({ ok: false, error: { kind: 'lost', message: '' } });
  expect(await after(journal, { answer: never })).toMatchObject({ seq: 7, read: [] });
});

test('it ends in time with what it has', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `R${index}`);
  const journal = ids.flatMap((id) => [intent(`create:${id}`), done(`create:${id}`)]);
  const { seq, read } = await after(journal, { resources: ids.map((id) => report(id)), takeMs: 1_000 });
  expect(seq).toBe(8);
  expect(read.length).toBeGreaterThan(20);
  expect(read.length).toBeLessThan(100);
});

test('nothing is read when it is to stop, and nothing written without the lease', async () => {
  const journal = [intent('create:A'), done('create:A')];
  expect(await after(journal, { aborted: true })).toMatchObject({ seq: 7, asked: [] });
  expect(await after(journal, { lost: true })).toMatchObject({ seq: 7, entries: [] });
});
