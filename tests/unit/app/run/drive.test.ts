// The driver on scripted engines: what it must do whatever an engine decides. Long, because it is one list of rules over
// one scripted engine and one cloud.

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Command, Event, Plan, PlannedResource, StackResource } from '#wasm';
import type { Answer, Cloud, Facts, Lease, Progress, Turn } from '../../../../src/app/ports.ts';
import { LeaseLost } from '../../../../src/app/ports.ts';
import { type Drive, drive } from '../../../../src/app/run/drive.ts';
import { Secrets } from '../../../../src/app/run/secrets.ts';
import type { Decider } from '../../../../src/core/engine.ts';
import { UnresolvedPayload } from '../../../../src/core/engine.ts';
import { InvalidInput, Unreachable } from '../../../../src/domain/errors.ts';
import { concealed, revealed, type Secret } from '../../../../src/domain/secret.ts';
import { WEB } from '../../../contract/samples.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const FINISH: Command = { type: 'finish', outcome: 'succeeded', resources: [], outputs: {} };

type Script = (event: Event, now: number) => Command[];

/** An engine that answers each event by a script and remembers all it heard. */
class Scripted implements Decider {
  readonly heard: Event[] = [];
  readonly replayed: Event[] = [];
  readonly turns: Event[][] = [];
  #script: Script;
  constructor(script: Script) {
    this.#script = script;
  }
  replay(events: readonly Event[]): void {
    this.replayed.push(...events);
  }
  handle(now: number, events: readonly Event[]): Command[] {
    this.turns.push([...events]);
    return events.flatMap((event) => {
      this.heard.push(event);
      return this.#script(event, now);
    });
  }
  payload(step: string, secrets: Readonly<Record<string, Secret>>): string {
    return JSON.stringify({ step, secrets: revealed(secrets) });
  }
}

class Books {
  readonly entries: Event[] = [];
  readonly commits: Turn[] = [];
  cancel = false;
  failWith: Error | undefined;
  async append(_lease: Lease, _run: string, seq: number, turn: Turn): Promise<number> {
    await setImmediate();
    if (this.failWith !== undefined) throw this.failWith;
    this.entries.push(...turn.entries);
    this.commits.push(turn);
    return seq + 1;
  }
  async cancelRequested(): Promise<boolean> {
    return this.cancel;
  }
}

const done = (requestToken: string): Answer<Progress> => ({
  ok: true,
  value: { requestToken, status: 'SUCCESS', identifier: 'id' },
});

const unused = async (): Promise<never> => {
  throw new Error('not expected to be called');
};

function cloud(calls: Partial<Cloud>): Cloud {
  return {
    create: unused,
    update: unused,
    delete: unused,
    poll: unused,
    cancel: unused,
    get: unused,
    listRequests: unused,
    listResources: unused,
    list: unused,
    close: () => undefined,
    ...calls,
  };
}

function planOf(resources: Partial<PlannedResource>[]): Plan {
  return { resources } as Plan;
}

function setUp(
  script: Script,
  calls: Partial<Cloud>,
  more: Partial<Drive> & { plan?: Plan; facts?: Partial<Facts>; parameters?: Record<string, string> } = {},
) {
  const engine = new Scripted(script);
  const books = new Books();
  const clock = new VirtualClock();
  const lost = new AbortController();
  const { plan = planOf([]), facts = {}, parameters = {}, ...rest } = more;
  const secrets = new Secrets(plan, concealed(parameters), {
    identity: unused,
    lookup: unused,
    secret: unused,
    ...facts,
  });
  const work: Drive = {
    engine,
    runs: books,
    cloud: cloud(calls),
    clock,
    nextPoll: () => setImmediate(),
    secrets,
    held: {
      lease: { stack: WEB, fence: 1, holder: 'test' },
      lost: lost.signal,
      ensure: async () => lost.signal.throwIfAborted(),
    },
    runId: 'run',
    journal: [],
    seq: 0,
    emit: () => undefined,
    ...rest,
  };
  return { engine, books, clock, lost, work };
}

const intent = (id: string, attempt = 1): Command => ({
  type: 'recordIntent',
  step: `create:${id}`,
  attempt,
  clientToken: `${id}-${attempt}`,
});

