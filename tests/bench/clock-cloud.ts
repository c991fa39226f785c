// A cloud on a virtual clock for the typed engine (src/core/engine.ts): takes commands, gives events, and is as cheap
// as can be, because what is measured is the engine and the wasm boundary around it.
import type { Command, Event, Plan } from '#wasm';

/** What a drive came to. */
export interface Driven {
  events: number;
  /** Inside `handle` alone, boundary and JSON included. */
  handleMs: number;
  outcome: string | undefined;
}

const START = 1_000_000;

/** What is driven: the engine, or one that is measured against it. */
export interface Driver {
  handle(now: number, events: readonly Event[]): Command[];
}

/** Turns until the engine finishes. */
export function drive(engine: Driver, plan: Plan): Driven {
  const durations = new Map(plan.resources.map(({ logicalId, estimateMs }) => [`create:${logicalId}`, estimateMs]));
  // By time of ending; few distinct times, so a sorted list of times is enough.
  const agenda = new Map<number, string[]>();
  let now = START;
  let inbox: Event[] = [{ type: 'started' }];
  let events = 0;
  let handleMs = 0;
  for (;;) {
    events += inbox.length;
    const start = performance.now();
    const commands: Command[] = engine.handle(now, inbox);
    handleMs += performance.now() - start;
    inbox = [];
    for (const command of commands) {
      if (command.type === 'finish') return { events, handleMs, outcome: command.outcome };
      if (command.type === 'recordIntent') {
        const { step, attempt, clientToken } = command;
        inbox.push({ type: 'intentRecorded', step, attempt, clientToken, at: now });
      } else if (command.type === 'create') {
        const { step, clientToken } = command;
        inbox.push({ type: 'accepted', step, requestToken: clientToken, at: now });
        const end = now + (durations.get(step) ?? 1_000);
        const ending = agenda.get(end);
        if (ending === undefined) agenda.set(end, [step]);
        else ending.push(step);
      }
    }
    if (inbox.length > 0) continue;
    const next = Math.min(...agenda.keys());
    if (next === Number.POSITIVE_INFINITY) return { events, handleMs, outcome: undefined };
    now = Math.max(now, next);
    for (const step of agenda.get(next) ?? []) {
      inbox.push({ type: 'progress', step, status: 'SUCCESS', identifier: step, model: {}, at: now });
    }
    agenda.delete(next);
  }
}
