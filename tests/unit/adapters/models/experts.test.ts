// A model's answer as a vote: checked, priced, retried, cancelled. Against servers on loopback.
import { expect, test } from 'vitest';
import { openModels } from '../../../../src/adapters/models/experts.ts';
import { keyOf } from '../../../../src/adapters/models/key.ts';
import type { ExpertQuestion } from '../../../../src/app/ports/experts.ts';
import type { ModelSettings } from '../../../../src/domain/circle.ts';
import { settingsOf } from '../../../support/circle.ts';
import { type Asked, scriptedModels } from '../../../support/models.ts';

const question: ExpertQuestion = {
  planDigest: 'd',
  stack: 's',
  findings: [],
  actions: [
    {
      logicalId: 'Orders',
      type: 'AWS::SQS::Queue',
      action: 'update',
      reasons: [],
      irreversible: [],
      dependsOn: [],
      estimateMs: 1,
      changes: [{ path: '/DelaySeconds', before: 1, after: 2 }],
    },
  ],
};

const fine = { option: 'refuse', confidence: 0.8, severity: 'high', reasons: ['resource-1 waits longer'] };

async function asking(model: (asked: Asked) => unknown, more: object = {}, key?: string) {
  const server = await scriptedModels(model);
  const settings = settingsOf({
    experts: {
      m: {
        model: {
          provider: 'openai-compatible',
          name: 'x',
          baseUrl: server.url,
          retries: 0,
          inputUsd: 2,
          outputUsd: 10,
          ...more,
        },
      },
    },
  });
  const models = openModels(settings, (name) => (name === 'ASSENT_KEY_MODEL' ? key : undefined));
  const ask = (asked = question, signal = new AbortController().signal) => models.ask('m', asked, signal);
  return { ask, server, [Symbol.asyncDispose]: () => server.close() };
}

test('an answer in the form is a vote with its price, and names resources as people do', async () => {
  await using it = await asking(() => fine, { apiKeyEnv: 'ASSENT_KEY_MODEL', focus: 'queues' }, 'k-1');
  expect(await it.ask()).toEqual({
    expert: 'm',
    option: 'refuse',
    confidence: 0.8,
    severity: 'high',
    reasons: ['Orders waits longer'],
    // Two calls of 1,000 tokens in and 100 out.
    costUsd: 2 * (1_000 * 2 + 100 * 10) * 1e-6,
  });
  const [one, other] = it.server.asked;
  expect(one?.authorization).toBe('Bearer k-1');
  expect(one?.system).toContain('Your focus: queues');
  expect(one?.system).not.toBe(other?.system);
  expect(one?.user).toBe(other?.user);
});

test.each<[string, unknown]>([
  ['prose', 'I would approve this.'],
  ['an option that there is not', { ...fine, option: 'yes' }],
  ['a confidence out of range', { ...fine, confidence: 1.5 }],
  ['another field', { ...fine, veto: true }],
  ['no reason', { ...fine, reasons: [] }],
  ['a list', [fine]],
  ['nothing', ''],
])('%s is no vote', async (_, answer) => {
  await using it = await asking(() => answer);
  const vote = await it.ask();
  expect([vote.status, vote.option]).toEqual(['invalid', undefined]);
});

test('a fence around the object is no matter', async () => {
  await using it = await asking(() => `\`\`\`json\n${JSON.stringify(fine)}\n\`\`\``);
  expect((await it.ask()).option).toBe('refuse');
});

test('answers that differ by the wording are an abstention', async () => {
  await using it = await asking(({ system }) => ({
    ...fine,
    option: system.startsWith('You review') ? 'approve' : 'refuse',
  }));
  expect(await it.ask()).toMatchObject({
    status: 'abstained',
    reasons: ['its answer changes with the wording of the question'],
  });
});

test('a server that fails is asked again so often, and then it is no vote', async () => {
  await using it = await asking(({ nth }) => (nth <= 2 ? 503 : fine), { retries: 1 });
  expect((await it.ask()).option).toBe('refuse');
  expect(it.server.asked.length).toBe(4);
  await using never = await asking(() => 400);
  expect(await never.ask()).toMatchObject({ status: 'failed' });
}, 20_000);

test('a key is that of the question, the model, its settings and the prompts', () => {
  const settings = (more: object = {}) => {
    const given = { provider: 'openai-compatible', name: 'x', baseUrl: 'http://127.0.0.1:9/v1', ...more };
    return settingsOf({ experts: { m: { model: given } } }).experts['m']?.model as ModelSettings;
  };
  const finding = { ruleId: 'R1', severity: 'high' as const, resource: 'Orders', message: 'm' };
  const keys = [
    keyOf('m', settings(), question),
    keyOf('n', settings(), question),
    keyOf('m', settings({ name: 'y' }), question),
    keyOf('m', settings({ focus: 'queues' }), question),
    keyOf('m', settings(), { ...question, planDigest: 'e' }),
    keyOf('m', settings(), { ...question, findings: [finding] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf('m', settings(), structuredClone(question))).toBe(keys[0]);
});

test('a call that is not needed any more is cancelled', async () => {
  await using it = await asking(() => ({ after: 10_000, answer: fine }));
  const stop = new AbortController();
  const vote = it.ask(question, stop.signal);
  await expect.poll(() => it.server.asked.length).toBe(2);
  stop.abort();
  expect(await vote).toMatchObject({ status: 'failed' });
  await expect.poll(() => it.server.cancelled()).toBe(2);
});

test('Bedrock is asked in its own form', async () => {
  const server = await scriptedModels(() => fine);
  try {
    const model = {
      provider: 'bedrock',
      name: 'anthropic.some',
      region: 'us-east-1',
      baseUrl: server.bedrockUrl,
      apiKeyEnv: 'ASSENT_KEY_B',
    };
    const models = openModels(settingsOf({ experts: { m: { model } } }), () => 'bearer');
    expect(await models.ask('m', question, new AbortController().signal)).toMatchObject({
      option: 'refuse',
      confidence: 0.8,
    });
    expect(server.asked[0]?.path).toContain('/model/anthropic.some/converse');
  } finally {
    await server.close();
  }
});

test('a key that is not there is said before anybody is asked', () => {
  const model = {
    provider: 'openai-compatible',
    name: 'x',
    baseUrl: 'http://127.0.0.1:9/v1',
    apiKeyEnv: 'ASSENT_KEY_NONE',
  };
  expect(() => openModels(settingsOf({ experts: { m: { model } } }), () => undefined)).toThrow(/ASSENT_KEY_NONE/);
});
