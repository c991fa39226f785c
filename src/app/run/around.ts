// The same cloud with something done around every call.
import type { Answer, Cloud } from '../ports.ts';

/** What is done around a call; it makes the call, or rejects in its place. */
export type Around = <T>(call: () => Promise<Answer<T>>) => Promise<Answer<T>>;

/** A cloud whose calls all go through `around`. */
export function aroundCalls(cloud: Cloud, around: Around): Cloud {
  return {
    create: (call) => around(() => cloud.create(call)),
    update: (call) => around(() => cloud.update(call)),
    delete: (call) => around(() => cloud.delete(call)),
    poll: (token) => around(() => cloud.poll(token)),
    cancel: (token) => around(() => cloud.cancel(token)),
    get: (call) => around(() => cloud.get(call)),
    listRequests: (next) => around(() => cloud.listRequests(next)),
    listResources: (call) => around(() => cloud.listResources(call)),
    list: (...of) => around(() => cloud.list(...of)),
    close: () => cloud.close(),
  };
}
