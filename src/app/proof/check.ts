// A run is worked on only if what is signed of it says so: who changes the store without the key deploys nothing.
import type { Plan, Statement } from '#wasm';
import { mayWork } from '../../core/proof.ts';
import { AssentError } from '../../domain/errors.ts';
import { allOf, type Run } from '../ports.ts';
import type { Local } from '../session.ts';
import { statementIn } from './statement.ts';

/**
 * Rejects with `proof_missing` where nothing is signed of the run (it was submitted before runs were), or with the code of
 * what does not hold.
 */
export async function checkProof(local: Local, { runId, stack }: Run, plan: Plan): Promise<void> {
  const { digest, resources } = plan;
  const changes = resources.some(({ action }) => action !== 'noop');
  await allowed(local, { runId, planDigest: digest, changes }, [{ action: 'plan', stack: stack.name }]);
}

/** What is signed of a run or a deployment and allows it. Rejects as {@link checkProof} does. */
export async function allowed(
  { store, signer }: Local,
  { runId, planDigest, changes }: { runId: string; planDigest: string; changes: boolean },
  ways: AssentError['ways'] = [],
): Promise<Statement[]> {
  const entries: string[] = [];
  for await (const { text } of allOf((next) => store.log.ofRun(runId, next))) entries.push(text);
  const answer = mayWork({ run: runId, planDigest, changes, entries, keys: await signer.trusted() });
  if (answer.type !== 'refused') return entries.map(statementIn);
  // Submitted before runs were signed; it may have been approved since.
  const missing = answer.code === 'proof_missing' || answer.code === 'incomplete';
  throw new AssentError(answer.code, `Run ${runId} may not be worked on: ${answer.message}`, {
    help: missing
      ? 'Submit it again: what it left in flight is settled, and a new run goes on.'
      : 'Somebody or something has changed what was signed, or the key is another. Nothing is done: plan anew.',
    ways,
    kind: 'refused',
  });
}
