// Data guards: what would lose data is done only when it was named (`--allow-data-loss ID,...|all`). A yes to the plan
// is not enough, and neither is an approved digest.
import type { PlannedResource } from '#wasm';
import type { Planned } from '../planning/planning.ts';

/** Logical ids whose data may be lost, or all of them. */
export type AllowedLoss = readonly string[] | 'all';

/** Why it is refused, when the plan loses data that nobody allowed; names every such resource. */
export function lossRefused({ plan }: Pick<Planned, 'plan'>, allowed: AllowedLoss = []): string[] | undefined {
  const losing = plan.resources.filter(({ irreversible }) => irreversible.length > 0);
  const refused = losing.filter(({ logicalId }) => allowed !== 'all' && !allowed.includes(logicalId));
  if (refused.length === 0) return undefined;
  const reasons = refused.flatMap(({ irreversible }: PlannedResource) => irreversible);
  const names = refused.map(({ logicalId }) => logicalId).join(',');
  return [...reasons, `only when it is allowed by name: ${names}`];
}
