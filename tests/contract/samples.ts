// Values for the store's contract, as small as the types allow. Child processes load this too: nothing heavy here.
import type { Event, Plan, StackResource } from '#wasm';
import type { Run, StackRecord } from '../../src/app/ports.ts';

export const ENDPOINT = 'sandbox';
export const CONTEXT = { account: '111111111111', region: 'us-east-1', partition: 'aws', stackId: 'arn:aws:x' };

export function aStack(stack: string): StackRecord {
  return {
    state: { stack, context: CONTEXT, parameters: { Stage: 'dev' }, resources: [], fingerprints: {} },
    endpoint: ENDPOINT,
    outputs: {},
  };
}

export function aRun(runId: string, stack: string): Run {
  return {
    runId,
    stack,
    binding: 'sandbox|111111111111|us-east-1',
    mode: 'deploy',
    planDigest: 'd'.repeat(64),
    status: 'running',
    startedAt: 1_800_000_000_000,
    seq: 0,
    config: { runId, maxConcurrency: 25, rate: 20, maxRate: 100, burst: 20, seed: '18446744073709551615' },
    parameters: { Stage: 'dev', Password: null },
    fingerprints: { 'parameter:Password': 'ab12' },
    verdict: null,
    cancelRequested: false,
  };
}

export function aPlan(stack: string, digest: string): Plan {
  return {
    version: 1,
    stack,
    context: CONTEXT,
    mode: 'deploy',
    resources: [
      {
        logicalId: 'Queue',
        type: 'AWS::SQS::Queue',
        action: 'create',
        reasons: [],
        dependsOn: [],
        desired: { QueueName: 'q' },
        needs: [],
        deletionPolicy: 'Delete',
        updateReplacePolicy: 'Delete',
        irreversible: [],
        estimateMs: 1000,
      },
    ],
    outputs: [],
    digest,
  };
}

export function anEntry(n: number): Event {
  return { type: 'progress', step: `create:R${n % 7}`, status: 'SUCCESS', identifier: `id-${n}`, at: n };
}

export function resource(logicalId: string, version: number): StackResource {
  return {
    logicalId,
    type: 'AWS::SQS::Queue',
    physicalId: `https://queue/${version}`,
    status: 'complete',
    attributes: { Arn: `arn:${version}` },
    applied: { QueueName: `q${version}` },
    dependsOn: [],
    deletionPolicy: 'Delete',
    updateReplacePolicy: 'Delete',
  };
}
