// Secrets on their way into a call: only the values that the plan was judged with get there.
import { expect, test } from 'vitest';
import type { Plan } from '#wasm';
import { fingerprint } from '../../../../src/app/planning/fingerprint.ts';
import type { Facts } from '../../../../src/app/ports.ts';
import { Secrets } from '../../../../src/app/run/secrets.ts';
import { concealed, revealed, Secret } from '../../../../src/domain/secret.ts';

const REFERENCE = 'secretsmanager:db:SecretString:password';
const context = { account: '123456789012', region: 'eu-central-1', partition: 'aws', stackId: '' };
const use = { stack: 'shop', context };

/** A plan that was judged with these values. */
async function judgedWith(values: Record<string, unknown>): Promise<Plan> {
  const prints = Object.entries(values).map(
    async ([id, value]) => [id, await fingerprint(use, id, new Secret(value))] as const,
  );
  return { ...use, resources: [], fingerprints: Object.fromEntries(await Promise.all(prints)) } as unknown as Plan;
}

function factsThatSay(value: () => unknown): Facts {
  return { secret: async () => new Secret(value()) } as unknown as Facts;
}

/** The values that a call gets. */
async function shown(secrets: Secrets, ids: string[]): Promise<Record<string, unknown>> {
  return revealed(await secrets.values(ids));
}

test('a reference whose value is another one than when it was judged is refused, and by name only', async () => {
  const plan = await judgedWith({ [REFERENCE]: 'hunter2' });
  let value = 'hunter2';
  const secrets = new Secrets(
    plan,
    {},
    factsThatSay(() => value),
  );
  expect(await shown(secrets, [REFERENCE])).toEqual({ [REFERENCE]: 'hunter2' });
  value = 'hunter3';
  const refused = await secrets.values([REFERENCE]).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: 'InvalidInput', code: 'secret_changed' });
  expect(String((refused as Error).message)).toContain(REFERENCE);
  expect(JSON.stringify(refused) + String(refused)).not.toContain('hunter');
  value = 'hunter2';
  expect(await shown(secrets, [REFERENCE])).toEqual({ [REFERENCE]: 'hunter2' });
});

test('a NoEcho value that was given anew must be the judged one', async () => {
  const plan = await judgedWith({ 'parameter:Password': 'hunter2', 'parameter:Other': 'same' });
  const other = new Secrets(
    plan,
    concealed({ Password: 'hunter3', Other: 'same', Unknown: 'x' }),
    factsThatSay(() => ''),
  );
  expect(await other.changed()).toEqual(['Password']);
  await expect(other.values(['parameter:Password'])).rejects.toMatchObject({ code: 'secret_changed' });
  const same = new Secrets(
    plan,
    concealed({ Password: 'hunter2' }),
    factsThatSay(() => ''),
  );
  expect(await same.changed()).toEqual([]);
  expect(await shown(same, ['parameter:Password'])).toEqual({ 'parameter:Password': 'hunter2' });
});

test('what the plan has no fingerprint of is sent as it is read', async () => {
  const secrets = new Secrets(
    await judgedWith({}),
    concealed({ Password: 'p' }),
    factsThatSay(() => 'made by this very run'),
  );
  expect(await shown(secrets, [REFERENCE, 'parameter:Password'])).toEqual({
    [REFERENCE]: 'made by this very run',
    'parameter:Password': 'p',
  });
});

test('fingerprints of parameters are those of earlier versions', async () => {
  expect(await fingerprint(use, 'parameter:Password', new Secret('hunter2'))).toBe(
    '3c2635d71a1928140d4ca1060e855f3194c7040b6f08f9eea124bf92af391e3d',
  );
});

test.each(['B', 'C'])(
  'a failure of %s that quotes what another process sent for A shows it to nobody',
  async (failed) => {
    const plan = await judgedWith({ [REFERENCE]: 'hunter2' });
    const resources = [
      { logicalId: 'A', desired: { Value: { $secret: REFERENCE } } },
      { logicalId: 'B', desired: { Value: 'open' } },
      { logicalId: 'C', desired: { Value: { $secret: 'parameter:Password' } } },
    ];
    let asked = 0;
    const secrets = new Secrets(
      { ...plan, resources } as unknown as Plan,
      concealed({ Password: 'correct horse' }),
      factsThatSay(() => {
        asked += 1;
        return 'hunter2';
      }),
    );
    const message = 'given hunter2 and correct horse';
    for (const _ of [1, 2]) {
      const event = { type: 'progress', step: `create:${failed}`, status: 'FAILED', message, at: 1 } as const;
      expect(await secrets.clean(event)).toMatchObject({ message: 'given ******** and ********' });
    }
    const rejected = {
      type: 'rejected',
      step: `create:${failed}`,
      call: 'create',
      errorCode: 'X',
      message,
      at: 1,
    } as const;
    expect(await secrets.clean(rejected)).toMatchObject({ message: 'given ******** and ********' });
    expect(asked).toBe(1);
  },
);

test('what cannot be read any more keeps nobody from being told of a failure', async () => {
  const resources = [
    { logicalId: 'A', desired: { Value: { $secret: REFERENCE } } },
    { logicalId: 'B', desired: { Value: 'open' } },
  ];
  const facts = {
    secret: async () => {
      throw new Error('gone');
    },
  } as unknown as Facts;
  const secrets = new Secrets({ ...use, resources, fingerprints: {} } as unknown as Plan, {}, facts);
  const event = { type: 'progress', step: 'create:B', status: 'FAILED', message: 'no room', at: 1 } as const;
  expect(await secrets.clean(event)).toMatchObject({ message: 'no room' });
});
