// What resources were like when they were last deployed, out of the journals of the runs.
import type { DriftCall, Event } from '#wasm';
import { resourceSchema } from '../../core/calls.ts';
import type { StackKey } from '../../domain/stack.ts';
import { allOf, type Store } from '../ports.ts';
import { eventsOf, isTerminal } from '../run/journal.ts';
import { logicalIdOf } from '../run/secrets.ts';

/** What the cloud said each resource was when it was last deployed, by logical id. */
export async function baselines(
  store: Store,
  stack: StackKey,
  resources: DriftCall['resources'],
): Promise<Record<string, unknown>> {
  const wanted = new Map(resources.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
  const types = new Map(resources.map(({ logicalId, type }) => [logicalId, type]));
  const parts = new Map<string, readonly string[]>();
  const partsOf = (type = '') => {
    const known = parts.get(type) ?? resourceSchema(type)?.primaryIdentifier ?? [];
    parts.set(type, known);
    return known;
  };
  const found: Record<string, unknown> = {};
  for await (const { runId, startedAt } of allOf((next) => store.runs.list({ stack, next }))) {
    if (wanted.size === 0) break;
    if (startedAt === undefined) continue;
    for (const event of (await eventsOf(store.runs, runId)).reverse()) {
      // What was read before the creation that succeeded was of an attempt that failed.
      if (event.type === 'intentRecorded' && event.step.startsWith('create:')) wanted.delete(logicalIdOf(event.step));
      const told = modelIn(event);
      if (told === undefined) continue;
      const logicalId = logicalIdOf(told.step);
      const identifier = wanted.get(logicalId);
      if (identifier === undefined || (told.identifier ?? identifier) !== identifier) continue;
      const type = types.get(logicalId) ?? '';
      if (event.type === 'read' && isAnother(type, partsOf(type), told.model, identifier)) continue;
      found[logicalId] = told.model;
      wanted.delete(logicalId);
    }
  }
  return found;
}

/** Types whose steps also read what they change (wasm-core, `modifies`): without an identifier of its own a read is of that. */
const CHANGE_OTHERS: ReadonlySet<string> = new Set([
  'AWS::EC2::SubnetCidrBlock',
  'AWS::EC2::VPCCidrBlock',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
]);

/** Whether a read is certainly of another resource. */
function isAnother(type: string, parts: readonly string[], model: unknown, identifier: string): boolean {
  if (typeof model !== 'object' || model === null || parts.some((part) => part.includes('/'))) return false;
  const values = parts.map((part) => (model as Record<string, unknown>)[part]);
  if (!values.some((value) => typeof value === 'string')) return CHANGE_OTHERS.has(type);
  return values.join('|') !== identifier;
}

/** A full model, as the end of an operation or a read brings it. */
function modelIn(event: Event): { step: string; identifier?: string | undefined; model: unknown } | undefined {
  if (!('step' in event) || event.step.startsWith('delete:')) return undefined;
  const { step } = event;
  if (event.type === 'read' && event.properties !== undefined) return { step, model: event.properties };
  if (event.type !== 'progress' || event.model === undefined || !isTerminal(event.status)) return undefined;
  return event.status === 'SUCCESS' ? { step, identifier: event.identifier, model: event.model } : undefined;
}
