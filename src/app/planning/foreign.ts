// Resources of a stack that another one has made anew under the same identifier, as the tags of ownership say
// (docs/decisions/0028-owned.md). They are that stack's: nothing here may change or delete them.
import type { Live, StackResource } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';
import type { StackKey } from '../../domain/stack.ts';
import type { Store } from '../ports.ts';
import { baselines } from './baselines.ts';

const STACK = 'assent:stack';
const LOGICAL_ID = 'assent:logical-id';

/** What the tags of ownership say. */
interface Marks {
  /** The property that holds them. */
  property: string;
  stack: string;
  logicalId: string;
}

/** A resource that is another stack's now. */
export interface MadeAnew {
  resource: StackResource;
  was: Marks;
  is: Marks;
}

/**
 * Those of `resources` whose tags of ownership are others now than they were when this stack deployed them. Tags that were always
 * another's (of what was imported), and tags that somebody has taken off, say nothing. `baselines` gives the models of then.
 */
export async function madeAnew(
  stack: string,
  resources: readonly StackResource[],
  live: Readonly<Record<string, Live>>,
  baselines: (of: StackResource[]) => Promise<Record<string, unknown>>,
): Promise<MadeAnew[]> {
  const suspects = resources.flatMap((resource): { resource: StackResource; is: Marks }[] => {
    const seen = live[resource.logicalId];
    const is = seen?.status === 'present' ? marksOf(seen.properties) : undefined;
    // A resource that has moved bears its old logical id.
    return is === undefined || (is.stack === stack && is.logicalId === resource.logicalId) ? [] : [{ resource, is }];
  });
  if (suspects.length === 0) return [];
  const before = await baselines(suspects.map(({ resource }) => resource));
  return suspects.flatMap(({ resource, is }) => {
    const was = marksOf(before[resource.logicalId]);
    return was === undefined || (was.stack === is.stack && was.logicalId === is.logicalId)
      ? []
      : [{ resource, was, is }];
  });
}

/** Logical ids of what another stack has made anew, with the name of that stack. */
export async function foreignTo(
  store: Store,
  key: StackKey,
  resources: readonly StackResource[],
  live: Readonly<Record<string, Live>>,
): Promise<Record<string, string>> {
  const anew = await madeAnew(key.name, resources, live, (of) => baselines(store, key, of));
  return Object.fromEntries(anew.map(({ resource, is }) => [resource.logicalId, is.stack]));
}

/** Nothing of another stack is brought back to what is recorded. Throws InvalidInput `made_anew`. */
export function refuseForeign(foreign: Readonly<Record<string, string>>): void {
  const [first] = Object.entries(foreign);
  if (first === undefined) return;
  const [logicalId, stack] = first;
  throw new InvalidInput(
    'made_anew',
    `${logicalId} is stack ${stack}'s now, as its tags say: it cannot be brought back.`,
    {
      help: `Take ${logicalId} out of the template and deploy that: it is forgotten then, and stays.`,
    },
  );
}

/** Whether something else may come to have this identifier: it is made from names that the template gives. */
export function mayBeMadeAnew({ applied, physicalId, givenName }: StackResource): boolean {
  if (givenName !== undefined || typeof applied !== 'object' || applied === null) return false;
  return Object.values(applied).some(
    (value) => typeof value === 'string' && value !== '' && physicalId.includes(value),
  );
}

function marksOf(model: unknown): Marks | undefined {
  if (typeof model !== 'object' || model === null) return undefined;
  for (const [property, value] of Object.entries(model)) {
    const [stack, logicalId] = [STACK, LOGICAL_ID].map((key) => tag(value, key));
    if (stack !== undefined && logicalId !== undefined) return { property, stack, logicalId };
  }
  return undefined;
}

/** The value of a tag in a list of `Key` and `Value`, or in an object. */
function tag(tags: unknown, key: string): string | undefined {
  const found: unknown = Array.isArray(tags)
    ? tags.find((item) => typeof item === 'object' && item !== null && item.Key === key)?.Value
    : typeof tags === 'object' && tags !== null
      ? (tags as Record<string, unknown>)[key]
      : undefined;
  return typeof found === 'string' ? found : undefined;
}
