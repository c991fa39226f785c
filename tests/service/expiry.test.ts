// Nobody answers in time: the run ends as expired, its workflow with it. The day that it waits is taken out of the table.
import { expect, inject, test } from 'vitest';
import { verifyProof } from '../../src/verify.ts';
import { aws, letExpire } from './support/aws.ts';
import { call, ENDS, signedByUser, signingKeys, until } from './support/call.ts';
import { HOME_ACCOUNT } from './support/scripts.ts';

test('a run that nobody answers expires; late is late, its workflow ends, and that is proved', async () => {
  const ann = await signedByUser('ann-expiry');
  const template = 'Resources: {Q: {Type: AWS::SQS::Queue}}';
  const asked = await call('POST', '/deployments', { stack: 'expires', template, askAlways: true });
  const [location, { runId }] = [asked.location ?? '', asked.document];
  expect((await until(location, [...ENDS, 'waiting_approval'])).document.status).toBe('waiting_approval');

  await letExpire(inject('emulator'), runId);
  expect(await call('POST', `${location}/approval`, { decision: 'approve' }, ann)).toMatchObject({
    status: 409,
    document: { code: 'run_expired' },
  });
  expect((await call('GET', location)).document).toMatchObject({
    status: 'expired',
    result: { outcome: 'expired', code: 'run_expired', resources: [] },
  });
  expect((await call('GET', '/stacks/expires')).document.stacks).toEqual([]);

  // What the end of its time limit does by itself a minute after the day.
  await call('DELETE', location);
  const executionArn = `arn:aws:states:us-east-1:${HOME_ACCOUNT}:execution:assent-local-deploy:${runId}`;
  const execution = { url: inject('emulator'), service: 'states', target: 'AWSStepFunctions.DescribeExecution' };
  await expect
    .poll(async () => (await aws({ ...execution, body: { executionArn } })).status, { timeout: 60_000, interval: 300 })
    .toBe('SUCCEEDED');
  expect((await call('GET', location)).document.status).toBe('expired');

  const { document: proof } = await call('GET', `/audit/runs/${runId}/proof`);
  expect(JSON.stringify(Object.values(proof.details))).toContain('run_expired');
  expect(await verifyProof({ proof, keys: (await signingKeys()).keys })).toMatchObject({ valid: true });
});
