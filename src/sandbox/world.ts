// What every operation works with: the memory, the schemas, the time, the caller.

import type { Caller } from './caller.ts';
import type { Fault } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Real } from './real.ts';
import type { Schemas } from './shape.ts';
import type { Store } from './store.ts';

export interface World {
  store: Store;
  schemas: Schemas;
  /** How many times faster than AWS operations run. */
  speed: number;
  now: number;
  caller: Caller;
  /** What it does as AWS does and its documentation does not say. */
  real: ReadonlySet<Real>;
  /** What is to go wrong with the operation this call starts. */
  fault?: Fault | undefined;
  /** Written to the journal of calls. */
  note: {
    type?: string | undefined;
    identifier?: string | undefined;
    request?: string | undefined;
    earlyPoll?: boolean;
  };
}

/** An answer of the service. */
export type Answer = JsonObject;
