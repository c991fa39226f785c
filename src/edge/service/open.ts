// The wiring of the service: store, submissions and workflow of the account that a function runs in, and the target that
// it deploys to. Opened once per process and kept while it is warm.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openKmsSigner } from '../../adapters/aws/kms-signer.ts';
import { openServiceStore } from '../../adapters/aws/store.ts';
import { openWorkflow } from '../../adapters/aws/workflow.ts';
import { systemClock } from '../../adapters/embedded/clock.ts';
import type { Steps } from '../../app/service/steps.ts';
import type { Local } from '../../app/session.ts';
import { openTarget } from '../cloud.ts';
import { type ServiceEnvironment, serviceEnvironment } from '../env.ts';
import { type OpenSession, sessionOver } from '../session.ts';
import { telling } from './emf.ts';

export interface Service extends Local, Steps {
  environment: ServiceEnvironment;
}

let opened: Promise<Service> | undefined;

/** The service of this process. */
export function service(): Promise<Service> {
  // One that failed to open is opened anew.
  opened ??= open().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function open(): Promise<Service> {
  const environment = serviceEnvironment();
  const { region, table, bucket, machineArn, signingKeys } = environment;
  const { now } = systemClock;
  const [workflow, signer, kept] = await Promise.all([
    openWorkflow({ region, machineArn }),
    openKmsSigner({ region, keyIds: signingKeys }),
    openServiceStore({ tableName: table, bucket, region, now, pause, holder: randomUUID() }),
  ]);
  // CloudWatch reads them out of the function's log.
  const measures = telling(kept.store.measures, { now, print: (line) => console.log(line) });
  const store = { ...kept.store, measures };
  return { environment, ...kept, store, workflow, signer, clock: systemClock };
}

/** Calls `use` with a session on the target, closed afterwards: what was measured is flushed before the function freezes. */
export async function onTarget<T>(local: Service, use: (session: OpenSession) => Promise<T>): Promise<T> {
  const { region, targetEndpoint, targetRole, targetExternalId, targetName, speed } = local.environment;
  const wanted = { region, endpoint: targetEndpoint, roleArn: targetRole, externalId: targetExternalId };
  const cloud = await openTarget(wanted, targetName);
  const session = sessionOver(local, cloud, { speed });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
