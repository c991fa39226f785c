import { expect, test } from 'vitest';
import type { Answer, Cloud, Facts } from '../../../../src/app/ports.ts';
import { cleanedCloud, cleanedFacts } from '../../../../src/app/run/cleaned.ts';
import { Cleaner, MASK } from '../../../../src/app/run/cleaner.ts';
import { Secret } from '../../../../src/domain/secret.ts';

const SECRET = 'hunter2"&x';
const quoted = `500: ${JSON.stringify({ got: SECRET })} ${encodeURIComponent(SECRET)}`;

const CALLS: Record<string, (cloud: Cloud) => Promise<Answer<unknown>>> = {
  create: (cloud) => cloud.create({ typeName: 'T', desiredState: '{}', clientToken: 't' }),
  update: (cloud) => cloud.update({ typeName: 'T', identifier: 'i', patch: '[]', clientToken: 't' }),
  delete: (cloud) => cloud.delete({ typeName: 'T', identifier: 'i', clientToken: 't' }),
  poll: (cloud) => cloud.poll('r'),
  get: (cloud) => cloud.get({ typeName: 'T', identifier: 'i' }),
  list: (cloud) => cloud.list('T'),
  listRequests: (cloud) => cloud.listRequests(undefined),
  listResources: (cloud) => cloud.listResources({ typeName: 'T' }),
};

/** A cloud of which every call does the same. */
function cloudThat(answers: () => Promise<unknown>): Cloud {
  const cleaner = new Cleaner();
  cleaner.add([SECRET]);
  const all = Object.fromEntries(Object.keys(CALLS).map((name) => [name, answers]));
  return cleanedCloud({ ...all, close: () => undefined } as unknown as Cloud, cleaner);
}

test.each(Object.entries(CALLS))('%s tells no secret, whatever it fails with', async (_, call) => {
  for (const kind of ['lost', 'throttled', 'notFound', 'rejected'] as const) {
    const error = { kind, message: quoted, ...(kind === 'rejected' ? { errorCode: 'X' } : {}) };
    const answer = await call(cloudThat(async () => ({ ok: false, error })));
    expect(answer).toEqual({ ok: false, error: { ...error, message: `500: {"got":"${MASK}"} ${MASK}` } });
  }
  const thrown = await call(cloudThat(() => Promise.reject(new Error(quoted, { cause: new Error(quoted) })))).catch(
    (error: unknown) => error,
  );
  const { message, stack, cause } = thrown as Error;
  expect(`${message} ${stack} ${(cause as Error).message}`).not.toMatch(/hunter2/);
});

test.each(['create', 'update', 'delete', 'poll'])('%s tells none in a progress event', async (name) => {
  const value = { requestToken: 'r', status: 'FAILED', message: quoted };
  const answer = await CALLS[name]?.(cloudThat(async () => ({ ok: true, value })));
  expect(answer).toMatchObject({ ok: true, value: { requestToken: 'r', message: expect.stringContaining(MASK) } });
  expect(JSON.stringify(answer)).not.toMatch(/hunter2/);
});

test('a secret that was read is known from then on', async () => {
  const cleaner = new Cleaner();
  const facts = cleanedFacts(
    {
      identity: () => Promise.reject(new Error(quoted)),
      lookup: () => Promise.reject(new Error(quoted)),
      secret: async () => new Secret(SECRET),
    } satisfies Facts,
    cleaner,
  );
  await expect(facts.identity()).rejects.toThrow('hunter2');
  expect((await facts.secret('secretsmanager:s')).reveal()).toBe(SECRET);
  await expect(facts.identity()).rejects.toThrow(MASK);
  await expect(facts.lookup({ kind: 'ssmParameter', name: 'p' })).rejects.not.toThrow('hunter2');
});