const create = (step: string, secrets: string[] = []): Command => ({
  type: 'create',
  step,
  typeName: 'AWS::SQS::Queue',
  clientToken: step,
  secrets,
});

const recorded = (logicalId: string): StackResource => ({
  logicalId,
  type: 'AWS::SQS::Queue',
  physicalId: logicalId,
  status: 'complete',
  applied: {},
  deletionPolicy: 'Delete',
  updateReplacePolicy: 'Delete',
});

test('no call is made before its intent is in the journal', async () => {
  const seen: boolean[] = [];
  const { work, books } = setUp(
    (event) => {
      if (event.type === 'started') return [intent('A'), intent('B')];
      if (event.type === 'intentRecorded') return [create(event.step)];
      return event.type === 'progress' && event.step === 'create:B' ? [FINISH] : [];
    },
    {
      create: async ({ clientToken }) => {
        seen.push(books.entries.some((entry) => entry.type === 'intentRecorded' && entry.step === clientToken));
        return done(clientToken);
      },
    },
  );
  await drive(work);
  expect(seen).toEqual([true, true]);
  // Both intents were one commit.
  expect(books.commits[0]?.entries.map((entry) => entry.type)).toEqual(['intentRecorded', 'intentRecorded']);
});

test('an intent that could not be recorded is never called', async () => {
  const { work, books } = setUp((event) => (event.type === 'started' ? [intent('A')] : [create('create:A')]), {});
  books.failWith = new Error('disk full');
  await expect(drive(work)).rejects.toThrow('disk full');
});

test('events, intents and changes of one turn are one commit', async () => {
  const { work, books } = setUp(
    (event) => {
      if (event.type === 'started') return [intent('A')];
      if (event.type === 'intentRecorded') return event.step === 'create:A' ? [create(event.step)] : [];
      if (event.type !== 'progress') return [];
      return [
        { type: 'recordResource', resource: recorded('A') },
        { type: 'forgetResource', logicalId: 'Old' },
        intent('B'),
        FINISH,
      ];
    },
    { create: async () => done('t') },
  );
  await drive(work);
  expect(books.commits).toHaveLength(2);
  expect(books.commits[1]?.entries.map(({ type }) => type)).toEqual(['accepted', 'progress', 'intentRecorded']);
  expect(books.commits[1]).toMatchObject({ record: [recorded('A')], forget: ['Old'] });
});

test('nothing is committed where nothing durable happened', async () => {
  let fired = 0;
  const { work, books, clock } = setUp((event, now) => {
    if (event.type === 'started') return [{ type: 'sleep', until: now + 700 }];
    fired += 1;
    return fired === 3 ? [FINISH] : [{ type: 'sleep', until: now + 100 }];
  }, {});
  const start = clock.now();
  await drive(work);
  expect(books.commits).toHaveLength(0);
  expect(clock.now() - start).toBe(900);
});

test.each<[string, Partial<Cloud>, Command, Event['type'], object]>([
  ['throttled create', { create: async () => err('throttled') }, create('create:A'), 'throttled', { call: 'create' }],
  ['lost create', { create: async () => err('lost') }, create('create:A'), 'lost', { call: 'create', message: 'm' }],
  [
    'lost poll',
    { poll: async () => err('lost') },
    { type: 'poll', step: 'create:A', requestToken: 't' },
    'lost',
    { call: 'poll' },
  ],
  [
    'poll of a forgotten request',
    { poll: async () => err('notFound') },
    { type: 'poll', step: 'create:A', requestToken: 't' },
    'rejected',
    { call: 'poll', errorCode: 'RequestTokenNotFoundException' },
  ],
  [
    'delete of what is gone',
    { delete: async () => err('notFound') },
    { type: 'delete', step: 'delete:A', typeName: 'T', identifier: 'i', clientToken: 'c' },
    'rejected',
    { call: 'delete', errorCode: 'ResourceNotFoundException' },
  ],
  [
    'rejected update',
    { update: async () => ({ ok: false, error: { kind: 'rejected', errorCode: 'NotUpdatable', message: 'm' } }) },
    { type: 'update', step: 'update:A', typeName: 'T', identifier: 'i', clientToken: 'c', secrets: [] },
    'rejected',
    { call: 'update', errorCode: 'NotUpdatable', message: 'm' },
  ],
  [
    'get of what is not there',
    { get: async () => err('notFound') },
    { type: 'get', step: 'create:A', typeName: 'T', identifier: 'i' },
    'read',
    { step: 'create:A' },
  ],
  [
    'get',
    { get: async () => ({ ok: true, value: { Arn: 'a' } }) },
    { type: 'get', step: 'create:A', typeName: 'T', identifier: 'i' },
    'read',
    { properties: { Arn: 'a' } },
  ],
])('a %s becomes an event', async (_, calls, command, type, fields) => {
  const { work, engine } = setUp((event) => (event.type === 'started' ? [command] : [FINISH]), calls);
  const { calls: counted } = await drive(work);
  expect(engine.heard[1]).toMatchObject({ type, ...fields });
  expect(counted[command.type as 'get']).toBe(1);
  expect(counted.throttled).toBe(type === 'throttled' ? 1 : 0);
});

