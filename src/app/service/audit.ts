// The log over HTTP: its checkpoint for whoever may read, the proof of a run or deployment for whoever may read its stacks.
import type { ProofFile } from '#wasm';
import { auditCheckpoint, auditProve, auditProveTogether, nothingSigned } from '../audit.ts';
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
  { submissions, deployments }: Steps,
  runId: string,
  caller: Caller,
): Promise<ProofFile> {
  const { several = false } = await headFor(submissions, runId, caller, 'read');
  if (!several) return auditProve(local, runId);
  const digest = (await deployments.get(runId))?.brief.digest;
  // One that could not be planned has nothing that could be approved.
  if (digest == null) throw nothingSigned(runId);
  return auditProveTogether(local, { runId, digest });
}
