// Work under way, for programs: a promise of its result that can also be iterated for what happens meanwhile.
import type { Emit, RunEvent } from '../documents/events.ts';

/**
 * Await it for the result; iterate it for progress. Iterating ends with the work and never rejects: failures belong to
 * the promise. An iterator sees what happens from the moment it is made; made in the turn of the call, it sees all.
 */
export interface Running<T> extends Promise<T>, AsyncIterable<RunEvent> {}

/** Starts the work in the next microtask. */
export function running<T>(start: (emit: Emit) => Promise<T>): Running<T> {
  const readers = new Set<Reader>();
  let over = false;
  const emit: Emit = (event) => {
    for (const reader of readers) reader.push(event);
  };
  const promise = Promise.resolve()
    .then(() => start(emit))
    .finally(() => {
      over = true;
      for (const reader of readers) reader.end();
    });
  const open = (): AsyncIterator<RunEvent> => {
    const reader = new Reader(() => readers.delete(reader));
    if (over) reader.end();
    else readers.add(reader);
    return reader;
  };
  return Object.assign(promise, { [Symbol.asyncIterator]: open });
}

type Step = IteratorResult<RunEvent, undefined>;

/** One consumer's queue; holds what it has not taken yet. */
class Reader implements AsyncIterator<RunEvent, undefined> {
  #queue: RunEvent[] = [];
  readonly #waiting: ((step: Step) => void)[] = [];
  readonly #leave: () => void;
  #over = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  push(event: RunEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queue.push(event);
    else waiting({ done: false, value: event });
  }

  end(): void {
    this.#over = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<Step> {
    const value = this.#queue.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<Step> {
    this.#leave();
    this.#queue = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
