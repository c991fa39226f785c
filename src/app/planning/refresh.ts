// Reads every recorded resource before planning, so that a plan starts from what is there.
//
// Reads keep to this process's share of the account's and region's rate and overlap, so that slow answers do not add up.
// A throttled read backs off and slows all others; an answer that never comes is an error, for a plan over guesses
// would be worse than none. What was made a moment ago may read as absent for seconds to minutes, and a plan that believed
// it would make it again: absence is believed only when it lasts and a list does not know better.
import type { Live, StackResource } from '#wasm';
import { resourceSchema } from '../../core/calls.ts';
import { Unreachable } from '../../domain/errors.ts';
import { type Emit, iso } from '../documents/events.ts';
import type { Clock, Cloud } from '../ports.ts';
import type { Budget } from '../run/budget.ts';
import { interrupted } from '../session.ts';

const CONCURRENCY = 20;
const ATTEMPTS = 6;
const BACKOFF_MS = 400;
const BACKOFF_MAX_MS = 8_000;
/** Pauses between reads of what seems absent. */
const DOUBTS_MS = [1_000, 2_000, 3_000, 4_000];
/** The same for what a list still shows. */
const LISTED_DOUBTS_MS = Array.from({ length: 11 }, () => 10_000);

interface Refresh {
  cloud: Cloud;
  budget: Budget;
  clock: Clock;
  /** How much faster than AWS the cloud is. */
  speed: number;
  signal?: AbortSignal | undefined;
  emit: Emit;
  /** Whether an absence is looked into before it is believed; default `true`. */
  doubts?: boolean;
}

/** Live state by logical id. Rejects with Unreachable when reads stay unanswered. */
export async function refresh(
  resources: readonly StackResource[],
  { cloud, budget, clock, speed, signal, emit, doubts = true }: Refresh,
): Promise<Record<string, Live>> {
  const live: Record<string, Live> = {};
  const readable: StackResource[] = [];
  for (const resource of resources) {
    if (hasReadHandler(resource.type)) readable.push(resource);
    else live[resource.logicalId] = { status: 'unreadable' };
  }
  if (readable.length === 0) return live;
  emit({ event: 'refreshing', at: iso(clock.now()), resources: readable.length });
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const counted = budget.counted(cloud);

  const paced = async (penalty: number): Promise<void> => {
    await budget.take(stop, penalty);
    if (stop.aborted) throw interrupted();
  };

  const read = async ({ type, physicalId, logicalId }: StackResource): Promise<Live> => {
    let penalty = 0;
    let said = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      await paced(penalty);
      const answer = await counted.get({ typeName: type, identifier: physicalId });
      if (answer.ok) return { status: 'present', properties: answer.value };
      if (answer.error.kind === 'notFound') return { status: 'absent' };
      if (answer.error.kind === 'rejected') return { status: 'unreadable' };
      said = answer.error.message;
      penalty = Math.min(BACKOFF_MS * 2 ** attempt, BACKOFF_MAX_MS);
    }
    throw new Unreachable(`${logicalId} (${type}) could not be read: ${said}`, {
      help: 'Try again, or plan without reading.',
      ways: [{ option: 'no_refresh' }],
    });
  };

  const readAll = async (resources: readonly StackResource[]): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let resource = resources[next++]; resource !== undefined; resource = resources[next++]) {
        live[resource.logicalId] = await read(resource);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, resources.length) }, worker));
  };

  const isAbsent = ({ logicalId }: StackResource): boolean => live[logicalId]?.status === 'absent';

  const readAgain = async (resources: readonly StackResource[], pauses: readonly number[]): Promise<void> => {
    for (const pause of pauses) {
      const doubted = resources.filter(isAbsent);
      if (doubted.length === 0) return;
      await clock.sleep(clock.now() + pause / speed, stop);
      await readAll(doubted);
    }
  };

  const listed = async (resources: readonly StackResource[]): Promise<StackResource[]> => {
    const questions = new Map(resources.map((resource) => [JSON.stringify(listOf(resource)), listOf(resource)]));
    const found = new Set<string>();
    for (const [type, parents] of questions.values()) {
      await paced(0);
      const answer = await counted.list(type, parents);
      // A type that cannot be listed says nothing.
      if (answer.ok) for (const identifier of answer.value) found.add(`${type} ${identifier}`);
    }
    return resources.filter(({ type, physicalId }) => found.has(`${type} ${physicalId}`));
  };

  try {
    await readAll(readable);
    if (!doubts) return live;
    await readAgain(readable, DOUBTS_MS);
    const there = await listed(readable.filter(isAbsent));
    await readAgain(there, LISTED_DOUBTS_MS);
    // It exists, and what it is like cannot be told.
    for (const resource of there.filter(isAbsent)) live[resource.logicalId] = { status: 'unreadable' };
    return live;
  } finally {
    failed.abort();
  }
}

function hasReadHandler(typeName: string): boolean {
  // A type that the table does not know (any more) is worth a try: the cloud says what it thinks of it.
  return resourceSchema(typeName)?.handlers.read ?? true;
}

/** What lists a resource: its type and, of a child type, its parents as they were applied. */
function listOf({ type, applied }: StackResource): [type: string, parents?: Record<string, unknown>] {
  const properties = Object(applied) as Record<string, unknown>;
  const sets = resourceSchema(type)?.listedBy ?? [];
  const known = sets.find((names) => names.every((name) => typeof properties[name] === 'string'));
  return known === undefined ? [type] : [type, Object.fromEntries(known.map((name) => [name, properties[name]]))];
}
