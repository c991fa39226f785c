// A creation whose answer was lost, gone on with when the cloud has forgotten its token: over the wire, with the AWS SDK. What
// it has made is identified by an ARN that nobody was told, and is found by its name (docs/decisions/0037).
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const CLOCK = pathToFileURL(join(import.meta.dirname, '../support/at-time.mjs')).href;
const HOUR = 3_600_000;
const policy = {
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [] } },
};
const cloud = ['--cloud', 'aws', '--yes'];
const gate = ['--skip-experts', '--fail-on', 'none'];

// A managed policy bears no tags in its schema, so that its name alone says whose it is. Within a week the requests of the time are
// listed, later everything of the type.
test.each([25, 8 * 24])('found by its name, %i hours later', { timeout: 120_000 }, async (hours) => {
  using space = new Workspace({}, { pace: 1 });
  const match = { operation: 'create', type: 'AWS::IAM::ManagedPolicy', nth: [2, 3, 4] };
  const faults = space.file('faults.json', { rules: [{ match, fault: { kind: 'drop' } }] });
  const server = space.start(['sandbox', '--speed', '1000', '--faults', faults, '--format', 'json']);
  try {
    await server.says(/"url"/);
    const { url } = JSON.parse(server.stdout());
    const keys = { AWS_ACCESS_KEY_ID: '123456789012', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
    Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
    const there = async (): Promise<AnyDocument[]> =>
      ((await (await fetch(`${url}/_sandbox/resources`)).json()) as AnyDocument).resources;
    const file = space.file('t.json', { Resources: { Policy: policy } });

    // Another stack's of the same kind, with the same properties.
    expect(await space.json('deploy', file, '--stack', 'other', ...cloud, ...gate)).toMatchObject({ code: 0 });
    const [others] = await there();
    const cut = space.start(['deploy', file, '--stack', 'shop', ...cloud, ...gate]);
    while ((await there()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    cut.child.kill('SIGKILL');
    await cut.ended;
    const [lost] = (await there()).filter(({ identifier }) => identifier !== others?.['identifier']);
    expect(lost).toMatchObject({ identifier: expect.stringMatching(/:policy\/shop-Policy-[A-Z0-9]{12}$/) });

    const later = String(Date.now() + hours * HOUR);
    Object.assign(space.env, { NODE_OPTIONS: `--import ${CLOCK}`, ASSENT_TEST_NOW: later });
    const { code, document } = await space.json('resume', '--cloud', 'aws');
    expect({ code, document }).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
    expect(document.resources).toMatchObject([{ physicalId: lost?.['identifier'], status: 'succeeded', attempts: 1 }]);
    expect(await there()).toHaveLength(2);
    expect(await space.json('destroy', '--stack', 'shop', ...cloud)).toMatchObject({ code: 0 });
    expect(await there()).toMatchObject([{ identifier: others?.['identifier'] }]);
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
  }
});
