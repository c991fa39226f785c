// Values for the contracts, as small as the types allow. Child processes load this too: nothing heavy here.
import type { Event, Plan, StackResource } from '#wasm';
import type { RunDocument } from '../../src/app/documents/documents.ts';
import type { Ended, EndStatus, Lease, Run, StackRecord, Store, Turn } from '../../src/app/ports.ts';
import type { StackKey } from '../../src/domain/stack.ts';

export const CONTEXT = { account: '111111111111', region: 'us-east-1', partition: 'aws', stackId: 'arn:aws:x' };
export const HERE = { endpoint: 'sandbox', account: CONTEXT.account, region: CONTEXT.region };
export const WEB: StackKey = { ...HERE, name: 'web' };

/** A stack of that name in the sandbox. */
export function key(name: string): StackKey {
  return { ...HERE, name };
}

export function aStack(stack: StackKey = WEB): StackRecord {
  return {
    key: stack,
    state: { stack: stack.name, context: CONTEXT, parameters: { Stage: 'dev' }, resources: [], fingerprints: {} },
    outputs: {},
  };
}

/** An approved run. */
export function aRun(runId: string, stack: StackKey = WEB): Run {
  return {
    runId,
    stack,
    mode: 'deploy',
    status: 'approved',
    planDigest: 'd'.repeat(64),
    submittedAt: 1_799_999_999_000,
    forecastMs: 1_234.5,
    seq: 0,
    config: { runId, maxConcurrency: 25, rate: 20, maxRate: 100, burst: 20, seed: '18446744073709551615' },
    parameters: { Stage: 'dev', Password: null },
    fingerprints: { 'parameter:Password': 'ab12' },
    noEcho: ['Password'],
    verdict: null,
    findings: [],
  };
}

/** A document that a run ends with. */
export function aDocument(runId: string, outcome: RunDocument['outcome']): RunDocument {
  return {
    version: 1,
    kind: 'deploy',
    runId,
    planDigest: 'd'.repeat(64),
    outcome,
    resources: [],
    outputs: {},
    verdict: null,
    elapsedMs: 1,
    calls: { create: 1, update: 2, delete: 3, get: 4, poll: 5, throttled: 6 },
  };
}

/** How a run of the stack ends. */
export function anEnd(runId: string, status: EndStatus, stack: Ended['stack'] | 'gone' = aStack()): Ended {
  return {
    status,
    endedAt: 1_800_000_000_500,
    result: aDocument(runId, status),
    stack: stack === 'gone' ? undefined : stack,
  };
}

/** What a worker has in hand: a run that has begun on a new stack. */
export async function begun(store: Store, run: Run = aRun('r1')): Promise<Lease> {
  await store.runs.submit(run);
  const lease = await store.runs.acquire(run.stack);
  if (!(await store.runs.begin(lease, run.runId, 1_800_000_000_000, aStack(run.stack)))) throw new Error('not begun');
  return lease;
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

/** A turn of one entry that changes nothing. */
export function aTurn(n: number): Turn {
  return { entries: [anEntry(n)], record: [], forget: [] };
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
