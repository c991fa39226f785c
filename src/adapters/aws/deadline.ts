// A whole call within a time: connection, headers and every byte of the answer. Limits of silence alone let a body that
// drips a byte a second hold a call for ever.
import type { Readable } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';

type Handle = NodeHttpHandler['handle'];

/** The handler with a limit on each of its calls; a call over it fails with a TimeoutError. */
export function withinTime(handler: NodeHttpHandler, limitMs: number): NodeHttpHandler {
  const handle: Handle = async (request, options = {}) => {
    const late = new AbortController();
    let body: Readable | undefined;
    const timer = setTimeout(() => {
      const error = timeoutError(limitMs);
      late.abort(error);
      body?.destroy(error);
    }, limitMs);
    const given = options.abortSignal as AbortSignal | undefined;
    const abortSignal = given === undefined ? late.signal : AbortSignal.any([given, late.signal]);
    try {
      const answer = await handler.handle(request, { ...options, abortSignal });
      body = answer.response.body as Readable;
      body.once('close', () => clearTimeout(timer));
      return answer;
    } catch (error) {
      clearTimeout(timer);
      throw late.signal.aborted ? late.signal.reason : error;
    }
  };
  return new Proxy(handler, {
    get: (target, name) => (name === 'handle' ? handle : bound(target, name)),
  });
}

function bound(target: NodeHttpHandler, name: string | symbol): unknown {
  const value = Reflect.get(target, name, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

function timeoutError(limitMs: number): Error {
  const error = new Error(`no complete answer within ${limitMs / 1_000} s`);
  error.name = 'TimeoutError';
  return error;
}
