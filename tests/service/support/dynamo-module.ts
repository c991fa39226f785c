// The service's store as the contract suites open it: a table and a bucket of the emulator that the environment names
// (AWS_ENDPOINT_URL and credentials). A place is the name of both.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { S3 } from '@aws-sdk/client-s3';
import { DynamoTable } from '../../../src/adapters/aws/dynamo-table.ts';
import { openServiceStore } from '../../../src/adapters/aws/store.ts';
import { keys } from '../../../src/adapters/table/keys.ts';
import type { StoreModule } from '../../contract/world.ts';
import { memoryDataKeys } from '../../support/data-keys.ts';

const region = 'us-east-1';
const clients = () => ({ dynamo: new DynamoDB({ region }), s3: new S3({ region, forcePathStyle: true }) });

export const module: StoreModule<string> = {
  async place() {
    const { dynamo, s3 } = clients();
    const name = `store-${randomUUID()}`;
    await dynamo.createTable({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    await s3.createBucket({ Bucket: name });
    dynamo.destroy();
    s3.destroy();
    return name;
  },
  async open(name, { now }) {
    const holder = `process ${process.pid} ${randomUUID()}`;
    return (
      await openServiceStore({ tableName: name, bucket: name, region, now, pause, holder, dataKeys: memoryDataKeys() })
    ).store;
  },
  openTable: async (name, { now }) => new DynamoTable(clients().dynamo, { tableName: name, now, pause }),
  async asNewer(name) {
    const table = new DynamoTable(clients().dynamo, { tableName: name, now: Date.now, pause });
    const before = await table.get(keys.version);
    await table.write([{ put: { ...keys.version, fields: { version: 99 } } }]);
    return async () => {
      await table.write([before === undefined ? { delete: keys.version } : { put: before }]);
      await table.close();
    };
  },
  async remove(name) {
    const { dynamo, s3 } = clients();
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: name });
    for (const { Key } of Contents) await s3.deleteObject({ Bucket: name, Key });
    await s3.deleteBucket({ Bucket: name });
    await dynamo.deleteTable({ TableName: name });
    dynamo.destroy();
    s3.destroy();
  },
  url: import.meta.url,
};
