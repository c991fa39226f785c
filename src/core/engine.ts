// The deployment engine behind typed calls; JSON text crosses the door, objects stay on this side.
//
// An engine holds state, so a trap is not retried here: the caller stops, and a new engine is made from the journal.

import type { Command, EngineConfig, Event, Plan, Engine as WasmEngine } from '#wasm';
import { revealed, type Secret } from '../domain/secret.ts';
import { coreFailed, drop, instance, isTrap } from './instance.ts';
import { planAltered, textOf } from './stored.ts';

/** What the driver needs of an engine. */
export interface Decider {
  /** Feeds journaled events before the first `handle` of a resumption. */
  replay(events: readonly Event[]): void;
  /** Events that came by `now` (ms) to commands. */
  handle(now: number, events: readonly Event[]): Command[];
  /** Desired state or patch document of a step, JSON text. Throws {@link UnresolvedPayload}. */
  payload(step: string, secrets: Readonly<Record<string, Secret>>): string;
}

/** A payload could not be built, e.g. `Fn::Select` beyond the end of a list that became known only now. */
export class UnresolvedPayload extends Error {
  override name = 'UnresolvedPayload';
}

/**
 * An engine for one plan; dispose of it to free its memory. Throws `plan_altered` for a plan that its digest was not made
 * of.
 */
export class Engine implements Decider, Disposable {
  readonly #engine: WasmEngine;
  #usable = true;

  /** `made`: the engine of this plan where the core has made it itself (template.ts). */
  constructor(plan: Plan, config: EngineConfig, made?: WasmEngine) {
    this.#engine = made ?? engineOf(plan, config);
  }

  replay(events: readonly Event[]): void {
    const text = JSON.stringify(events);
    this.#guarded('replay', () => this.#engine.replay(text));
  }

  handle(now: number, events: readonly Event[]): Command[] {
    const text = JSON.stringify(events);
    return JSON.parse(this.#guarded('handle', () => this.#engine.handle(now, text)));
  }

  payload(step: string, secrets: Readonly<Record<string, Secret>>): string {
    const text = JSON.stringify(revealed(secrets));
    try {
      return this.#engine.payload(step, text);
    } catch (error) {
      if (isTrap(error)) throw this.#failed('payload', error);
      throw new UnresolvedPayload(error instanceof Error ? error.message : String(error));
    }
  }

  /** How long operations took, JSON text for `learnDurations`. */
  observed(): string {
    return this.#guarded('observed', () => this.#engine.observed());
  }

  [Symbol.dispose](): void {
    if (this.#usable) this.#engine.free();
    this.#usable = false;
  }

  #guarded<T>(name: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw this.#failed(name, error);
    }
  }

  #failed(name: string, error: unknown): Error {
    if (isTrap(error)) {
      // Freeing would run code in a broken instance; it goes away as a whole.
      this.#usable = false;
      drop();
    }
    return coreFailed(name, error);
  }
}

function engineOf(plan: Plan, config: EngineConfig): WasmEngine {
  const planText = textOf(plan);
  const configText = JSON.stringify(config);
  try {
    return new (instance().Engine)(planText, configText);
  } catch (error) {
    if (isTrap(error)) drop();
    if (error instanceof Error && error.message === 'plan_altered') throw planAltered(plan.digest);
    throw coreFailed('Engine', error);
  }
}
