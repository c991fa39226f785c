// A sandbox for tests: a clock to turn, clients of the real SDK over HTTP.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudControlClient,
  CreateResourceCommand,
  DeleteResourceCommand,
  GetResourceCommand,
  GetResourceRequestStatusCommand,
  type ProgressEvent,
  UpdateResourceCommand,
} from '@aws-sdk/client-cloudcontrol';
import { expect } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { fewTypes } from './few-types.ts';

export const TRUST = { Version: '2012-10-17', Statement: [] };

/** A sandbox over a folder of its own, its clock standing until it is turned. */
export class Bench implements AsyncDisposable {
  now = 1_800_000_000_000;
  readonly dir = mkdtempSync(join(tmpdir(), 'assent-sandbox-'));
  readonly #open: Sandbox[] = [];
  readonly #clients: CloudControlClient[] = [];

  async start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
    const sandbox = await startSandbox({
      dir: this.dir,
      rate: false,
      speed: 1,
      clock: () => this.now,
      schemas: fewTypes,
      ...options,
    });
    this.#open.push(sandbox);
    return sandbox;
  }

  /** An SDK client that never retries: what the sandbox says is what the test sees. */
  client({ url }: Sandbox, region = 'us-east-1', accessKeyId = 'test'): CloudControlClient {
    const client = new CloudControlClient(config(url, region, accessKeyId));
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await Promise.all(this.#open.map((sandbox) => sandbox.close()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const config = (endpoint: string, region = 'us-east-1', accessKeyId = 'test') => ({
  endpoint,
  region,
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: 'test' },
});

/** The event of a request. */
export async function poll(client: CloudControlClient, event: ProgressEvent | undefined): Promise<ProgressEvent> {
  const { ProgressEvent } = await client.send(
    new GetResourceRequestStatusCommand({ RequestToken: String(event?.RequestToken) }),
  );
  if (!ProgressEvent) throw new Error('no event');
  return ProgressEvent;
}

/** Turns the clock until the request has ended. */
export async function finish(
  bench: Bench,
  client: CloudControlClient,
  event: ProgressEvent | undefined,
): Promise<ProgressEvent> {
  bench.now += 3_600_000;
  return poll(client, event);
}

export const create = async (client: CloudControlClient, TypeName: string, desired: object, ClientToken?: string) =>
  (
    await client.send(
      new CreateResourceCommand({
        TypeName,
        DesiredState: JSON.stringify(desired),
        ...(ClientToken && { ClientToken }),
      }),
    )
  ).ProgressEvent;

export const remove = async (client: CloudControlClient, TypeName: string, Identifier: string) =>
  (await client.send(new DeleteResourceCommand({ TypeName, Identifier }))).ProgressEvent;

export const update = async (client: CloudControlClient, TypeName: string, Identifier: string, patch: object[]) =>
  (await client.send(new UpdateResourceCommand({ TypeName, Identifier, PatchDocument: JSON.stringify(patch) })))
    .ProgressEvent;

export const read = async (client: CloudControlClient, TypeName: string, Identifier: string) => {
  const { ResourceDescription } = await client.send(new GetResourceCommand({ TypeName, Identifier }));
  return JSON.parse(String(ResourceDescription?.Properties)) as Record<string, unknown>;
};

/** Creates and waits. */
export const made = async (bench: Bench, client: CloudControlClient, type: string, desired: object) => {
  const event = await finish(bench, client, await create(client, type, desired));
  expect(event, event.StatusMessage).toMatchObject({ OperationStatus: 'SUCCESS' });
  return String(event.Identifier);
};

export async function openBench(options: Parameters<Bench['start']>[0] = {}) {
  const bench = new Bench();
  const sandbox = await bench.start(options);
  return { bench, sandbox, client: bench.client(sandbox) };
}
