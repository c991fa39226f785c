// The wiring of the embedded shape: the SQLite store in a folder, a cloud, the machine's clock and chance.
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../adapters/embedded/clock.ts';
import { KeyFile } from '../adapters/embedded/key-file.ts';
import { openStore } from '../adapters/embedded/store.ts';
import { measuredCloud } from '../app/measure/measure.ts';
import { Monitor } from '../app/measure/monitor.ts';
import { telling } from '../app/measure/telling.ts';
import { NO_TRACER, type Tracer } from '../app/ports.ts';
import { Budgets } from '../app/run/budget.ts';
import { cleanedCloud, cleanedFacts } from '../app/run/cleaned.ts';
import { Cleaner } from '../app/run/cleaner.ts';
import type { Local, Session } from '../app/session.ts';
import type { Target } from '../domain/targets.ts';
import type { CloudChoice, OpenCloud } from './cloud.ts';
import { configuredTagging } from './config/configured.ts';
import { cloudEnvironment, signingKey, stateKey } from './env.ts';
import { FLUSH_MS as LAST_FLUSH_MS, openTelemetry } from './telemetry/open.ts';

// What a killed process may lose of its counts of calls; a flush is one commit.
const FLUSH_MS = 2_000;

/** What can be done without a cloud, until closed. */
export interface OpenLocal extends Local {
  close(): Promise<void>;
}

/** All a use case needs, until closed. */
export interface OpenSession extends Session {
  close(): Promise<void>;
}

/** Opens the store only; one in a folder that cannot be written may still be read. */
export async function openLocal(state: string, { mayOnlyRead = true } = {}): Promise<OpenLocal> {
  const store = await openStore(state, { now: systemClock.now, mayOnlyRead, stateKey: stateKey() });
  const mayMake = async () => (await store.log.head()) === undefined;
  const signer = new KeyFile({ dir: state, given: signingKey(), mayMake });
  return { store, signer, clock: systemClock, close: () => store.close() };
}

/** A cloud, and who is told that measurements or spans could not be sent: by default whoever listens to Node's warnings. */
export type SessionChoice = CloudChoice & { warn?: (message: string) => void };

/** Opens the store and a cloud; starts the sandbox where that is the cloud and none runs. */
export async function openSession(options: SessionChoice): Promise<OpenSession> {
  const { local, tracer, close } = await openExporting(options);
  try {
    // Loaded here, because the SDK is most of the start-up time and not every command needs it.
    const { openCloud } = await import('./cloud.ts');
    const session = sessionOver(local, await openCloud(options), {
      speed: options.cloud === 'sandbox' ? cloudEnvironment().sandboxSpeed : 1,
      ownershipTags: await configuredTagging(options.config),
      tracer,
    });
    return {
      ...session,
      close: async () => {
        await session.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Sessions on several targets over one store, until closed. */
export interface OpenTargets extends OpenLocal {
  /** The same target again is the same session. */
  open: (target: Target) => Promise<OpenSession>;
}

/** Opens the store, and clouds as they are asked for. */
export async function openTargets(options: SessionChoice): Promise<OpenTargets> {
  const { local, tracer, close } = await openExporting(options);
  const { openClouds } = await import('./cloud.ts');
  const clouds = await openClouds(options).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const speed = options.cloud === 'sandbox' ? cloudEnvironment().sandboxSpeed : 1;
  const ownershipTags = await configuredTagging(options.config);
  const facts = { speed, ownershipTags };
  const opened = new Map<string, Promise<OpenSession>>();
  return {
    ...local,
    open: (target) => {
      const { account, region, roleArn, externalId } = target;
      const key = JSON.stringify([account, region, roleArn, externalId]);
      const session =
        opened.get(key) ?? clouds.open(target).then((cloud) => sessionOver(local, cloud, { ...facts, tracer }));
      opened.set(key, session);
      return session;
    },
    close: async () => {
      for (const session of await Promise.allSettled(opened.values())) {
        if (session.status === 'fulfilled') await session.value.close();
      }
      await clouds.close();
      await close();
    },
  };
}

/** The store, whose measurements are exported where the environment asks for it. */
async function openExporting({ state, warn = warned }: SessionChoice) {
  const local = await openLocal(state, { mayOnlyRead: false });
  const telemetry = await openTelemetry({ warn });
  const { store } = local;
  const measures =
    telemetry === undefined ? store.measures : telling(store.measures, (measured) => telemetry.take(measured));
  return {
    local: { ...local, store: { ...store, measures } },
    tracer: telemetry?.tracer,
    close: async () => {
      await telemetry?.close(LAST_FLUSH_MS);
      await local.close();
    },
  };
}

function warned(message: string): void {
  process.emitWarning(message, { type: 'TelemetryWarning' });
}

/** A session over an open store and cloud; closing it closes the cloud, not the store. */
export function sessionOver(
  local: Local,
  open: OpenCloud,
  {
    speed,
    ownershipTags,
    tracer = NO_TRACER,
  }: Pick<Session, 'speed' | 'ownershipTags'> & { tracer?: Tracer | undefined },
): OpenSession {
  const { store, clock, signer } = local;
  const { endpoint } = open;
  const monitor = new Monitor({ clock, intervalMs: FLUSH_MS, sink: (measured) => store.measures.add(measured) });
  const newSeed = () => randomBytes(8).readBigUInt64BE().toString();
  const rates = monitor.series('rate_per_second', { endpoint });
  const budgets = new Budgets(local, newSeed, ({ rate }) => rates.record(rate));
  const cleaner = new Cleaner();
  return {
    store,
    clock,
    signer,
    endpoint,
    cloud: cleanedCloud(
      measuredCloud(open.cloud, endpoint, monitor, () => performance.now()),
      cleaner,
    ),
    facts: cleanedFacts(open.facts, cleaner),
    cleaner,
    budgets,
    monitor,
    tracer,
    speed,
    ownershipTags,
    nextPoll: () => setImmediate(),
    newRunId,
    newSeed,
    close: async () => {
      await budgets.close();
      await open.close();
      // Measurements are not worth failing a run that has ended; those that belong to the run are in its last commit.
      await monitor.close().catch(() => undefined);
    },
  };
}

/** A fresh run id. */
export function newRunId(): string {
  return runId(systemClock.now(), randomBytes(4));
}

/**
 * `20261123-055343-1a2b3c4d5e`: sorts by time, can be read aloud, does not collide. The last part begins with the
 * millisecond: which of a stack's runs is the newest decides what may be resumed.
 */
export function runId(now: number, chance: Buffer): string {
  const [day = '', time = ''] = new Date(now).toISOString().split('T');
  const last = `${(now % 1_000).toString(16).padStart(3, '0')}${chance.toString('hex')}`.slice(0, 10);
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${last}`;
}