function err(kind: 'throttled' | 'lost' | 'notFound'): Answer<never> {
  return { ok: false, error: { kind, message: 'm' } };
}

test('what survives: intents, acceptance, first identifier, end; what does not: the chatter between', async () => {
  const answers: Partial<Progress>[] = [
    { status: 'IN_PROGRESS' },
    { status: 'IN_PROGRESS', identifier: 'i' },
    { status: 'IN_PROGRESS', identifier: 'i' },
    { status: 'SUCCESS', identifier: 'i' },
  ];
  const { work, books, engine } = setUp(
    (event) => {
      if (event.type === 'started') return [intent('A')];
      if (event.type === 'intentRecorded') return [create(event.step)];
      if (event.type === 'progress' && event.status === 'SUCCESS') return [FINISH];
      return [{ type: 'poll', step: 'create:A', requestToken: 't' }];
    },
    {
      create: async () => ({ ok: true, value: { requestToken: 't', status: 'IN_PROGRESS' } }),
      poll: async () => ({ ok: true, value: { requestToken: 't', status: 'PENDING', ...answers.shift() } }),
    },
  );
  const { calls, seq } = await drive(work);
  expect(books.entries.map((entry) => [entry.type, 'status' in entry ? entry.status : ''])).toEqual([
    ['intentRecorded', ''],
    ['accepted', ''],
    ['progress', 'IN_PROGRESS'],
    ['progress', 'SUCCESS'],
  ]);
  expect(engine.heard.filter(({ type }) => type === 'progress')).toHaveLength(4);
  expect(calls).toEqual({ create: 1, update: 0, delete: 0, get: 0, poll: 4, throttled: 0 });
  expect(seq).toBe(4);
});

test('a resumed run replays its journal first and counts on from it', async () => {
  const journal: Event[] = [{ type: 'intentRecorded', step: 'create:A', attempt: 1, clientToken: 'c', at: 1 }];
  const { work, engine, books } = setUp(
    (event) => (event.type === 'started' ? [create('create:A')] : [FINISH]),
    { create: async () => done('t') },
    { journal, seq: 1 },
  );
  const { seq } = await drive(work);
  expect(engine.replayed).toEqual(journal);
  expect(books.entries.map(({ type }) => type)).toEqual(['accepted', 'progress']);
  expect(seq).toBe(2);
});

test('a lost lease stops the run: nothing is performed and nothing written any more', async () => {
  const { work, lost, books } = setUp((event) => (event.type === 'started' ? [intent('A')] : [create('create:A')]), {});
  const { append } = books;
  books.append = async (...given) => {
    lost.abort(new LeaseLost('taken over'));
    return append.apply(books, given);
  };
  await expect(drive(work)).rejects.toThrow('taken over');
});

test('credentials that are not accepted stop the run as unreachable', async () => {
  const { work } = setUp((event) => (event.type === 'started' ? [create('create:A')] : []), {
    create: async () => {
      throw new Unreachable('expired');
    },
  });
  await expect(drive(work)).rejects.toMatchObject({ code: 'unreachable', kind: 'unreachable' });
});

