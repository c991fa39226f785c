// NoEcho values of runs, sealed: each run's under a key of its own, a target's too. What they are bound to is the run and all
// that was submitted; of a target that is the whole deployment, which is known before any target is begun.
import type { NoEchoValues } from '../../domain/secret.ts';
import type { SealedFor, SubmissionHead } from '../ports/service.ts';
import { pooled } from '../targets/pool.ts';
import type { Steps } from './steps.ts';

// Each is a call to the key's service.
const AT_ONCE = 8;

/** The run of a target: the same however often it is begun. */
export function targetRunId(id: string, index: number): string {
  return `${id}-t${index + 1}`;
}

/** What the sealed values of a run are bound to. */
export async function sealedFor(
  { submissions }: Pick<Steps, 'submissions'>,
  { runId, submission, part }: Pick<SubmissionHead, 'runId' | 'submission' | 'part'>,
): Promise<SealedFor> {
  if (part === undefined) return { runId, digest: submission };
  return { runId, digest: (await submissions.head(part.of))?.submission ?? '' };
}

/** Seals what a deployment was given for its targets, by their indexes. */
export async function sealTargets(
  { vault }: Pick<Steps, 'vault'>,
  { runId, submission: digest }: Pick<SubmissionHead, 'runId' | 'submission'>,
  secrets: ReadonlyMap<number, NoEchoValues>,
): Promise<void> {
  await pooled([...secrets], AT_ONCE, ([index, values]) =>
    vault.seal({ runId: targetRunId(runId, index), digest }, values),
  );
}

/** What was sealed for each of `count` targets; empty where there was nothing. */
export async function openTargets(
  { vault }: Pick<Steps, 'vault'>,
  { runId, submission: digest }: Pick<SubmissionHead, 'runId' | 'submission'>,
  count: number,
): Promise<NoEchoValues[]> {
  const found = Array.from({ length: count }, (): NoEchoValues => ({}));
  await pooled([...found.keys()], AT_ONCE, async (index) => {
    found[index] = await vault.open({ runId: targetRunId(runId, index), digest });
  });
  return found;
}

/** A deployment begins no other target: what was sealed for those that have no run is not needed. */
export async function forgetUnbegun({ submissions, deployments, vault }: Steps, id: string): Promise<void> {
  const head = await submissions.head(id);
  if (head?.several !== true) return;
  const status = (await deployments.get(id))?.status;
  if (status === 'waiting_approval' || status === 'running') return;
  const [{ targets }, notes] = await Promise.all([submissions.targets(head), deployments.notes(id)]);
  const unbegun = [...targets.keys()].filter((index) => (notes.get(index)?.status ?? 'not_started') === 'not_started');
  await pooled(unbegun, AT_ONCE, (index) => vault.forget(targetRunId(id, index)));
}
