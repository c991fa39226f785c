// Stacks as a caller of the service may see them.
import type { StackKey } from '../../domain/stack.ts';
import type { StatusDocument } from '../documents/documents.ts';
import type { Local } from '../session.ts';
import { oneStack, type Sought, status } from '../status.ts';
import type { Caller } from './access.ts';

/** What stands, and the newest runs; what the caller may not read is left out, a name that it may not read is refused. */
export async function showStacks(local: Local, sought: Sought, caller: Caller): Promise<StatusDocument> {
  caller.demand('read', sought.name);
  const { stacks, runs, ...document } = await status(local, sought);
  const mayRead = ({ stack }: { stack: string }) => caller.may('read', stack);
  return { ...document, stacks: stacks.filter(mayRead), runs: runs.filter(mayRead) };
}

/** The only stack of that name. Rejects as `oneStack`, and with NotAllowed before anything is looked at. */
export async function stackFor(
  local: Local,
  sought: Sought & { name: string },
  { caller, scope }: { caller: Caller; scope: 'read' | 'plan' | 'deploy' },
): Promise<StackKey> {
  caller.demand(scope, sought.name);
  return oneStack(local, sought);
}
