// A run is worked on only if what is signed of it says so: who changes the store without the key deploys nothing.
import type { Plan } from '#wasm';
import { mayWork } from '../../core/proof.ts';
import { AssentError } from '../../domain/errors.ts';
import { allOf, type Run } from '../ports.ts';
import type { Local } from '../session.ts';

/**
 * Rejects with `proof_missing` where nothing is signed of the run (it was submitted before runs were), or with the code of
 * what does not hold.
 */
export async function checkProof({ store, signer }: Local, { runId, stack }: Run, plan: Plan): Promise<void> {
  const entries: string[] = [];
  for await (const { text } of allOf((next) => store.log.ofRun(runId, next))) entries.push(text);
  const { digest, resources } = plan;
  const changes = resources.some(({ action }) => action !== 'noop');
  const answer = mayWork({ run: runId, planDigest: digest, changes, entries, keys: await signer.trusted() });
  if (answer.type !== 'refused') return;
  // Submitted before runs were signed; it may have been approved since.
  const missing = answer.code === 'proof_missing' || answer.code === 'incomplete';
  throw new AssentError(answer.code, `Run ${runId} may not be worked on: ${answer.message}`, {
    help: missing
      ? 'Submit it again: what it left in flight is settled, and a new run goes on.'
      : 'Somebody or something has changed what was signed, or the key is another. Nothing is done: plan anew.',
    ways: [{ action: 'plan', stack: stack.name }],
    kind: 'refused',
  });
}
