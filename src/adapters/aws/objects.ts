// Objects of a bucket, read whole.
import type { S3 } from '@aws-sdk/client-s3';
import type { ObjectPlace, ReadObject } from '../../app/service/receive.ts';
import { InvalidInput } from '../../domain/errors.ts';

// CloudFormation takes 1 MB; parameters are less.
const MOST_BYTES = 1_100_000;

/** Reads with the process's own credentials. Rejects with InvalidInput `object_too_large`. */
export function objectReader(region: string): ReadObject {
  let client: Promise<S3> | undefined;
  return async ({ bucket, key }: ObjectPlace) => {
    client ??= import('./sdk/s3.ts').then(({ S3 }) => new S3({ region, forcePathStyle: true }));
    try {
      const { Body, ContentLength = 0, Metadata = {} } = await (await client).getObject({ Bucket: bucket, Key: key });
      if (ContentLength > MOST_BYTES) {
        throw new InvalidInput('object_too_large', `${key} has ${ContentLength} bytes; a template has at most 1 MB.`);
      }
      return { text: (await Body?.transformToString()) ?? '', metadata: Metadata };
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  };
}
