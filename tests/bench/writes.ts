// What a deployment by the service writes to its table: the steps of its workflow over a table that counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { blobsIn, Memory, MemoryTable } from '../../src/adapters/memory/store.ts';
import { servicePortsOn } from '../../src/adapters/table/service.ts';
import { storeOn } from '../../src/adapters/table/store.ts';
import type { Action } from '../../src/adapters/table/table.ts';
import { Caller } from '../../src/app/service/access.ts';
import { requestRun } from '../../src/app/service/requests.ts';
import { judgeStep, type Steps, workStep } from '../../src/app/service/steps.ts';
import { told } from '../../src/app/service/telling.ts';
import { openTarget } from '../../src/edge/cloud.ts';
import { sessionOver } from '../../src/edge/session.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { memoryDataKeys } from '../support/data-keys.ts';
import { aSigner } from '../support/signer.ts';

/** Items that one deployment of `template` writes, from its request to its end. */
export async function writes(template: string, speed: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'assent-writes-'));
  const sandbox = await startSandbox({ dir: folder, speed });
  const memory = new Memory();
  let written = 0;
  class Counting extends MemoryTable {
    override async write(actions: readonly Action[]): Promise<void> {
      await super.write(actions);
      written += actions.length;
    }
  }
  const { now } = systemClock;
  const [table, blobs] = [new Counting(memory, now), blobsIn(memory)];
  const store = storeOn(table, blobs, { now, holder: 'bench', isGone: () => false });
  const local = { store, clock: systemClock, signer: aSigner() };
  const steps: Steps = {
    ...servicePortsOn(table, blobs, { now, dataKeys: memoryDataKeys() }),
    fanOut: 1,
    tell: async () => undefined,
    workflow: { start: async () => undefined, wake: async () => undefined, state: async () => ({ status: 'running' }) },
  };
  const credentials = { accessKeyId: '111111111111', secretAccessKey: 'bench' };
  const cloud = await openTarget({ region: 'us-east-1', endpoint: sandbox.url, credentials }, 'sandbox');
  const session = sessionOver(local, cloud, { speed, ownershipTags: true });
  try {
    const policy = {
      rules: [{ who: ['*'], may: ['deploy'], stacks: ['*'] }] as const,
      ownApproval: false,
      unattended: [],
      digest: 'bench',
    };
    const runId = '20261127-000000-0000000000';
    const submission = { mode: 'deploy', stack: 'bench', template } as const;
    await requestRun(local, steps, submission, { caller: new Caller(policy, 'bench'), runId });
    const telling = { feeds: steps.feeds, clock: systemClock };
    await told(telling, runId, (emit) => judgeStep(session, steps, { runId }, { emit }));
    await told(telling, runId, (emit) => workStep(session, steps, runId, { emit }));
    const run = await store.runs.get(runId);
    if (run?.status !== 'succeeded') throw new Error(`the run is ${run?.status}`);
    await session.close();
    return written;
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
