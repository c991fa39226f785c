// The service without an account: its functions' handlers over the embedded adapters, in this process. State is in a folder
// as `--state` has it, the sandbox is the cloud; the workflow is only noted, whoever calls leads it. For tests and for
// `npm run invoke`.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/adapters/embedded/clock.ts';
import { openDatabase } from '../src/adapters/embedded/database.ts';
import { KeyFile } from '../src/adapters/embedded/key-file.ts';
import { localDataKeys } from '../src/adapters/embedded/state-key.ts';
import { openStore } from '../src/adapters/embedded/store.ts';
import { SqliteTable } from '../src/adapters/embedded/table.ts';
import { servicePortsOn } from '../src/adapters/table/service.ts';
import type { ReadObject } from '../src/app/service/receive.ts';
import type { Service } from '../src/edge/service/open.ts';
import { functionTelemetry } from '../src/edge/service/telemetry.ts';
import { startSandbox } from '../src/sandbox/index.ts';

/** What a handler's workflow was asked for. */
export interface Asked {
  started: { name: string; input: object }[];
  woken: string[];
  told: { detailType: string; detail: object }[];
}

export interface EmbeddedOptions {
  /** Folder of the state. */
  dir: string;
  /** How much faster than AWS the sandbox is. */
  speed?: number;
  /** Objects of buckets; default: there are none. */
  readObject?: ReadObject;
}

const SPEED = 1_000;

/** Opens it; close it to let go of the folder. */
export async function embeddedService({
  dir,
  speed = SPEED,
  readObject = async () => undefined,
}: EmbeddedOptions): Promise<{ service: Service; asked: Asked; close(): Promise<void> }> {
  mkdirSync(dir, { recursive: true });
  const { now } = systemClock;
  const store = await openStore(dir, { now });
  // A connection of its own: the store does not show its table.
  const db = openDatabase(dir, { mayOnlyRead: false });
  const [table, { blobs }] = [new SqliteTable(db, now), store];
  const sandbox = await startSandbox({ dir: join(dir, 'sandbox'), speed, rate: false });
  const asked: Asked = { started: [], woken: [], told: [] };
  const service: Service = {
    environment: {
      region: 'us-east-1',
      table: '',
      bucket: '',
      machineArn: '',
      signingKeys: [],
      targetRole: undefined,
      targetExternalId: undefined,
      targetEndpoint: sandbox.url,
      targetName: 'sandbox',
      speed,
      eventBus: '',
      fanOut: 100,
      secretsKeyArn: '',
      stateKeyArn: '',
      eventsEndpoint: undefined,
      kmsEndpoint: undefined,
    },
    store,
    clock: systemClock,
    telemetry: await functionTelemetry(),
    signer: new KeyFile({ dir, given: undefined, mayMake: async () => (await store.log.head()) === undefined }),
    ...servicePortsOn(table, blobs, { now, dataKeys: localDataKeys(secretsKey(dir)) }),
    workflow: {
      start: async (name, input) => void asked.started.push({ name, input }),
      wake: async (token) => void asked.woken.push(token),
      state: async () => ({ status: 'running' }),
    },
    fanOut: 100,
    tell: async (detailType, detail) => void asked.told.push({ detailType, detail }),
    readObject,
  };
  const close = async () => {
    await sandbox.close();
    await table.close();
    await store.close();
  };
  return { service, asked, close };
}

/** A key of the folder's own, made on first use. */
function secretsKey(dir: string): string {
  const file = join(dir, 'secrets.key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return file;
}
