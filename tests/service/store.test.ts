// The contracts of the ports, against DynamoDB and S3 on the emulator.
import { inject } from 'vitest';
import { storeContract } from '../contract/store.ts';
import { module } from './support/dynamo-module.ts';

// Also for the processes that the suite starts. An account of its own.
Object.assign(process.env, {
  AWS_ENDPOINT_URL: inject('emulator'),
  AWS_ACCESS_KEY_ID: '333333333333',
  AWS_SECRET_ACCESS_KEY: 'emulator',
  AWS_REGION: 'us-east-1',
});

storeContract('DynamoDB and S3', module);
