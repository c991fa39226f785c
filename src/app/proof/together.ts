// What is signed of a deployment to several targets: which plans belong together, what was decided of them, and what a
// person answered. A target begins only if that allows it: who changes the store without the key deploys nothing.
import type { Said } from '#wasm';
import { AssentError } from '../../domain/errors.ts';
import { type StackKey, stackText } from '../../domain/stack.ts';
import { type DeploymentPlans, deploymentPlans } from '../../domain/targets.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { keepValue, keptValue } from '../keep.ts';
import { allOf, type RunAnswer } from '../ports.ts';
import type { Local } from '../session.ts';
import { attest, type Saying } from './attest.ts';
import { allowed } from './check.ts';
import { statementIn } from './statement.ts';

/** A deployment that is judged. */
export interface Together {
  id: string;
  /** SHA-256 of its plans. */
  digest: string;
  targets: readonly { stack: StackKey; planDigest: string; verdict: Verdict | null }[];
  decision: Verdict['decision'];
}

/**
 * Signs plans and decision. Resolves with `false`, and nothing is signed, where something else is signed of it already: who
 * judged it first has ended before it could be written down.
 */
export async function attestJudged(local: Local, { id, digest, targets, decision }: Together): Promise<boolean> {
  const first = new Map<Said, string>();
  for await (const { text } of allOf((next) => local.store.log.ofRun(id, next))) {
    const { says, planDigest, predicate } = statementIn(text);
    first.set(says, `${planDigest} ${predicate.result}`);
  }
  const before = first.get('verdict');
  if (before !== undefined) return before === `${digest} ${decision}`;
  const verdicts = targets.map(({ stack, verdict }) => ({ stack: stackText(stack), verdict }));
  const [given] = targets.flatMap(({ verdict }) => verdict ?? []);
  const { by = 'policy', skipped = [] } = given ?? {};
  // Its SHA-256 is the digest itself.
  await keepValue(local.store.blobs, 'document', deploymentPlans(targets));
  await attest(local, { runId: id, planDigest: digest }, [
    { says: 'plan', result: 'deploy' },
    { says: 'verdict', result: decision, by, skipped, details: verdicts },
  ]);
  return true;
}

/** Signs a person's answer. */
export async function attestAnswer(local: Local, id: string, digest: string, answer: RunAnswer): Promise<void> {
  const saying: Saying = { says: 'approval', result: answer.decision, by: answer.by, details: answer };
  await attest(local, { runId: id, planDigest: digest }, [saying]);
}

/** What is signed of a deployment that may be worked on. */
export interface Allowed {
  /** Who approved it; absent: nobody was asked. */
  approvedBy?: string;
}

/** Rejects with the code of what does not hold: `proof_missing`, `not_approved`, `wrong_subject`, ... */
export async function checkTogether(local: Local, id: string, digest: string): Promise<Allowed> {
  const statements = await allowed(local, { runId: id, planDigest: digest, changes: true });
  const answer = statements.find(({ says, predicate }) => says === 'approval' && predicate.result === 'approve');
  const approvedBy = answer?.predicate.by;
  return approvedBy === undefined ? {} : { approvedBy };
}

/** Rejects with `wrong_subject` unless the deployment of that digest has this plan for the stack. */
export async function checkPart(
  { store }: Local,
  digest: string,
  { stack, planDigest }: { stack: StackKey; planDigest: string },
): Promise<void> {
  const plans = await keptValue<DeploymentPlans>(store.blobs, 'document', digest);
  if (plans?.some(([name, one]) => name === stackText(stack) && one === planDigest) === true) return;
  throw new AssentError(
    'wrong_subject',
    `Plan ${planDigest} of stack ${stack.name} is no part of deployment ${digest}.`,
    {
      help: 'Somebody or something has changed what was approved. Nothing is done: deploy anew.',
      kind: 'refused',
    },
  );
}
