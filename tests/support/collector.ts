// A collector on 127.0.0.1: takes what OTLP/HTTP exporters send, reads it by the official definitions, keeps it.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

const PROTO = join(import.meta.dirname, '../vectors/opentelemetry-proto');
const SERVICES = { metrics: 'metrics/v1/metrics', traces: 'trace/v1/trace' } as const;

// biome-ignore lint/suspicious/noExplicitAny: messages as the definitions have them.
export type AnyMessage = any;

export interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Decoded; bytes are hex, 64-bit numbers decimal text, enums numbers. */
  message: AnyMessage;
}

const roots = new Map<string, protobuf.Type>();

/** The request of a signal, by the official definitions. */
export function requestType(signal: keyof typeof SERVICES): protobuf.Type {
  const known = roots.get(signal);
  if (known !== undefined) return known;
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => join(PROTO, target);
  root.loadSync(`opentelemetry/proto/collector/${SERVICES[signal]}_service.proto`);
  const name = signal === 'metrics' ? 'metrics.v1.ExportMetricsServiceRequest' : 'trace.v1.ExportTraceServiceRequest';
  const type = root.lookupType(`opentelemetry.proto.collector.${name}`);
  roots.set(signal, type);
  return type;
}

/** A message of plain values. Throws where the definitions do not know a field, or know it in another form. */
export function decoded(signal: keyof typeof SERVICES, bytes: Uint8Array): AnyMessage {
  const type = requestType(signal);
  checkFields(type, bytes);
  const message = type.decode(bytes);
  return hexed(type.toObject(message, { longs: String, enums: Number, bytes: Buffer, defaults: false }));
}

function checkFields(type: protobuf.Type, bytes: Uint8Array): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [id, form] = [tag >>> 3, tag & 7];
    const field = type.fieldsById[id]?.resolve();
    if (field === undefined) throw new Error(`${type.name} has no field ${id}`);
    const inner = field.resolvedType;
    if (inner instanceof protobuf.Type) {
      if (form !== 2) throw new Error(`${field.fullName} in form ${form}`);
      checkFields(inner, reader.bytes());
      continue;
    }
    const basic = inner instanceof protobuf.Enum ? 0 : formIn(protobuf.types.basic, field.type);
    const expected = field.repeated && formIn(protobuf.types.packed, field.type) !== undefined ? 2 : basic;
    if (form !== expected) throw new Error(`${field.fullName} in form ${form}`);
    reader.skipType(form);
  }
}

function formIn(table: object, type: string): number | undefined {
  return (table as Record<string, number>)[type];
}

function hexed(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(hexed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hexed(inner)]));
}

/** Takes requests until closed. `answer`: status of the next one; default 200. */
export class Collector implements AsyncDisposable {
  readonly received: Received[] = [];
  answer: (request: Received) => number = () => 200;
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      const path = request.url ?? '';
      const signal = path.endsWith('traces') ? 'traces' : 'metrics';
      const isJson = request.headers['content-type'] === 'application/json';
      const message = isJson ? JSON.parse(body.toString()) : decoded(signal, body);
      const one = { path, headers: request.headers, body, message };
      const status = this.answer(one);
      if (status === 200) this.received.push(one);
      response.writeHead(status).end();
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  spans(): AnyMessage[] {
    return this.received
      .filter(({ path }) => path.endsWith('traces'))
      .flatMap(({ message }) => message.resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans);
  }

  /** Of the last request, or of all. */
  metrics(received = this.received.filter(({ path }) => path.endsWith('metrics'))): AnyMessage[] {
    return received
      .flatMap(({ message }) => message.resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Attributes as a record. */
export function attributesOf(message: AnyMessage): Record<string, unknown> {
  return Object.fromEntries(
    (message.attributes ?? []).map(({ key, value }: AnyMessage) => [key, Object.values(value)[0]]),
  );
}
