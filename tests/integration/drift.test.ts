// Drift, as a user meets it: what was changed behind our back with the real SDK, in a sandbox of its own.
import {
  CloudControlClient,
  DeleteResourceCommand,
  GetResourceCommand,
  GetResourceRequestStatusCommand,
  UpdateResourceCommand,
} from '@aws-sdk/client-cloudcontrol';
import { expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';
import { config } from '../support/sandbox.ts';

const ACCOUNT = '123456789012';

const template = {
  Parameters: { Password: { Type: 'String', NoEcho: true } },
  Resources: {
    Queue: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 5, Tags: [{ Key: 'a', Value: '1' }] } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'news' } },
    // The sandbox answers with the model of this type, and with none of the others: those are read after the run.
    Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'log' } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] }, MaxSessionDuration: 3600 },
    },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: { Ref: 'Password' } } },
  },
};

async function open() {
  const space = new Workspace();
  const server = space.start(['sandbox', '--speed', '1000', '--format', 'json']);
  await server.says(/"url"/);
  const { url } = JSON.parse(server.stdout());
  Object.assign(space.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'us-east-1',
  });
  const client = new CloudControlClient(config(url, 'us-east-1', ACCOUNT));
  const ended = async (token: string | undefined) => {
    for (;;) {
      const { ProgressEvent } = await client.send(new GetResourceRequestStatusCommand({ RequestToken: token }));
      if (ProgressEvent?.OperationStatus === 'SUCCESS') return;
      if (ProgressEvent?.OperationStatus === 'FAILED') throw new Error(ProgressEvent.StatusMessage);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return {
    space,
    drift: () => space.json('drift', '--stack', 'web', '--cloud', 'aws'),
    patch: async (TypeName: string, Identifier: string, operations: object[]) => {
      const input = { TypeName, Identifier, PatchDocument: JSON.stringify(operations) };
      await ended((await client.send(new UpdateResourceCommand(input))).ProgressEvent?.RequestToken);
    },
    read: async (TypeName: string, Identifier: string): Promise<AnyDocument> => {
      const { ResourceDescription } = await client.send(new GetResourceCommand({ TypeName, Identifier }));
      return JSON.parse(ResourceDescription?.Properties ?? '{}');
    },
    remove: async (TypeName: string, Identifier: string) => {
      const answer = await client.send(new DeleteResourceCommand({ TypeName, Identifier }));
      await ended(answer.ProgressEvent?.RequestToken);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.child.kill('SIGTERM');
      await server.ended;
      space[Symbol.dispose]();
    },
  };
}

test('an untouched stack is in sync; every change behind our back is named', { timeout: 240_000 }, async () => {
  await using place = await open();
  const { space, drift, patch, remove } = place;
  const file = space.file('t.json', template);
  const given = ['--parameters', 'Password=canary-1234', '--fail-on', 'none', '--skip-experts'];
  const deployed = await space.json('deploy', file, '--stack', 'web', '--cloud', 'aws', '--yes', ...given);
  expect(deployed.document).toMatchObject({ outcome: 'succeeded' });
  const ids: Record<string, string> = Object.fromEntries(
    deployed.document.resources.map((one: AnyDocument) => [one.logicalId, one.physicalId]),
  );
  const untouched = await drift();
  expect(untouched).toMatchObject({ code: 0, document: { kind: 'drift', stack: 'web', inSync: true } });
  expect(untouched.document.resources.map((one: AnyDocument) => one.status)).toEqual(Array(5).fill('in_sync'));

  await patch('AWS::SQS::Queue', ids['Queue'] as string, [
    { op: 'replace', path: '/DelaySeconds', value: 9 },
    { op: 'add', path: '/Tags/-', value: { Key: 'b', Value: '2' } },
  ]);
  await patch('AWS::IAM::Role', ids['Role'] as string, [
    { op: 'replace', path: '/MaxSessionDuration', value: 7200 },
    { op: 'add', path: '/Description', value: 'theirs' },
  ]);
  await patch('AWS::Logs::LogGroup', ids['Log'] as string, [{ op: 'add', path: '/RetentionInDays', value: 7 }]);
  await remove('AWS::SNS::Topic', ids['Topic'] as string);

  const { code, document } = await drift();
  expect({ code, inSync: document.inSync }).toEqual({ code: 1, inSync: false });
  const of = (id: string) => document.resources.find((one: AnyDocument) => one.logicalId === id);
  expect(of('Queue')).toMatchObject({
    status: 'modified',
    differences: [
      { path: 'DelaySeconds', recorded: 5, live: 9, declared: true },
      { path: 'Tags', declared: true },
    ],
  });
  expect(of('Role')).toMatchObject({
    status: 'modified',
    differences: [
      { path: 'Description', recorded: '', live: 'theirs', declared: false },
      { path: 'MaxSessionDuration', live: 7200 },
    ],
  });
  expect(document.resources.some((one: AnyDocument) => one.declaredOnly === true)).toBe(false);
  expect(of('Log')).toMatchObject({
    status: 'modified',
    differences: [{ path: 'RetentionInDays', recorded: null, live: 7, declared: false }],
  });
  expect(of('Topic')).toMatchObject({ status: 'deleted', differences: [] });
  expect(of('Secret')).toMatchObject({ status: 'in_sync' });
  expect(JSON.stringify(document)).not.toContain('canary');

  const { stdout } = await space.run('drift', '--stack', 'web', '--cloud', 'aws');
  expect(stdout).toContain('4 of 5 resources in web are not as deployed');
  expect(stdout).toMatch(/DelaySeconds +5 → 9/);
});

test('a plan shows what somebody else made of lists in no order', { timeout: 120_000 }, async () => {
  await using place = await open();
  const { space, patch } = place;
  const rule = (port: number) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, CidrIp: '10.0.0.0/8' });
  const stack = (ports: number[], team: string) => {
    const Properties = {
      GroupDescription: 'g',
      SecurityGroupIngress: ports.map(rule),
      Tags: [{ Key: 'team', Value: team }],
    };
    return space.file('t.json', { Resources: { Group: { Type: 'AWS::EC2::SecurityGroup', Properties } } });
  };
  const where = ['--stack', 'web', '--cloud', 'aws'];
  const { document } = await space.json('deploy', stack([80], 'a'), ...where, '--yes', '--skip-experts');
  await patch('AWS::EC2::SecurityGroup', document.resources[0].physicalId, [
    { op: 'replace', path: '/SecurityGroupIngress', value: [rule(80), rule(22)] },
    { op: 'replace', path: '/Tags', value: [{ Key: 'team', Value: 'theirs' }] },
  ]);
  const wanted = stack([80, 443], 'b');
  const planned = await space.json('plan', wanted, ...where);
  expect(planned.document.actions[0].changes).toMatchObject([
    { path: 'SecurityGroupIngress', after: [rule(80), rule(443)], live: [rule(22), rule(80)] },
    { path: 'Tags', live: [{ Key: 'team', Value: 'theirs' }] },
  ]);
  for (const format of ['text', 'markdown']) {
    const { stdout } = await space.run('plan', wanted, ...where, '--detail', '--format', format);
    expect(stdout).toMatch(/now, changed outside of Assent:[\s\S]*\+ +"FromPort": 22/);
    expect(stdout).toMatch(/now .*"theirs".*: changed outside of Assent/);
  }
  const again = await space.json('plan', wanted, ...where);
  expect(again.document.digest).toBe(planned.document.digest);
});

