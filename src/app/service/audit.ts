// The log over HTTP: its checkpoint for whoever may read, a run's proof for whoever may read its stack.
import type { ProofFile } from '#wasm';
import { auditCheckpoint, auditProve } from '../audit.ts';
import type { Local } from '../session.ts';
import type { Caller } from './access.ts';
import { headFor } from './requests.ts';
import type { Steps } from './steps.ts';

/** A signed note. Rejects with ResourceNotFound where nothing has been signed yet. */
export async function showCheckpoint(local: Local, caller: Caller): Promise<string> {
  caller.demand('read');
  return auditCheckpoint(local);
}

/** Rejects with ResourceNotFound. */
export async function showProof(
  local: Local,
  { submissions }: Steps,
  runId: string,
  caller: Caller,
): Promise<ProofFile> {
  await headFor(submissions, runId, caller, 'read');
  return auditProve(local, runId);
}
