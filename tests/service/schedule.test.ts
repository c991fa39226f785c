// EventBridge itself starts the review: an emulator of its own, installed with a schedule of a minute.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aws, drifted } from './support/aws.ts';
import { call, callAt, ENDS, until } from './support/call.ts';
import { type Installed, startService } from './support/start.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await startService({ reviewSchedule: 'rate(1 minute)' });
  callAt(installed.service);
});
afterAll(() => installed?.stop());

test('what somebody else has changed is found by the schedule, and told', { timeout: 300_000 }, async () => {
  const template = 'Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: mine}}}';
  const { location } = await call('POST', '/deployments', { stack: 'scheduled', template });
  const { document } = await until(location ?? '', ENDS);
  expect(document.status).toBe('succeeded');
  const identifier = document.result.resources[0].physicalId;
  await drifted(installed.sandbox, { type: 'AWS::SNS::Topic', identifier, path: '/DisplayName', value: 'theirs' });
  const report = async () => (await call('GET', '/stacks/scheduled/drift')).document;
  await expect.poll(async () => (await report()).inSync, { timeout: 240_000, interval: 1_000 }).toBe(false);
  expect((await report()).resources).toMatchObject([{ logicalId: 'T', status: 'modified' }]);
  // Nobody but the schedule has started it.
  const stateMachineArn = 'arn:aws:states:us-east-1:111111111111:stateMachine:assent-local-deploy';
  const states = { url: installed.emulator, service: 'states' };
  const { executions } = await aws({
    ...states,
    target: 'AWSStepFunctions.ListExecutions',
    body: { stateMachineArn },
  });
  const inputs = await Promise.all(
    executions.map(async ({ executionArn }: { executionArn: string }) => {
      const target = 'AWSStepFunctions.DescribeExecution';
      return (await aws({ ...states, target, body: { executionArn } })).input;
    }),
  );
  expect(inputs.map((text) => JSON.parse(text))).toContainEqual({ review: true });
});