test('a list that somebody changes between approval and deployment is not overwritten', {
  timeout: 120_000,
}, async () => {
  await using place = await open();
  const { space, patch, read } = place;
  const rule = (port: number, CidrIp: string) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, CidrIp });
  const stack = (...rules: object[]) => {
    const Properties = { GroupDescription: 'g', SecurityGroupIngress: rules };
    return space.file('t.json', { Resources: { Group: { Type: 'AWS::EC2::SecurityGroup', Properties } } });
  };
  const where = ['--stack', 'web', '--cloud', 'aws', '--fail-on', 'none', '--yes'];
  const first = await space.json('deploy', stack(rule(80, '10.0.0.0/8')), ...where, '--skip-experts');
  const group = first.document.resources[0].physicalId;
  const ports = async () =>
    (await read('AWS::EC2::SecurityGroup', group))['SecurityGroupIngress']
      .map((one: AnyDocument) => one.FromPort)
      .sort();
  for (const theirs of [true, false]) {
    const waits = await space.json('deploy', stack(rule(80, '10.0.0.0/8'), rule(22, '0.0.0.0/0')), ...where);
    expect(waits).toMatchObject({ code: 7, document: { outcome: 'waiting_approval' } });
    const live = [rule(80, '10.0.0.0/8'), ...(theirs ? [rule(443, '10.0.0.0/8')] : [])];
    await patch('AWS::EC2::SecurityGroup', group, [{ op: 'replace', path: '/SecurityGroupIngress', value: live }]);
    const { document } = await space.json('approve', waits.document.runId, '--cloud', 'aws');
    if (theirs) {
      expect(document).toMatchObject({ resources: [{ logicalId: 'Group', errorCode: 'drifted' }] });
      expect(document.resources[0].message).toContain('443');
      expect(document.calls).toMatchObject({ update: 0 });
      expect(await ports()).toEqual([443, 80]);
      await patch('AWS::EC2::SecurityGroup', group, [
        { op: 'replace', path: '/SecurityGroupIngress', value: [rule(80, '10.0.0.0/8')] },
      ]);
    } else {
      expect(document).toMatchObject({ outcome: 'succeeded', calls: { update: 1 } });
      expect(await ports()).toEqual([22, 80]);
    }
  }
});

