// Blobs in S3: objects `<kind>/<digest>` of one bucket, encrypted as the bucket says. Content never changes under a name,
// so that writing one twice is harmless.
import type { S3 } from '@aws-sdk/client-s3';
import type { Blobs } from '../../app/ports.ts';

/** Blobs of a bucket. */
export class S3Blobs implements Blobs {
  readonly #client: S3;
  readonly #bucket: string;

  constructor(client: S3, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(...[kind, digest, text]: Parameters<Blobs['put']>): Promise<void> {
    const object = {
      Bucket: this.#bucket,
      Key: `${kind}/${digest}`,
      Body: Buffer.from(text),
      ContentType: 'application/json',
    };
    try {
      await this.#client.putObject({ ...object, IfNoneMatch: '*' });
    } catch (error) {
      // It is there already.
      if ((error as Error).name === 'PreconditionFailed') return;
      // Somebody else is just writing it, and may yet fail.
      if ((error as Error).name !== 'ConditionalRequestConflict') throw error;
      await this.#client.putObject(object);
    }
  }

  async get(...[kind, digest]: Parameters<Blobs['get']>): Promise<string | undefined> {
    try {
      const { Body } = await this.#client.getObject({ Bucket: this.#bucket, Key: `${kind}/${digest}` });
      return await Body?.transformToString();
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }
}
