// Export names of a run: claimed before it begins, given their values when it ends, given back when it did not come to
// them. Each step may be repeated.
import type { Plan } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';
import { isSameStack, type StackKey } from '../../domain/stack.ts';
import type { Lease, StackRecord } from '../ports.ts';
import type { Session } from '../session.ts';

/** Takes the plan's export names for the lease's stack. Rejects with `export_taken` where another stack has one. */
export async function claimExports(
  { store }: Pick<Session, 'store'>,
  { outputs }: Pick<Plan, 'outputs'>,
  lease: Lease,
): Promise<void> {
  for (const { exportName } of outputs) {
    if (exportName === undefined) continue;
    const other = await store.exports.claim(lease, { name: exportName });
    if (other !== undefined) throw exportTaken([{ name: exportName, owner: other }]);
  }
}

/** Rejects with `export_taken`, naming all of them, when another stack has one of the plan's export names. */
export async function refuseTakenExports(
  { store }: Pick<Session, 'store'>,
  { outputs }: Pick<Plan, 'outputs'>,
  stack: StackKey,
): Promise<void> {
  const taken: { name: string; owner: StackKey }[] = [];
  for (const { exportName } of outputs) {
    const found = exportName === undefined ? undefined : await store.exports.get(stack, exportName);
    if (found !== undefined && !isSameStack(found.owner, stack)) taken.push(found);
  }
  if (taken.length > 0) throw exportTaken(taken);
}

/** Gives what the stack exports now its value, and gives the names back that it exports no longer. */
export async function settleExports(
  { store }: Pick<Session, 'store'>,
  {
    before,
    claimed,
    after,
    lease,
  }: {
    before: Pick<StackRecord, 'outputs'>;
    claimed: Pick<Plan, 'outputs'>;
    after: Pick<StackRecord, 'outputs'>;
    lease: Lease;
  },
): Promise<void> {
  const now = new Set<string>();
  for (const { exportName, value } of Object.values(after.outputs)) {
    if (exportName === undefined) continue;
    now.add(exportName);
    await store.exports.claim(lease, { name: exportName, value });
  }
  for (const { exportName } of [...Object.values(before.outputs), ...claimed.outputs]) {
    if (exportName !== undefined && !now.has(exportName)) await store.exports.release(lease, exportName);
  }
}

function exportTaken(taken: readonly { name: string; owner: StackKey }[]): InvalidInput {
  const problems = taken.map(({ name, owner }) => ({
    code: 'export_taken',
    severity: 'error' as const,
    message: `Export ${name} belongs to stack ${owner.name}.`,
    line: 0,
    column: 0,
    path: 'Outputs',
  }));
  return new InvalidInput('export_taken', problems[0]?.message ?? '', { problems });
}