test('what a run creates says whose it is; no plan and no drift speaks of it', { timeout: 240_000 }, async () => {
  await using place = await open();
  const { space, patch, read } = place;
  const stack = (tag: string) =>
    space.file('t.json', {
      Resources: {
        Queue: { Type: 'AWS::SQS::Queue', Properties: { Tags: [{ Key: 'team', Value: tag }] } },
        Topic: { Type: 'AWS::SNS::Topic' },
        Word: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: 'x', Tags: { team: 'a' } } },
      },
    });
  const given = (name: string) => ['--stack', name, '--cloud', 'aws'];
  const deploy = async (name: string, tag: string, ...more: string[]) => {
    const answer = await space.json('deploy', stack(tag), ...given(name), '--yes', '--skip-experts', ...more);
    expect(answer.code, JSON.stringify(answer.document)).toBe(0);
    return answer.document;
  };
  const idOf = (document: AnyDocument, id: string): string =>
    document.resources.find((one: AnyDocument) => one.logicalId === id).physicalId;
  const marks = (name: string, id: string) => [
    { Key: 'assent:logical-id', Value: id },
    { Key: 'assent:stack', Value: name },
  ];
  const tagsOf = async (type: string, id: string) =>
    (await read(type, id))['Tags']?.sort((a: AnyDocument, b: AnyDocument) => a.Key.localeCompare(b.Key));
  const planned = await space.json('plan', stack('a'), ...given('web'));
  expect(JSON.stringify(planned.document)).not.toContain('assent:');

  // A stack from before: nothing is done for the tags, and once something is, they are kept.
  const before = await deploy('old', 'a', '--config', space.file('off.yaml', { ownershipTags: false }));
  const old = idOf(before, 'Queue');
  expect(await tagsOf('AWS::SQS::Queue', old)).toEqual([{ Key: 'team', Value: 'a' }]);
  expect(await deploy('old', 'a')).toMatchObject({ outcome: 'no_changes' });
  await deploy('old', 'b');
  expect(await tagsOf('AWS::SQS::Queue', old)).toEqual([...marks('old', 'Queue'), { Key: 'team', Value: 'b' }]);

  const document = await deploy('web', 'a');
  const queue = idOf(document, 'Queue');
  expect(await tagsOf('AWS::SQS::Queue', queue)).toEqual([...marks('web', 'Queue'), { Key: 'team', Value: 'a' }]);
  expect(await tagsOf('AWS::SNS::Topic', idOf(document, 'Topic'))).toEqual(marks('web', 'Topic'));
  expect((await read('AWS::SSM::Parameter', idOf(document, 'Word')))['Tags']).toEqual({
    team: 'a',
    'assent:stack': 'web',
    'assent:logical-id': 'Word',
  });
  expect(await deploy('web', 'a')).toMatchObject({ outcome: 'no_changes' });
  expect((await place.drift()).document).toMatchObject({ inSync: true });
  await patch('AWS::SQS::Queue', queue, [{ op: 'replace', path: '/Tags', value: [{ Key: 'team', Value: 'a' }] }]);
  expect((await place.drift()).document).toMatchObject({ inSync: true });
  expect(await deploy('web', 'a')).toMatchObject({ outcome: 'no_changes' });
});