test('a poll that is denied stops the run at once: nobody could tell how anything ends', async () => {
  const denied = { kind: 'rejected' as const, errorCode: 'AccessDeniedException', message: 'not authorized' };
  const { work, clock } = setUp(
    (event) => (event.type === 'started' ? [{ type: 'poll', step: 'create:A', requestToken: 'r' }] : []),
    {
      poll: async () => ({ ok: false, error: denied }),
    },
  );
  const before = clock.now();
  await expect(drive(work)).rejects.toMatchObject({
    name: 'Unreachable',
    message: expect.stringContaining('GetResourceRequestStatus'),
    help: expect.stringContaining('resume'),
  });
  expect(clock.now()).toBe(before);
});

test('an abort becomes one request to cancel, however often it is asked', async () => {
  const stop = new AbortController();
  const { work, engine, books } = setUp(
    (event, now) => {
      if (event.type === 'timerFired') return [FINISH];
      if (event.type === 'started') stop.abort();
      return [{ type: 'sleep', until: now + 12_000 }];
    },
    {},
    { signal: stop.signal },
  );
  books.cancel = true;
  await drive(work);
  expect(engine.heard.filter(({ type }) => type === 'cancelRequested')).toHaveLength(1);
});

test('a cancel asked for by another process is seen within seconds', async () => {
  const { work, books, engine, clock } = setUp(
    (event, now) => (event.type === 'cancelRequested' ? [FINISH] : [{ type: 'sleep', until: now + 600_000 }]),
    {},
  );
  books.cancel = true;
  const start = clock.now();
  await drive(work);
  expect(engine.heard.at(-1)).toEqual({ type: 'cancelRequested' });
  expect(clock.now() - start).toBeLessThanOrEqual(5_000);
});

test('a look for a cancellation that fails ends nothing, and the next one is believed', async () => {
  const { work, books, engine } = setUp(
    (event, now) => (event.type === 'cancelRequested' ? [FINISH] : [{ type: 'sleep', until: now + 600_000 }]),
    {},
  );
  let looks = 0;
  books.cancelRequested = async () => {
    looks += 1;
    if (looks < 4) throw new Error('the disk is busy');
    return true;
  };
  await expect(drive(work)).resolves.toMatchObject({ outcome: 'succeeded' });
  expect(engine.heard.at(-1)).toEqual({ type: 'cancelRequested' });
});

test('letting go is told to the engine with the time that is left, and ends as the engine says', async () => {
  const letGo = new AbortController();
  const suspended: Command = { type: 'finish', outcome: 'suspended', resources: [], outputs: {}, resumeInMs: 4_000 };
  let until = 0;
  const { work, engine } = setUp(
    (event, now) => {
      if (event.type === 'suspendRequested') return [suspended];
      if (event.type === 'timerFired' && !letGo.signal.aborted) {
        until = now + 2_500;
        letGo.abort();
      }
      return [{ type: 'sleep', until: now + 1_000 }];
    },
    {},
    { suspend: letGo.signal, suspendGraceMs: 2_500 },
  );
  await expect(drive(work)).resolves.toMatchObject({ outcome: 'suspended', resumeInMs: 4_000 });
  expect(engine.heard).toContainEqual({ type: 'suspendRequested', until });
});

test('a run that is let go of before it began starts nothing', async () => {
  const { work, engine } = setUp(() => [FINISH], {}, { suspend: AbortSignal.abort() });
  await drive(work);
  expect(engine.turns[0]?.map(({ type }) => type)).toEqual(['started', 'suspendRequested']);
});

test('settling asks for an end together with the start, so that nothing new begins', async () => {
  const { work, engine } = setUp(
    (event) => (event.type === 'cancelRequested' ? [FINISH] : []),
    {},
    { settleOnly: true },
  );
  await drive(work);
  expect(engine.turns[0]?.map(({ type }) => type)).toEqual(['started', 'cancelRequested']);
});

test('600 operations are in flight at once, and their answers share turns', async () => {
  const N = 600;
  let open = 0;
  let most = 0;
  let ended = 0;
  const { work, engine, clock } = setUp(
    (event) => {
      if (event.type === 'started') return Array.from({ length: N }, (_, n) => intent(`R${n}`));
      if (event.type === 'intentRecorded') return [create(event.step)];
      if (event.type !== 'progress') return [];
      ended += 1;
      return ended === N ? [FINISH] : [];
    },
    {
      create: async ({ clientToken }) => {
        open += 1;
        most = Math.max(most, open);
        await clock.sleep(clock.now() + 1_000, new AbortController().signal);
        open -= 1;
        return done(clientToken);
      },
    },
  );
  await drive(work);
  expect(most).toBe(N);
  expect(engine.heard).toHaveLength(1 + N + 2 * N);
});

