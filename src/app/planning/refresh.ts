// Reads every recorded resource before planning, so that a plan starts from what is there.
//
// Reads keep to this process's share of the account's and region's rate and overlap, so that slow answers do not add up.
// A throttled read backs off and slows all others; an answer that never comes is an error, for a plan over guesses
// would be worse than none.
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

interface Refresh {
  cloud: Cloud;
  budget: Budget;
  clock: Clock;
  signal?: AbortSignal | undefined;
  emit: Emit;
}

/** Live state by logical id. Rejects with Unreachable when reads stay unanswered. */
export async function refresh(
  resources: readonly StackResource[],
  { cloud, budget, clock, signal, emit }: Refresh,
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
  let next = 0;
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

  const worker = async (): Promise<void> => {
    for (let resource = readable[next++]; resource !== undefined; resource = readable[next++]) {
      live[resource.logicalId] = await read(resource);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, readable.length) }, worker));
    return live;
  } finally {
    failed.abort();
  }
}

function hasReadHandler(typeName: string): boolean {
  // A type that the table does not know (any more) is worth a try: the cloud says what it thinks of it.
  return resourceSchema(typeName)?.handlers.read ?? true;
}
