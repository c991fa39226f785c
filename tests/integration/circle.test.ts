// A configured circle as a user meets it: `assent.config.yaml` beside the template, a language model on loopback.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';
import { scriptedModels } from '../support/models.ts';

const TEMPLATE = { Resources: { Orders: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 5 } } } };

test('a model votes with the built-in experts; its veto refuses, and the verdict says by which circle', async () => {
  const models = await scriptedModels(() => ({
    option: 'refuse',
    confidence: 0.9,
    severity: 'high',
    reasons: ['resource-1 would wait'],
  }));
  try {
    using space = new Workspace();
    const template = space.file('t.json', TEMPLATE);
    const config = space.file(
      'circle.yaml',
      `circle:\n  experts:\n    reviewer:\n      veto: true\n      model: {provider: openai-compatible, name: m, baseUrl: "${models.url}", inputUsd: 1}\n`,
    );
    const plain = await space.json('consult', template, '--stack', 's');
    expect(plain).toMatchObject({ code: 0, document: { verdict: { decision: 'approve' } } });
    expect(plain.document.verdict.circlePolicy).toBeUndefined();
    const { code, document } = await space.json('consult', template, '--stack', 's', '--config', config);
    expect([code, document.verdict.decision]).toEqual([1, 'refuse']);
    expect(document.verdict.circlePolicy).toMatch(/^[0-9a-f]{64}$/);
    expect(document.votes.find(({ expert }: { expert: string }) => expert === 'reviewer')).toMatchObject({
      option: 'refuse',
      reasons: ['Orders would wait'],
      costUsd: 0.002,
    });
    const deployed = await space.json('deploy', template, '--stack', 's', '--yes', '--config', config);
    expect(deployed).toMatchObject({
      code: 1,
      document: { outcome: 'refused', verdict: { circlePolicy: document.verdict.circlePolicy } },
    });
    // Two phrasings, asked once: the other process had the answer from the store.
    expect(models.asked.length).toBe(2);
    const again = deployed.document.verdict.votes.find(({ expert }: { expert: string }) => expert === 'reviewer');
    expect(again).toMatchObject({ option: 'refuse', reasons: ['Orders would wait'], costUsd: 0 });
  } finally {
    await models.close();
  }
});

test('a deletion, too, is for a person where the configuration says so; experts have no say in it', {
  timeout: 60_000,
}, async () => {
  using space = new Workspace();
  const template = space.file('t.json', TEMPLATE);
  const policy = 'circle:\n  quorum: { count: 8 }\n  environments:\n    - {stacks: ["prod-*"], alwaysAsk: true}\n';
  for (const stack of ['prod-a', 'prod-b', 'test-a']) {
    expect((await space.json('deploy', template, '--stack', stack, '--yes')).code).toBe(0);
  }
  // Beside the template, as the deployments find it.
  space.file('assent.config.yaml', policy);
  const gone = await space.json('destroy', '--stack', 'test-a', '--yes');
  expect(gone).toMatchObject({ code: 0, document: { outcome: 'succeeded', verdict: null } });
  const waits = await space.json('destroy', '--stack', 'prod-a', '--yes');
  expect(waits).toMatchObject({
    code: 7,
    document: {
      outcome: 'waiting_approval',
      calls: { delete: 0 },
      verdict: { decision: 'ask', by: 'policy', votes: [] },
    },
  });
  expect(waits.document.verdict.circlePolicy).toMatch(/^[0-9a-f]{64}$/);
  const { runId } = waits.document;
  expect((await space.json('outputs', '--stack', 'prod-a')).code).toBe(0);
  const approved = await space.json('approve', runId);
  expect(approved).toMatchObject({ code: 0, document: { outcome: 'succeeded', calls: { delete: 1 } } });
  // Nobody at a terminal, and nothing said: it waits all the same. A no ends it, and the stack is still there.
  const again = await space.json('destroy', '--stack', 'prod-b');
  expect(again.code).toBe(7);
  expect((await space.json('reject', again.document.runId)).document.outcome).toBe('rejected');
  const named = space.file('other.yaml', 'circle:\n  alwaysAsk: false\n');
  expect((await space.json('destroy', '--stack', 'prod-b', '--yes', '--config', named)).code).toBe(0);
  const sent = await space.json('destroy', '--stack', 'x', '--config', named, '--service', 'http://127.0.0.1:9');
  expect(sent).toMatchObject({ code: 2, document: { code: 'invalid_usage' } });
});

test('a person always decides where the configuration says so, and a wrong one is refused with its place', async () => {
  using space = new Workspace();
  const template = space.file('t.json', TEMPLATE);
  const always = space.file('always.yaml', 'circle:\n  environments:\n    - {stacks: ["prod-*"], alwaysAsk: true}\n');
  expect((await space.json('consult', template, '--stack', 'prod-a', '--config', always)).code).toBe(7);
  expect((await space.json('consult', template, '--stack', 'test-a', '--config', always)).code).toBe(0);
  const rate = space.file('rate.yaml', 'circle:\n  errorRate: 0.05\n');
  for (const explain of [[], ['--explain']]) {
    const said = await space.run('consult', template, '--stack', 'x', '--config', rate, ...explain);
    expect([said.code, said.stdout]).toEqual([
      7,
      expect.stringContaining('An error rate of 5 % cannot be kept: 0 of the 19 past outcomes that it takes.'),
    ]);
  }
  const sent = await space.json(
    'consult',
    template,
    '--stack',
    's',
    '--config',
    rate,
    '--service',
    'http://127.0.0.1:9',
  );
  expect(sent).toMatchObject({ code: 2, document: { code: 'invalid_usage' } });
  const wrong = space.file('wrong.yaml', 'circle:\n  aprove: 0.9\n');
  const refused = await space.json('deploy', template, '--stack', 's', '--yes', '--config', wrong);
  expect(refused).toMatchObject({ code: 2, document: { code: 'invalid_config', problems: [{ line: 2, column: 3 }] } });
  expect((await space.json('consult', template, '--stack', 's', '--config', 'nowhere.yaml')).document.code).toBe(
    'file_not_found',
  );
});
