// Names and places that change hands in one change: what has them goes first, and a permission never disappears by it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
const logs = (more = {}) => ({ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/app/x', ...more } });
const bad = (after: string) => ({
  Type: 'AWS::Cognito::UserPool',
  DependsOn: after,
  Properties: { MfaConfiguration: 'NEVER' },
});

const deploy = (resources: object, ...more: string[]) =>
  space.json('deploy', space.file('t.json', { Resources: resources }), '--stack', 'web', '--yes', ...more);

test('a name that a replacement gives up is taken in the same deployment', TIMEOUT, async () => {
  expect(await deploy({ A: queue('jobs-x') })).toMatchObject({ code: 0 });
  expect(await deploy({ A: queue('jobs-y'), B: queue('jobs-x') })).toMatchObject({ code: 0 });
  expect(await deploy({ A: queue('jobs-x'), B: queue('jobs-y') })).toMatchObject({ code: 0 });
});

test('a name that a deletion gives up is taken, and handed back where the deployment fails', TIMEOUT, async () => {
  expect(await deploy({ Old: logs() })).toMatchObject({ code: 0 });
  const taken = { New: logs({ RetentionInDays: 7 }) };
  expect(await deploy(taken)).toMatchObject({ code: 1, document: { code: 'data_loss' } });
  const failed = await deploy({ ...taken, Pool: bad('New') }, '--allow-data-loss', 'all');
  expect(failed).toMatchObject({ code: 3, document: { outcome: 'rolled_back' } });
  expect(await deploy(taken, '--allow-data-loss', 'all')).toMatchObject({ code: 0 });
});