test('the way back is planned, and gone where that is said', { timeout: 240_000 }, async () => {
  await using place = await open();
  const { space, drift, patch, remove } = place;
  const given = ['--parameters', 'Password=canary-1234', '--fail-on', 'none', '--skip-experts'];
  const Outputs = { Word: { Value: 'said', Export: { Name: 'word' } } };
  const where = ['--stack', 'web', '--cloud', 'aws'];
  const file = space.file('t.json', { ...template, Outputs });
  const deployed = await space.json('deploy', file, ...where, '--yes', ...given);
  const ids: Record<string, string> = Object.fromEntries(
    deployed.document.resources.map((one: AnyDocument) => [one.logicalId, one.physicalId]),
  );
  const back = (...more: string[]) => space.json('drift', ...where, '--reconcile', ...more);
  expect(await back()).toMatchObject({ code: 0, document: { kind: 'drift', inSync: true } });
  expect(await space.json('drift', ...where, '--yes')).toMatchObject({
    code: 2,
    document: { code: 'yes_without_reconcile' },
  });

  await patch('AWS::SQS::Queue', ids['Queue'] as string, [
    { op: 'replace', path: '/DelaySeconds', value: 9 },
    { op: 'add', path: '/Tags/-', value: { Key: 'b', Value: '2' } },
  ]);
  await patch('AWS::Logs::LogGroup', ids['Log'] as string, [{ op: 'add', path: '/RetentionInDays', value: 7 }]);
  await remove('AWS::SNS::Topic', ids['Topic'] as string);
  const planned = await back();
  expect({ code: planned.code, inSync: planned.document.inSync }).toEqual({ code: 1, inSync: false });
  expect(planned.document.plan).toMatchObject({
    kind: 'plan',
    actions: [
      {
        logicalId: 'Log',
        action: 'update',
        changes: [{ path: 'RetentionInDays', before: null, after: null, live: 7 }],
      },
      { logicalId: 'Queue', action: 'update' },
      { logicalId: 'Topic', action: 'create', reasons: ['it was deleted outside of Assent'] },
    ],
  });
  const shown = await space.run('drift', ...where, '--reconcile');
  expect(shown.stdout).toMatch(/Go this way: assent drift --stack web --reconcile --yes/);
  expect(await drift()).toMatchObject({ code: 1 });

  expect(await back('--yes')).toMatchObject({ code: 0, document: { kind: 'deploy', outcome: 'succeeded' } });
  expect(await drift()).toMatchObject({ code: 0, document: { inSync: true } });
  // What was remembered of the stack is remembered still: the same template changes nothing, secrets and outputs included.
  expect(await space.json('outputs', ...where)).toMatchObject({ document: { outputs: { Word: 'said' } } });
  const again = await space.json('deploy', file, ...where, '--yes', ...given);
  expect(again).toMatchObject({ code: 0, document: { outcome: 'no_changes' } });
});

test('a stack nobody knows is an error of the caller', async () => {
  using space = new Workspace();
  expect(await space.json('drift', '--stack', 'nowhere')).toMatchObject({
    code: 2,
    document: { kind: 'error', code: 'resource_not_found' },
  });
});

test('what was changed by hand after a deployment counts against those who approved it', {
  timeout: 120_000,
}, async () => {
  await using place = await open();
  const { space, drift, patch } = place;
  const file = space.file('t.json', {
    Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 5, SqsManagedSseEnabled: true } } },
  });
  const { code, document } = await space.json('deploy', file, '--stack', 'web', '--cloud', 'aws', '--yes');
  expect(code).toBe(0);
  const ends = async () => (await space.json('experts')).document.ends;
  expect(await drift()).toMatchObject({ code: 0 });
  expect(await ends()).toEqual({ succeeded: 1 });
  const queue = document.resources[0].physicalId;
  await patch('AWS::SQS::Queue', queue, [{ op: 'replace', path: '/DelaySeconds', value: 9 }]);
  expect(await drift()).toMatchObject({ code: 1 });
  expect(await ends()).toEqual({ drifted: 1 });
});
