// `assent status`.
import type { StackDocument, StatusDocument } from '../../app/documents/documents.ts';
import { status } from '../../app/status.ts';
import { openLocal } from '../../edge/session.ts';
import type { StatusCommandOptions, Work } from '../options.ts';
import { actionsText } from '../render/plan.ts';
import { count, duration, type Paint, painter, plain, table } from '../render/style.ts';
import { verdictText } from '../render/verdict.ts';
import { soughtIn } from '../where.ts';

const RUNS_SHOWN = 5;

export const work: Work<StatusCommandOptions> = async ({ io, options }) => {
  const local = await openLocal(options.state);
  try {
    const document = await status(local, {
      ...(options.stack === undefined ? {} : { name: options.stack }),
      ...soughtIn(options),
    });
    if (options.format === 'json') io.out(`${JSON.stringify(document)}\n`);
    else io.out(statusText(document, options, painter(io.colour.out)));
    return 0;
  } finally {
    await local.close();
  }
};

/** Stacks and runs for people. */
export function statusText({ stacks, runs }: StatusDocument, options: StatusCommandOptions, paint: Paint): string {
  const whole = options.stack !== undefined;
  if (stacks.length === 0 && runs.length === 0) {
    return 'Nothing is deployed. assent deploy <template> --stack <name> changes that.\n';
  }
  const parts = [stacks.map((stack) => stackText(stack, whole, paint)).join('')];
  const rows = runs
    .slice(0, RUNS_SHOWN)
    .map(({ runId, stack, mode, status, submittedAt, elapsedMs, forecastMs }) => [
      runId,
      stack,
      mode,
      coloured(status, paint),
      submittedAt.replace(/\.\d+Z$/, 'Z'),
      duration(elapsedMs),
      forecastMs === null || forecastMs === 0 ? '' : paint('dim', `forecast ${duration(forecastMs)}`),
    ]);
  const detail = options.detail === true;
  for (const { runId, stack, status, verdict, expiresAt, actions = [] } of runs) {
    if (status === 'interrupted') parts.push(`Run ${runId} was interrupted: assent resume ${runId} goes on.\n`);
    if (status === 'suspended') parts.push(`Run ${runId} is suspended: assent resume ${runId} goes on.\n`);
    if (status === 'waiting_approval') {
      const until = expiresAt === undefined ? '' : ` until ${expiresAt.replace(/\.\d+Z$/, 'Z')}`;
      parts.push(`Run ${runId} waits for an answer${until}: assent approve ${runId}, or assent reject ${runId}.\n`);
      parts.push(`${paint('bold', `What it would do to stack ${stack}`)}\n${actionsText(actions, { detail }, paint)}`);
      if (verdict) parts.push(verdictText(verdict, detail, paint));
    }
  }
  if (rows.length > 0) parts.push(`${paint('bold', 'Latest runs')}\n${table(rows)}`);
  return parts.join('\n');
}

function stackText(
  { stack, endpoint, account, region, status, resources }: StackDocument,
  whole: boolean,
  paint: Paint,
) {
  const place = paint('dim', `(${endpoint}, account ${account}, ${region})`);
  const head = `${paint('bold', stack)}  ${coloured(status, paint)}  ${count(resources.length, 'resource')}  ${place}\n`;
  const shown = resources.filter((resource) => whole || resource.status !== 'complete');
  return (
    head +
    table(
      shown.map(({ logicalId, type, physicalId, status }) => [
        plain(logicalId),
        plain(type),
        status === 'complete' ? paint('green', status) : paint('red', status),
        plain(physicalId),
      ]),
    )
  );
}

function coloured(status: string, paint: Paint): string {
  if (status === 'complete' || status === 'succeeded' || status === 'no_changes') return paint('green', status);
  return paint(status === 'failed' ? 'red' : 'yellow', status);
}
