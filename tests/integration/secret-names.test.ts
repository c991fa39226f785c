// Secrets that would become names: refused before anything is called, or shown to nobody where they are allowed.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const CANARY = 'canary7Xq';
const named = {
  Parameters: { D: { Type: 'String', NoEcho: true } },
  Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Join': ['-', ['q', { Ref: 'D' }]] } } } },
  Outputs: { Name: { Value: { 'Fn::GetAtt': ['Q', 'QueueName'] } }, Url: { Value: { Ref: 'Q' } } },
};

test.each(['plan', 'deploy', 'consult'])('%s refuses a name that is made from a secret', TIMEOUT, async (command) => {
  const file = space.file('t.json', named);
  const { code, document } = await space.json(command, file, '--stack', 'web', '--parameters', `D=${CANARY}`);
  expect(code).toBe(2);
  expect(document.problems).toMatchObject([
    { code: 'secret_identifier', path: 'Resources/Q/Properties/QueueName', help: expect.stringContaining('--allow') },
  ]);
});

test('one that is allowed is masked wherever it is shown', TIMEOUT, async () => {
  const file = space.file('t.json', named);
  const args = ['--stack', 'web', '--parameters', `D=${CANARY}`, '--allow-secret-identifiers'];
  const { code, stdout, stderr } = await space.run('deploy', file, ...args, '--yes', '--format', 'jsonl');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const document = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(document).toMatchObject({
    outcome: 'succeeded',
    resources: [{ logicalId: 'Q', physicalId: expect.stringContaining('********') }],
  });
  expect(document.outputs.Url).toContain('********');
  expect(stdout + stderr).not.toContain(CANARY);
});
