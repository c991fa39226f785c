// Sends OTLP requests over HTTP. <https://opentelemetry.io/docs/specs/otlp/#otlphttp>
import { gzipSync } from 'node:zlib';
import { type Message, protobuf, type Signal } from './wire.ts';

/** Where one signal goes, and how. */
export interface Destination {
  url: string;
  headers: Readonly<Record<string, string>>;
  protocol: 'http/protobuf' | 'http/json';
  gzip: boolean;
  /** For one request. */
  timeoutMs: number;
}

/** Sends a request; rejects with NotTaken. */
export type Send = (request: Message, signal: AbortSignal) => Promise<void>;

/** It was not taken; `mayRepeat`: the same request may be taken later. */
export class NotTaken extends Error {
  override name = 'NotTaken';
  readonly mayRepeat: boolean;

  constructor(message: string, mayRepeat: boolean) {
    super(message);
    this.mayRepeat = mayRepeat;
  }
}

const PASSING = new Set([429, 502, 503, 504]);

export function sender(signal: Signal, destination: Destination): Send {
  const { url, headers, protocol, gzip, timeoutMs } = destination;
  const asJson = protocol === 'http/json';
  return async (request, abort) => {
    const plain = asJson ? Buffer.from(JSON.stringify(request)) : protobuf(signal, request);
    const body = gzip ? gzipSync(plain) : plain;
    let answer: Response;
    try {
      answer = await fetch(url, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': asJson ? 'application/json' : 'application/x-protobuf',
          ...(gzip ? { 'content-encoding': 'gzip' } : {}),
        },
        body: new Uint8Array(body),
        // Headers may hold a token.
        redirect: 'error',
        signal: AbortSignal.any([abort, AbortSignal.timeout(timeoutMs)]),
      });
      // What a collector says besides its status is of no use here; the connection is, for the next request.
      await answer.arrayBuffer();
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause ?? error;
      throw new NotTaken(String((cause as { code?: unknown }).code ?? (cause as Error).name), true);
    }
    if (!answer.ok) throw new NotTaken(`HTTP ${answer.status}`, PASSING.has(answer.status));
  };
}
