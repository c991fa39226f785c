// The wiring of the service: store, submissions and workflow of the account that a function runs in, and the target that
// it deploys to. Opened once per process and kept while it is warm.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { credentialsOf } from '../../adapters/aws/connection.ts';
import { kmsDataKeys } from '../../adapters/aws/data-keys.ts';
import { EventBus } from '../../adapters/aws/event-bus.ts';
import { kmsSigner } from '../../adapters/aws/kms-signer.ts';
import { objectReader } from '../../adapters/aws/objects.ts';
import { openServiceStore } from '../../adapters/aws/store.ts';
import { openWorkflow } from '../../adapters/aws/workflow.ts';
import { systemClock } from '../../adapters/embedded/clock.ts';
import type { Telemetry } from '../../adapters/otlp/telemetry.ts';
import { telling } from '../../app/measure/telling.ts';
import type { Scans } from '../../app/ports/service.ts';
import { announcedDeployments, announcedRuns } from '../../app/service/announcing.ts';
import type { ReadObject } from '../../app/service/receive.ts';
import type { Steps } from '../../app/service/steps.ts';
import type { Local } from '../../app/session.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Target } from '../../domain/targets.ts';
import { openTarget } from '../cloud.ts';
import { type ServiceEnvironment, serviceEnvironment } from '../env.ts';
import { type OpenSession, sessionOver } from '../session.ts';
import { packagedConfig } from './config.ts';
import { emf } from './emf.ts';
import { sessionName } from './session-name.ts';
import { functionTelemetry } from './telemetry.ts';

export interface Service extends Local, Steps {
  scans: Scans;
  environment: ServiceEnvironment;
  /** What leaves the house besides; absent: nothing does. */
  telemetry: Telemetry | undefined;
  /** Objects of buckets that the function may read. */
  readObject: ReadObject;
}

const logger = new Logger();

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

/** In place of that of an account: what handlers then work with, in tests and for `npm run invoke`. */
export function serveWith(other: Promise<Service>): void {
  opened = other;
}

async function open(): Promise<Service> {
  const environment = serviceEnvironment();
  const { region, table, bucket, machineArn, signingKeys } = environment;
  const { now } = systemClock;
  const aws = { region, credentials: await credentialsOf({}, region), now };
  const { secretsKeyArn, stateKeyArn, kmsEndpoint } = environment;
  const keysOf = (keyArn: string) => kmsDataKeys({ ...aws, endpoint: kmsEndpoint, keyArn });
  const [dataKeys, stateKeys] = [keysOf(secretsKeyArn), keysOf(stateKeyArn)];
  const signer = kmsSigner({ ...aws, endpoint: kmsEndpoint, keyIds: signingKeys });
  const [workflow, kept] = await Promise.all([
    openWorkflow({ region, machineArn }),
    openServiceStore({ tableName: table, bucket, region, now, pause, holder: randomUUID(), dataKeys, stateKeys }),
  ]);
  const { eventBus: bus, eventsEndpoint: endpoint } = environment;
  const events = new EventBus({ ...aws, bus, endpoint });
  const tell = async (detailType: string, detail: object) => {
    await events.put(detailType, detail).catch((error: unknown) => {
      logger.warn('not told', { detailType, error: error as Error });
    });
  };
  const telemetry = await functionTelemetry();
  const measures = telling(kept.store.measures, (measured) => {
    // CloudWatch reads them out of the function's log.
    for (const line of emf(measured, now())) console.log(line);
    telemetry?.take(measured);
  });
  return {
    environment,
    ...kept,
    store: {
      ...kept.store,
      measures,
      runs: announcedRuns(kept.store.runs, (change) => tell('Run status changed', change)),
    },
    deployments: announcedDeployments(kept.deployments, (change) => tell('Deployment status changed', change)),
    workflow,
    fanOut: environment.fanOut,
    signer,
    clock: systemClock,
    telemetry,
    tell,
    readObject: objectReader(region),
  };
}

/** Where something goes; what it does not say is as the service is installed. For which run and whom stands in the trail. */
type Where = Pick<Target, 'account' | 'region'> & { runId: string; by?: string | undefined };

/**
 * Calls `use` with a session on a target, closed afterwards: what was measured is flushed before the function freezes.
 * Which role is assumed only the installation says; `{account}` in it is the target's.
 */
export async function onTarget<T>(local: Service, where: Where, use: (session: OpenSession) => Promise<T>): Promise<T> {
  const session = await openSession(local, where);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** The same for several: sessions are opened as they are asked for, one for each place. */
export async function onTargets<T>(
  local: Service,
  about: Pick<Where, 'runId' | 'by'>,
  use: (open: (where: Omit<Where, 'runId' | 'by'>) => Promise<OpenSession>) => Promise<T>,
): Promise<T> {
  const opened = new Map<string, Promise<OpenSession>>();
  try {
    return await use((where) => {
      const key = JSON.stringify([where.account, where.region]);
      const session = opened.get(key) ?? openSession(local, { ...where, ...about });
      opened.set(key, session);
      return session;
    });
  } finally {
    for (const session of await Promise.allSettled(opened.values())) {
      if (session.status === 'fulfilled') await session.value.close();
    }
  }
}

async function openSession(local: Service, { account, region, runId, by }: Where): Promise<OpenSession> {
  const { environment } = local;
  const { targetEndpoint, targetRole, targetExternalId, targetName, speed } = environment;
  if (targetRole?.includes(ACCOUNT) === true && account === undefined) {
    throw new InvalidInput('account_missing', 'This service deploys to many accounts: say which one.', {
      help: 'Give `account`, twelve digits.',
    });
  }
  const cloud = await openTarget(
    {
      region: region ?? environment.region,
      endpoint: targetEndpoint,
      roleArn: targetRole?.replaceAll(ACCOUNT, account ?? ''),
      externalId: targetExternalId,
      sessionName: sessionName(runId, by),
      // A sandbox takes such a key for the account.
      ...(targetEndpoint !== undefined && targetRole === undefined && account !== undefined
        ? { credentials: { accessKeyId: account, secretAccessKey: 'sandbox' } }
        : {}),
    },
    targetName,
  );
  const { ownershipTags } = packagedConfig();
  return sessionOver(local, cloud, { speed, ownershipTags, tracer: local.telemetry?.tracer });
}

const ACCOUNT = '{account}';
