// The sandbox: a local Cloud Control endpoint, stricter than AWS. A program of its own; docs/sandbox.md describes it.
//
// Any number of sandboxes may run over one state folder at once: all state is in its SQLite file.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FaultsFile, parseFaults } from './faults.ts';
import { isLoopback } from './foreign.ts';
import { parseReal } from './real.ts';
import { coreSchemas } from './schema.ts';
import { type Reply, type Settings, serve } from './server.ts';
import type { Schemas } from './shape.ts';
import { Store } from './store.ts';
import { DEFAULT_RATE, type Rate } from './throttle.ts';

// An `import` of it would load undici (scripts/lean-http.mjs).
const { createServer } = process.getBuiltinModule('node:http');

export { BadFaults, type Fault, type FaultRule, type FaultsFile } from './faults.ts';
export type { Rate } from './throttle.ts';

export interface SandboxOptions {
  /** State is kept in `<dir>/sandbox.db`; the folder is made when missing. */
  dir: string;
  /** 0 (default): a free one. */
  port?: number;
  host?: string;
  /** How many times faster than AWS operations run. */
  speed?: number;
  /** Parsed faults file; it is checked here. */
  faults?: FaultsFile;
  /** Names of behaviours of real accounts, or `all`. */
  real?: readonly string[];
  /** Calls per second and burst of each account and region; false switches throttling off. */
  rate?: Rate | false;
  /** Account of access keys that are not 12 digits. */
  account?: string;
  /** Region of requests whose signature names none. */
  region?: string;
  /** ms since the epoch. */
  clock?: () => number;
  /** Instead of the core's schema table. */
  schemas?: Schemas;
}

export interface Sandbox {
  url: string;
  /** Open requests are cut; operations in flight go on in the state folder's time. */
  close(): Promise<void>;
}

/** Largest request body: a desired state may have 256 KiB, and JSON text may double when it is quoted. */
const LARGEST_BODY = 2 * 1024 * 1024;

/** Starts a sandbox. Rejects with BadFaults, RangeError for options out of range, or the socket's error. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dir, port = 0, host = '127.0.0.1', speed = 60, rate = DEFAULT_RATE, faults, clock = Date.now } = options;
  if (!isLoopback(host))
    throw new RangeError('host must be an address of this machine alone: 127.0.0.1, ::1, localhost');
  if (!(speed > 0 && Number.isFinite(speed))) throw new RangeError('speed must be a positive number');
  if (rate && !(rate.perSecond > 0 && rate.burst >= 1)) throw new RangeError('rate needs perSecond > 0 and burst >= 1');
  const rules = faults ? parseFaults(faults) : [];
  const real = parseReal([...(options.real ?? []), ...(faults?.real ?? [])]);
  const settings: Settings = {
    store: new Store(dir),
    schemas: options.schemas ?? coreSchemas(),
    faults: rules,
    real,
    rate: rate || undefined,
    speed,
    account: options.account ?? '123456789012',
    region: options.region ?? 'us-east-1',
    now: clock,
  };
  const server = createServer((request, response) => void answer(settings, request, response));
  server.keepAliveTimeout = 60_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    settings.store.close();
    throw error;
  }
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      settings.store.close();
    },
  };
}

async function answer(settings: Settings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await replyTo(settings, request).catch(
    (error: unknown): Reply => ({
      status: 500,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ __type: 'InternalFailure', Message: `The sandbox failed: ${String(error)}` }),
    }),
  );
  if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs).unref());
  if (reply.drop) {
    request.socket.destroy();
    return;
  }
  // Node's own would be the machine's time, and up to a second old.
  const date = new Date(settings.now()).toUTCString();
  response.writeHead(reply.status, { date, ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

async function replyTo(settings: Settings, request: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      return { status: 413, headers: { connection: 'close' }, body: '{"__type":"RequestEntityTooLargeException"}' };
    }
    chunks.push(chunk);
  }
  return serve(settings, {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  });
}
