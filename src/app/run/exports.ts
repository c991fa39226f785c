// Export names of a run: claimed before it begins, given their values when it ends, given back when it did not come to
// them. Each step may be repeated.
import type { Plan } from '#wasm';
import { AssentError, InvalidInput } from '../../domain/errors.ts';
import { isSameStack, type StackKey } from '../../domain/stack.ts';
import { allOf, type Lease, type StackRecord } from '../ports.ts';
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

/**
 * Rejects with `export_in_use`, naming every stack that uses one, when the plan takes an export of the stack away or gives
 * it another value. What is known only while it is carried out counts as another value, if anything is done at all.
 */
export async function refuseUsedExports(
  { store }: Pick<Session, 'store'>,
  plan: Pick<Plan, 'outputs' | 'resources'>,
  stack: StackKey,
  recorded: Pick<StackRecord, 'outputs'> | undefined,
): Promise<void> {
  const wanted = new Map(plan.outputs.map(({ exportName, value }) => [exportName, JSON.stringify(value)]));
  const isIdle = plan.resources.every(({ action }) => action === 'noop');
  const problems: ReturnType<typeof problem>[] = [];
  for (const { exportName, value } of Object.values(recorded?.outputs ?? {})) {
    if (exportName === undefined) continue;
    const now = wanted.get(exportName);
    if (now === JSON.stringify(value) || (isIdle && now?.includes('{"$') === true)) continue;
    const users: string[] = [];
    for await (const user of allOf((next) => store.exports.importers(stack, exportName, { next }))) {
      if (!isSameStack(user, stack)) users.push(user.name);
    }
    if (users.length === 0) continue;
    const what = now !== undefined ? 'be given another value' : 'be removed';
    const message = `Export ${exportName} cannot ${what}: ${users.sort().join(', ')} ${users.length === 1 ? 'uses' : 'use'} it.`;
    problems.push(problem('export_in_use', message));
  }
  const [first] = problems;
  if (first === undefined) return;
  throw new AssentError('export_in_use', first.message, {
    help: 'Change or destroy the stacks that use it first.',
    kind: 'refused',
    problems,
  });
}

/** Notes what the lease's stack is about to use, so that nobody takes it away meanwhile. */
export async function noteImports(
  { store }: Pick<Session, 'store'>,
  imports: readonly string[],
  { stack }: Lease,
): Promise<void> {
  for (const name of imports) await store.exports.addImporter(name, stack);
}

/** Forgets what a stack used and does not use any more. */
export async function settleImports(
  { store }: Pick<Session, 'store'>,
  { before, after, lease }: { before: readonly string[]; after: readonly string[]; lease: Lease },
): Promise<void> {
  for (const name of after) await store.exports.addImporter(name, lease.stack);
  for (const name of before) if (!after.includes(name)) await store.exports.removeImporter(name, lease.stack);
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
  const problems = taken.map(({ name, owner }) =>
    problem('export_taken', `Export ${name} belongs to stack ${owner.name}.`),
  );
  return new InvalidInput('export_taken', problems[0]?.message ?? '', { problems });
}

function problem(code: string, message: string) {
  return { code, severity: 'error' as const, message, line: 0, column: 0, path: 'Outputs', help: '' };
}
