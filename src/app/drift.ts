// `drift`: what is there against what was deployed. Reads only; the stack is held meanwhile, so no run moves under it.
import { compare } from '../core/calls.ts';
import type { DriftDocument } from './documents/documents.ts';
import { noteDrift } from './gate/drifts.ts';
import { baselines } from './planning/baselines.ts';
import { madeAnew } from './planning/foreign.ts';
import { refresh } from './planning/refresh.ts';
import { withLease } from './run/lease.ts';
import { type Control, type Session, stackHere } from './session.ts';
import { headsNamed, livesElsewhere, unknownStack } from './status.ts';

/** Compares a stack. Rejects with ResourceNotFound for a stack nobody knows, with LeaseHeld while a run works on it. */
export async function drift(session: Session, { stack }: { stack: string }, control: Control): Promise<DriftDocument> {
  const { store } = session;
  const { stack: key } = await stackHere(session, stack, control);
  if ((await store.stacks.get(key)) === undefined) {
    const elsewhere = await headsNamed(session, { name: stack });
    throw elsewhere.length > 0 ? livesElsewhere(key, elsewhere) : unknownStack(stack);
  }
  return withLease(session, key, async () => {
    const record = await store.stacks.get(key);
    if (record === undefined) throw unknownStack(stack);
    const { resources } = record.state;
    const live = await refresh(resources, { ...session, ...control, budget: session.budgets.of(key) });
    const baseline = await baselines(store, key, resources);
    const compared = compare({ resources, live, baseline });
    for (const { resource, was, is } of await madeAnew(stack, resources, live, async () => baseline)) {
      const found = compared.resources.find(({ logicalId }) => logicalId === resource.logicalId);
      if (found === undefined) continue;
      found.status = 'modified';
      const marks = ({ stack, logicalId }: typeof was) => ({ 'assent:stack': stack, 'assent:logical-id': logicalId });
      found.differences.unshift({ path: was.property, recorded: marks(was), live: marks(is), declared: false });
    }
    const changed = compared.resources.filter(({ status }) => status === 'modified' || status === 'deleted');
    const ids = changed.map(({ logicalId }) => logicalId);
    if (record.lastRun !== undefined) await noteDrift(store.drifts, key, record.lastRun, ids);
    return { version: 1, kind: 'drift', stack, inSync: ids.length === 0, resources: compared.resources };
  });
}
