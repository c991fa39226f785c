// What every use case works with, and what it may assume of a stack before touching it.
import type { Context } from '#wasm';
import { AssentError } from '../domain/errors.ts';
import type { Place, StackKey } from '../domain/stack.ts';
import { type Emit, iso } from './documents/events.ts';
import type { Monitor } from './measure/monitor.ts';
import type { Clock, Cloud, Facts, Signer, Store, Tracer } from './ports.ts';
import type { Budgets } from './run/budget.ts';
import type { Cleaner } from './run/cleaner.ts';

/** What can be done without a cloud. */
export interface Local {
  store: Store;
  clock: Clock;
  /** Signs what is said of runs. */
  signer: Signer;
}

/** Store, one account and region of a cloud, time and chance: made by the wiring, closed by who made it. */
export interface Session extends Local {
  /** `sandbox`, `aws`, or the URL of a Cloud Control endpoint. */
  endpoint: string;
  cloud: Cloud;
  facts: Facts;
  /** Learns every secret that becomes known here; cloud and facts answer through it. */
  cleaner: Cleaner;
  /** Shares of the rate that an account and region accept. */
  budgets: Budgets;
  /** What this process measures; flushed into the store. */
  monitor: Monitor;
  /** What this process does, as spans. */
  tracer: Tracer;
  /** How many times faster than AWS its operations run: 1, but for the bundled sandbox. Estimates and forecasts are in its time. */
  speed: number;
  /** Whether what runs create is tagged with stack and logical id. */
  ownershipTags: boolean;
  /** Resolves once all answers that have already arrived have been handed over: what came together is worked off together. */
  nextPoll: () => Promise<void>;
  /** A fresh run id; sorts by time. */
  newRunId(): string;
  /** Decimal, 64 bits: seed of a run's jitter. */
  newSeed(): string;
}

/** What every long use case takes besides its own options. */
export interface Control {
  /** Aborted: nothing new is started, the run is let go of, and whoever works on it next goes on. */
  signal?: AbortSignal | undefined;
  /** So long what is in flight is still looked at after that. */
  graceMs?: number;
  emit: Emit;
}

/** Account and region the credentials lead to; what is doubtful about them is told. The core derives the stack's id. */
export async function contextOf({ facts, clock }: Session, { emit }: Pick<Control, 'emit'>): Promise<Context> {
  const { account, partition, region, warning } = await facts.identity();
  if (warning !== undefined) emit({ event: 'warning', at: iso(clock.now()), message: warning });
  return { account, partition, region, stackId: '' };
}

/** Where the session's credentials lead to. */
export function placeOf({ endpoint }: Pick<Session, 'endpoint'>, context: Pick<Context, 'account' | 'region'>): Place {
  const { account, region } = context;
  return { endpoint, account, region };
}

/** The stack of that name where the session's credentials lead to, and what they say. */
export async function stackHere(
  session: Session,
  name: string,
  control: Pick<Control, 'emit'>,
): Promise<{ stack: StackKey; context: Context }> {
  const context = await contextOf(session, control);
  return { stack: { ...placeOf(session, context), name }, context };
}

/** Rejection of work that was aborted before it had changed anything. */
export function interrupted(): AssentError {
  return new AssentError('interrupted', 'Interrupted; nothing was changed.', { kind: 'interrupted' });
}