const NOECHO = planOf([{ logicalId: 'A', desired: { Password: { $secret: 'parameter:Pw' }, Name: 'n' } }]);

test('a secret reaches the payload and nothing else', async () => {
  const bodies: string[] = [];
  const { work, books, engine } = setUp(
    (event) => {
      if (event.type === 'started') return [intent('A')];
      if (event.type === 'intentRecorded') return [create(event.step, ['parameter:Pw'])];
      if (event.type === 'progress') return [{ type: 'get', step: 'create:A', typeName: 'T', identifier: 'i' }];
      return event.type === 'read' ? [FINISH] : [];
    },
    {
      create: async ({ desiredState }) => {
        bodies.push(desiredState);
        return {
          ok: true,
          value: {
            requestToken: 't',
            status: 'FAILED',
            message: 'bad hunter22!',
            model: { Password: 'hunter22', Name: 'n' },
          },
        };
      },
      get: async () => ({ ok: true, value: { Password: 'hunter22', Name: 'n' } }),
    },
    { plan: NOECHO, parameters: { Pw: 'hunter22' } },
  );
  await drive(work);
  expect(bodies[0]).toContain('hunter22');
  expect(JSON.stringify([books.entries, engine.heard])).not.toContain('hunter22');
  expect(engine.heard).toContainEqual(
    expect.objectContaining({ type: 'progress', message: 'bad ********!', model: { Name: 'n' } }),
  );
  expect(engine.heard).toContainEqual(expect.objectContaining({ type: 'read', properties: { Name: 'n' } }));
});

test('a message that may quote a secret which cannot be read is withheld', async () => {
  const { work, engine } = setUp(
    (event) => (event.type === 'started' ? [{ type: 'poll', step: 'create:A', requestToken: 't' }] : [FINISH]),
    { poll: async () => ({ ok: true, value: { requestToken: 't', status: 'FAILED', message: 'bad hunter22' } }) },
    { plan: NOECHO },
  );
  await drive(work);
  expect(JSON.stringify(engine.heard)).not.toContain('hunter22');
});

test('a read that finds nothing says so by having no properties', async () => {
  const { work, engine } = setUp(
    ({ type }) => (type === 'started' ? [{ type: 'get', step: 'create:A', typeName: 'T', identifier: 'i' }] : [FINISH]),
    { get: async () => err('notFound') },
  );
  await drive(work);
  expect(engine.heard[1]).not.toHaveProperty('properties');
});

test.each([
  [
    'does not exist',
    new InvalidInput('secret_not_found', 'no such secret'),
    { type: 'rejected', message: 'no such secret' },
  ],
  ['cannot be reached', new Unreachable('down'), { type: 'lost', message: 'down' }],
])('a secret that %s fails its step without a call', async (_, error, event) => {
  const { work, engine } = setUp(
    ({ type }) => (type === 'started' ? [create('create:A', ['secretsmanager:x'])] : [FINISH]),
    {},
    {
      plan: planOf([{ logicalId: 'A', desired: { Password: { $secret: 'secretsmanager:x' } } }]),
      facts: {
        secret: async () => {
          throw error;
        },
      },
    },
  );
  const { calls } = await drive(work);
  expect(engine.heard[1]).toMatchObject({ ...event, call: 'create' });
  expect(calls.create).toBe(0);
});

test('a payload that cannot be built fails its step without a call', async () => {
  const { work, engine } = setUp(({ type }) => (type === 'started' ? [create('create:A')] : [FINISH]), {});
  engine.payload = () => {
    throw new UnresolvedPayload('Fn::Select beyond the end');
  };
  await drive(work);
  expect(engine.heard[1]).toMatchObject({ type: 'rejected', message: 'Fn::Select beyond the end' });
});

test('no timer and no listener outlives the run', async () => {
  const stop = new AbortController();
  const { work, clock } = setUp(
    (event, now) => (event.type === 'started' ? [{ type: 'sleep', until: now + 60_000 }, FINISH] : []),
    {},
    { signal: stop.signal },
  );
  await drive(work);
  await setImmediate();
  expect(clock.waiting).toBe(0);
});
