// Refuses to take over what a stack has already: destroying one of the two would delete the other's.
import type { OldResource, PlannedResource, StackResource } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';
import { isSameStack, type Place, placeText, type StackKey } from '../../domain/stack.ts';
import { allOf, type StackHead, type Store } from '../ports.ts';

/** Stacks that are held in memory at a time. */
const STACKS_AT_ONCE = 8;

type Wanted = Pick<StackResource, 'logicalId' | 'type' | 'physicalId'>;

/**
 * Rejects with InvalidInput `import_owned` where a resource that `planned` imports is one of any stack of the same place, this
 * one under another name included, or is imported twice. What is waiting to be deleted is a stack's still.
 */
export async function refuseOwned(
  { stacks }: Pick<Store, 'stacks'>,
  stack: StackKey,
  planned: readonly Pick<PlannedResource, 'action' | 'recorded'>[],
): Promise<void> {
  const imported = planned.flatMap(({ action, recorded }) => (action === 'import' && recorded ? [recorded] : []));
  const wanted = new Map<string, Wanted>();
  for (const one of imported) {
    const twin = wanted.get(identity(one));
    if (twin !== undefined) {
      throw new InvalidInput('import_owned', `${called(one)} cannot be imported twice, as ${twin.logicalId} too.`, {
        help: 'A resource has one name in a stack.',
      });
    }
    wanted.set(identity(one), one);
  }
  if (wanted.size === 0) return;
  let heads: StackHead[] = [];
  for await (const head of allOf((next) => stacks.list({ next }))) {
    if (!isIn(stack, head.key)) continue;
    heads.push(head);
    if (heads.length === STACKS_AT_ONCE) heads = await look(heads);
  }
  await look(heads);

  async function look(some: readonly StackHead[]): Promise<[]> {
    const records = await Promise.all(some.map(({ key }) => stacks.get(key)));
    for (const record of records) {
      for (const owned of record?.state.resources ?? []) {
        for (const one of [owned, ...(owned.replaced ?? [])]) {
          const found = wanted.get(identity(one));
          if (found !== undefined && record !== undefined) throw ownedBy(found, record.key, owned.logicalId, stack);
        }
      }
    }
    return [];
  }
}

function isIn(place: Place, other: Place): boolean {
  return placeText(place) === placeText(other);
}

function identity({ type, physicalId }: OldResource): string {
  return JSON.stringify([type, physicalId]);
}

function called({ logicalId, type, physicalId }: Wanted): string {
  return `${logicalId} (${type} ${physicalId})`;
}

function ownedBy(wanted: Wanted, owner: StackKey, logicalId: string, stack: StackKey): InvalidInput {
  const isOwn = isSameStack(owner, stack);
  const whose = isOwn ? 'this stack has it already' : `stack ${owner.name} has it`;
  return new InvalidInput('import_owned', `${called(wanted)} cannot be imported: ${whose}, as ${logicalId}.`, {
    help: isOwn
      ? `Say that ${logicalId} is called ${wanted.logicalId} now (moved) instead of importing it.`
      : `Give it up there first: deploy ${owner.name} with \`DeletionPolicy: Retain\` on ${logicalId}, then without ${logicalId}; then import it here.`,
  });
}
