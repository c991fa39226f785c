// The service's store: items in one DynamoDB table, blobs in one S3 bucket of the account that the process runs in.
import { LEASE_MS, type Store } from '../../app/ports.ts';
import type { DataKeys } from '../table/data-keys.ts';
import { SealedTable, sealedBlobs } from '../table/sealed.ts';
import { Sealer } from '../table/sealer.ts';
import { type ServicePorts, servicePortsOn } from '../table/service.ts';
import { storeOn } from '../table/store.ts';
import { VersionedTable } from '../table/versioned.ts';
import { DynamoTable } from './dynamo-table.ts';
import { S3Blobs } from './s3-blobs.ts';

export interface ServiceStoreOptions {
  tableName: string;
  bucket: string;
  region: string;
  /** ms since the epoch. */
  now: () => number;
  pause: (ms: number) => Promise<void>;
  /** Who takes leases: one process, by a name that no other has. */
  holder: string;
  /** How long a lease lasts unless renewed. */
  leaseMs?: number;
  /** Which of the sums of measurements this process adds to. */
  shard?: number;
  /** What NoEcho values are sealed with. */
  dataKeys: DataKeys;
  /** What all else is sealed with; without them it is kept as it is. */
  stateKeys?: DataKeys | undefined;
}

/** Opens the store; credentials and endpoint are the process's own. Whether table and bucket exist shows the first use. */
export async function openServiceStore(options: ServiceStoreOptions): Promise<{ store: Store } & ServicePorts> {
  const { tableName, bucket, region, now, pause, holder, leaseMs = LEASE_MS, shard = 0 } = options;
  const [{ DynamoDB }, { S3 }] = await Promise.all([import('./sdk/dynamodb.ts'), import('./sdk/s3.ts')]);
  const s3 = new S3({ region, forcePathStyle: true });
  const plain = new DynamoTable(new DynamoDB({ region, maxAttempts: 8 }), { tableName, now, pause });
  const versioned = new VersionedTable(plain);
  const sealer = options.stateKeys === undefined ? undefined : new Sealer(options.stateKeys, now);
  const table = new SealedTable(versioned, sealer);
  const blobs = sealedBlobs(new S3Blobs(s3, bucket), sealer);
  const store = storeOn(table, blobs, {
    now,
    leaseMs,
    holder,
    // Nobody can look into another worker: its lease ends by release or by time.
    isGone: () => false,
    shard,
  });
  const close = async () => {
    s3.destroy();
    await store.close();
  };
  return {
    store: { ...store, close },
    ...servicePortsOn(table, blobs, { now, dataKeys: options.dataKeys }),
  };
}
