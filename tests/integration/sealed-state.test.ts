// A state folder under ASSENT_STATE_KEY: nothing that a template or a parameter says is in its files, and all commands work.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const SLOW = { timeout: 120_000 };
// What is neither a name of a stack, a run or a resource, nor measured.
const DESCRIPTION = 'canaryDescription41';
const PARAMETER = 'canaryParameter42';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
  space.file('web.json', {
    Description: DESCRIPTION,
    Parameters: { Text: { Type: 'String' } },
    Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Text' } } } },
    Outputs: { Shown: { Value: { Ref: 'Text' } } },
  });
});
afterEach(() => space[Symbol.dispose]());

/** What a command says, with or without a key. */
async function said(args: readonly string[], key?: string): Promise<[number | null, AnyDocument]> {
  const env: Record<string, string> = key === undefined ? {} : { ASSENT_STATE_KEY: key };
  const { code, stdout } = await space.start([...args, '--format', 'json'], { env }).ended;
  return [code, JSON.parse(stdout)];
}

const deploy = (value: string) => ['deploy', 'web.json', '--stack', 'web', '--yes', '--parameters', `Text=${value}`];

/** Which of the canaries stand in the database, its log included. */
function seen(): string[] {
  const dir = join(space.dir, '.assent');
  const files = readdirSync(dir).filter((name) => name.startsWith('assent.db'));
  const bytes = Buffer.concat(files.map((name) => readFileSync(join(dir, name))));
  return [DESCRIPTION, PARAMETER].filter((canary) => bytes.includes(canary));
}

test('with a key from the beginning, a whole life leaves nothing in plain', SLOW, async () => {
  const key = randomBytes(32).toString('base64');
  expect(await said(deploy(PARAMETER), key)).toMatchObject([0, { outcome: 'succeeded' }]);
  const noop = { logicalId: 'Topic', action: 'noop' };
  expect(await said(['plan', 'web.json', '--stack', 'web'], key)).toMatchObject([0, { actions: [noop] }]);
  expect(await said(deploy(`${PARAMETER}b`), key)).toMatchObject([0, { outcome: 'succeeded' }]);
  expect(await said(['outputs', '--stack', 'web'], key)).toMatchObject([0, { outputs: { Shown: `${PARAMETER}b` } }]);
  expect(await said(['drift', '--stack', 'web'], key)).toMatchObject([0, { inSync: true }]);
  expect(await said(['audit', 'list'], key)).toMatchObject([0, {}]);
  expect(seen()).toEqual([]);
  expect(await said(['destroy', '--stack', 'web', '--yes'], key)).toMatchObject([0, { outcome: 'succeeded' }]);
  expect(seen()).toEqual([]);
});

test('a state from before opens, and is not read without the key from then on', SLOW, async () => {
  expect(await said(deploy(PARAMETER))).toMatchObject([0, { outcome: 'succeeded' }]);
  expect(seen()).toContain(PARAMETER);
  const file = space.file('state.key', `${randomBytes(32).toString('base64')}\n`);
  expect(await said(deploy(`${PARAMETER}b`), file)).toMatchObject([0, { outcome: 'succeeded' }]);
  for (const key of [undefined, randomBytes(32).toString('base64')]) {
    for (const args of [['status', '--stack', 'web'], deploy(PARAMETER), ['destroy', '--stack', 'web', '--yes']]) {
      expect(await said(args, key)).toMatchObject([2, { kind: 'error', code: 'state_sealed' }]);
    }
  }
  const [code, refused] = await said(['status'], 'canary-no-key');
  expect([code, refused]).toMatchObject([2, { code: 'state_key_unreadable' }]);
  expect(JSON.stringify(refused)).not.toContain('canary-no-key');
  const resources = [{ logicalId: 'Topic' }];
  expect(await said(['status', '--stack', 'web'], file)).toMatchObject([0, { stacks: [{ resources }] }]);
});
