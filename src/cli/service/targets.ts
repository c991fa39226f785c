// A deployment to several targets, followed to its end.
import type { RunEvent } from '../../app/documents/events.ts';
import type { TargetDocument, TargetsDocument } from '../../app/documents/targets.ts';
import type { TargetsDeployment } from '../../app/service/deployments.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { pooled } from '../../app/targets/pool.ts';
import { AssentError } from '../../domain/errors.ts';
import { type ExitCode, exitCodeOfTargets } from '../exit.ts';
import { painter } from '../render/style.ts';
import { targetLine, targetName, targetsText } from '../render/targets.ts';
import { type Client, Feed, leftBehind, patience, type Remote } from './remote.ts';

const UNDER_WAY: ReadonlySet<string> = new Set(['planning', 'running']);

// An API lets through 50 requests a second, and may be installed for fewer: of many targets some are looked at each time.
const MOST_READ = 8;

/**
 * Shows what its targets tell, and how they stand, until it ends or waits for a person; then prints how it ended. `again`: the
 * command for that.
 */
export async function followedTargets(remote: Remote, runId: string, again: string): Promise<ExitCode> {
  const { client, io, format, interrupt } = remote;
  const start = Date.now();
  const watched = new Watched(remote);
  for (;;) {
    const { document } = await client.call<TargetsDeployment>('GET', `/deployments/${runId}`);
    const { status, targets = [] } = document;
    const isOver = !UNDER_WAY.has(status);
    await watched.look(targets, isOver);
    if (isOver) {
      const ended = await endedDocument(client, document, Date.now() - start);
      io.out(format === 'text' ? targetsText(ended, again, painter(io.colour.out)) : `${JSON.stringify(ended)}\n`);
      return exitCodeOfTargets(ended);
    }
    await patience(interrupt.signal);
    if (interrupt.signal.aborted) throw leftBehind(runId);
  }
}

type Shown = NonNullable<TargetsDeployment['targets']>[number];

/** What has been shown of each target. */
class Watched {
  readonly #remote: Remote;
  /** By index, as it was shown last. */
  readonly #shown = new Map<number, string>();
  /** Of every target that may have more to tell, by its index; the one that was read longest ago comes first. */
  readonly #feeds = new Map<number, Feed>();
  readonly #runs = new Set<string>();

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** `all`: everything that is left to be told. */
  async look(targets: readonly Shown[], all: boolean): Promise<void> {
    for (const [index, { runId }] of targets.entries()) {
      if (runId === undefined || this.#runs.has(runId)) continue;
      this.#runs.add(runId);
      this.#feeds.set(index, new Feed(this.#remote.client, runId));
    }
    this.#stand(targets);
    const due = [...this.#feeds].slice(0, all ? undefined : MOST_READ);
    await pooled(due, MOST_READ, async ([index, feed]) => {
      const target = targets[index];
      if (target === undefined) return;
      let told: number;
      do told = await feed.read((event, isSeen) => this.#tell({ ...target, index }, event, isSeen));
      while (all && told > 0);
      this.#feeds.delete(index);
      if (target.status === 'running' || told > 0) this.#feeds.set(index, feed);
    });
    this.#stand(targets);
  }

  /** What a target has told comes before how it ended. */
  #stand(targets: readonly Shown[]): void {
    for (const [index, target] of targets.entries()) {
      const { status, runId } = target;
      if (this.#shown.get(index) === status || (status !== 'running' && this.#feeds.has(index))) continue;
      this.#shown.set(index, status);
      const { io, format } = this.#remote;
      if (format === 'jsonl') this.#line({ ...target, index }, { event: 'target', at: now(), status, runId });
      else io.err(`${targetName(target)}: ${status.replaceAll('_', ' ')}\n`);
    }
  }

  #tell(target: Shown & { index: number }, event: RunEvent, isSeen: boolean): void {
    const { io, format } = this.#remote;
    if (format === 'jsonl') this.#line(target, event);
    else if (isSeen) io.err(targetLine(target, event));
  }

  #line({ index, stack, account, region }: Shown & { index: number }, event: object): void {
    const line = { version: 1, kind: 'event', target: { index, stack, account, region }, ...event };
    this.#remote.io.out(`${JSON.stringify(line)}\n`);
  }
}

function now(): string {
  return new Date().toISOString();
}

/** As the embedded command's document: each target with the document of its run. */
async function endedDocument(
  client: Client,
  { runId, status, code, digest = null, targets = [] }: TargetsDeployment,
  elapsedMs: number,
): Promise<TargetsDocument> {
  if (status === 'interrupted' || status === 'not_planned') throw workflowFailed(runId);
  if (status === 'planning' || status === 'running') throw new Error(`${runId} is under way`);
  const withResults: TargetDocument[] = targets.map(({ runId: _, ...target }) => target);
  await pooled([...targets.entries()], MOST_READ, async ([index, { runId: run }]) => {
    if (run === undefined) return;
    const { document } = await client.call<DeploymentDocument>('GET', `/deployments/${run}`);
    const { result } = document;
    if (result !== undefined) Object.assign(withResults[index] ?? {}, { result });
  });
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
