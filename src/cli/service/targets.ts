// A deployment to several targets, followed to its end.
import type { TargetDocument, TargetsDocument } from '../../app/documents/targets.ts';
import type { TargetsDeployment } from '../../app/service/deployments.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { AssentError } from '../../domain/errors.ts';
import { type ExitCode, exitCodeOfTargets } from '../exit.ts';
import { painter } from '../render/style.ts';
import { targetName, targetsText } from '../render/targets.ts';
import { type Client, leftBehind, patience, type Remote } from './remote.ts';

const UNDER_WAY: ReadonlySet<string> = new Set(['planning', 'running']);

/** Shows how its targets stand until it ends or waits for a person, then prints how it ended. `again`: the command for that. */
export async function followedTargets(remote: Remote, runId: string, again: string): Promise<ExitCode> {
  const { client, io, format, interrupt } = remote;
  const start = Date.now();
  const seen = new Map<number, string>();
  for (;;) {
    const { document } = await client.call<TargetsDeployment>('GET', `/deployments/${runId}`);
    for (const [index, target] of (document.targets ?? []).entries()) {
      if (seen.get(index) === target.status) continue;
      seen.set(index, target.status);
      const { status, stack, account, region } = target;
      if (format === 'jsonl') {
        const at = new Date().toISOString();
        const event = { event: 'target', at, status, runId: target.runId };
        io.out(
          `${JSON.stringify({ version: 1, kind: 'event', target: { index, stack, account, region }, ...event })}\n`,
        );
      } else io.err(`${targetName(target)}: ${status.replaceAll('_', ' ')}\n`);
    }
    if (!UNDER_WAY.has(document.status)) {
      const ended = await endedDocument(client, document, Date.now() - start);
      io.out(format === 'text' ? targetsText(ended, again, painter(io.colour.out)) : `${JSON.stringify(ended)}\n`);
      return exitCodeOfTargets(ended);
    }
    await patience(interrupt.signal);
    if (interrupt.signal.aborted) throw leftBehind(runId);
  }
}

/** As the embedded command's document: each target with the document of its run. */
async function endedDocument(
  client: Client,
  { runId, status, code, digest = null, targets = [] }: TargetsDeployment,
  elapsedMs: number,
): Promise<TargetsDocument> {
  if (status === 'interrupted' || status === 'not_planned') throw workflowFailed(runId);
  if (status === 'planning' || status === 'running') throw new Error(`${runId} is under way`);
  const withResults = await Promise.all(
    targets.map(async ({ runId: run, ...target }): Promise<TargetDocument> => {
      if (run === undefined) return target;
      const { document } = await client.call<DeploymentDocument>('GET', `/deployments/${run}`);
      return { ...target, ...(document.result === undefined ? {} : { result: document.result }) };
    }),
  );
  return {
    version: 1,
    kind: 'targets',
    digest,
    outcome: status === 'expired' ? 'refused' : status,
    ...(code === undefined ? {} : { code }),
    targets: withResults,
    elapsedMs,
  };
}

function workflowFailed(runId: string): AssentError {
  return new AssentError('workflow_failed', `The workflow of deployment ${runId} has failed.`, {
    help: 'What it has done is kept.',
    kind: 'interrupted',
    ways: [{ action: 'resume', runId }],
  });
}
