// The end of a run for people: what came of it, outputs, what failed and why, how to go on.
import type { RollbackDocument, RunDocument } from '../../app/documents/documents.ts';
import type { ResourceDocument } from '../../app/documents/events.ts';
import { actionsText, asSaid } from './plan.ts';
import { count, duration, type Paint, plain, table } from './style.ts';
import { suppressedText, verdictText } from './verdict.ts';

/** How the user got here, so that the next step can be spelled out. */
export interface Asked {
  stack: string;
  /** Words to repeat the command with, e.g. `assent deploy web.yaml --stack web`. */
  again: string;
  /** Options that every further command needs, e.g. ` --state /elsewhere`. */
  options: string;
}

/** The closing text of `deploy`, `destroy` and `resume`. */
export function runText(document: RunDocument, asked: Asked, paint: Paint): string {
  const parts = [headline(document, asked, paint)];
  const { verdict, outcome } = document;
  if (verdict !== null && (outcome === 'refused' || outcome === 'waiting_approval')) {
    parts.push(verdictText(verdict, true, paint));
  } else if (verdict?.suppressed !== undefined) {
    parts.push(suppressedText(verdict, paint));
  }
  if (document.actions !== undefined) {
    parts.push(`${paint('bold', 'What it would do')}\n${actionsText(document.actions, {}, paint)}`);
  }
  const failed = document.resources.filter(({ status }) => status === 'failed');
  if (failed.length > 0) parts.push(`${paint('bold', 'Failed')}\n${failed.map((one) => failure(one, paint)).join('')}`);
  if (document.rollback !== undefined) parts.push(...backText(document.rollback, paint));
  const blocked = document.resources.filter(({ status }) => status === 'blocked').map(({ logicalId }) => logicalId);
  if (blocked.length > 0) {
    parts.push(
      `${paint('bold', 'Not started, because something they need failed')}\n  ${blocked.map(plain).join(', ')}\n`,
    );
  }
  const retained = document.resources.filter(({ status }) => status === 'retained');
  if (retained.length > 0) {
    const rows = retained.map(({ logicalId, type, physicalId }) => [
      plain(logicalId),
      plain(type),
      plain(physicalId ?? ''),
    ]);
    parts.push(`${paint('bold', 'Kept, and no longer managed')}\n${table(rows)}`);
  }
  const old = document.resources.flatMap(({ logicalId, replaced = [] }) =>
    replaced.map(({ type, physicalId, status }) => ({
      status,
      row: [plain(logicalId), plain(type), plain(physicalId)],
    })),
  );
  const kept = old.filter(({ status }) => status === 'retained');
  if (kept.length > 0) {
    const rows = kept.map(({ row }) => row);
    parts.push(
      `${paint('bold', 'Replaced, kept by their UpdateReplacePolicy, and no longer managed')}\n${table(rows)}`,
    );
  }
  const left = old.filter(({ status }) => status !== 'retained' && status !== 'succeeded');
  if (left.length > 0) {
    const rows = left.map(({ row }) => row);
    parts.push(`${paint('bold', 'Replaced, and still to be deleted by the next run')}\n${table(rows)}`);
  }
  if (Object.keys(document.outputs).length > 0)
    parts.push(`${paint('bold', 'Outputs')}\n${outputsTable(document.outputs)}`);
  parts.push(closing(document, asked, paint));
  return parts.join('\n');
}

function backText({ unrestored }: RollbackDocument, paint: Paint): string[] {
  if (unrestored.length === 0) return [];
  const rows = unrestored.map(({ logicalId, type, physicalId, message, help }) => {
    const identifier = physicalId === null ? '' : ` ${plain(physicalId)}`;
    const name = `  ${paint('red', '✗')} ${plain(logicalId)} ${paint('dim', `(${plain(type)})`)}${identifier}`;
    return `${name}\n      ${plain(message)} ${paint('dim', plain(help))}\n`;
  });
  return [`${paint('bold', 'Not undone')}\n${rows.join('')}`];
}

/** Outputs as two columns. */
export function outputsTable(outputs: Readonly<Record<string, unknown>>): string {
  return table(
    Object.entries(outputs).map(([name, value]) => [
      plain(name),
      plain(typeof value === 'string' ? value : JSON.stringify(value)),
    ]),
  );
}

function headline(
  { kind, outcome, code, resources, elapsedMs, problems = [] }: RunDocument,
  { stack }: Asked,
  paint: Paint,
): string {
  const took = duration(elapsedMs);
  const of = (status: string, action?: string) =>
    resources.filter((one) => one.status === status && (action === undefined || one.action === action)).length;
  const done = [
    [of('succeeded', 'create'), 'created'],
    [of('succeeded', 'update'), 'updated'],
    [of('succeeded', 'replace'), 'replaced'],
    [of('succeeded', 'import'), 'imported'],
    [of('succeeded', 'delete'), 'deleted'],
    [of('unchanged'), 'unchanged'],
    [of('retained'), 'kept'],
    [of('rolled_back'), 'rolled back'],
    [of('rollback_failed'), 'not undone'],
    [of('failed'), 'failed'],
    [of('blocked') + of('cancelled') + of('waiting'), 'not started'],
  ] as const;
  const counts = done
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${n} ${word}`)
    .join(', ');
  const tail = counts === '' ? '' : ` (${counts})`;
  switch (outcome) {
    case 'succeeded':
      return `${paint('green', kind === 'deploy' ? 'Deployed' : 'Destroyed')} stack ${stack} in ${took}${tail}.\n`;
    case 'no_changes':
      return kind === 'deploy'
        ? `${paint('green', 'No changes.')} Stack ${stack} ${asSaid(problems)} (${count(resources.length, 'resource')}).\n`
        : `${paint('green', 'Destroyed')} stack ${stack}, which had no resources.\n`;
    case 'cancelled':
      return `${paint('yellow', 'Cancelled')} ${kind === 'deploy' ? 'the deployment' : 'the deletion'} of stack ${stack} after ${took}${tail}.\n`;
    case 'refused':
      return code === 'drifted'
        ? `${paint('red', 'Refused')}: stack ${stack} was changed since the plan was made. What had been done was undone${tail}.\n`
        : `${paint('red', 'Refused')}: stack ${stack}. Nothing was changed.\n`;
    case 'waiting_approval':
      return `${paint('yellow', 'Waiting for approval')}: stack ${stack}. Nothing was changed.\n`;
    case 'rejected':
      return `${paint('yellow', 'Rejected')}: stack ${stack}. Nothing was changed.\n`;
    case 'expired':
      return `${paint('yellow', 'Expired')}: nobody answered in time. Nothing was changed.\n`;
    case 'superseded':
      return `${paint('yellow', 'Superseded')}: stack ${stack} has changed since the plan was made. Nothing was changed.\n`;
    case 'suspended':
      return `${paint('yellow', 'Suspended')}: stack ${stack}, after ${took}${tail}.\n`;
    case 'rolled_back':
      return `${paint('red', 'Failed and rolled back')}: stack ${stack}, after ${took}${tail}.\n`;
    default:
      return `${paint('red', kind === 'deploy' ? 'Deployment failed' : 'Deletion failed')}: stack ${stack}, after ${took}${tail}.\n`;
  }
}

function failure(
  { logicalId, type, physicalId, errorCode, message, attempts }: ResourceDocument,
  paint: Paint,
): string {
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  const identifier = physicalId === null ? '' : ` ${plain(physicalId)}`;
  const why = [errorCode, message].filter((part) => part !== undefined && part !== '').map((part) => plain(part ?? ''));
  return `  ${paint('red', '✗')} ${plain(logicalId)} ${paint('dim', `(${plain(type)})`)}${identifier}${tries}\n      ${why.join(': ')}\n`;
}

const KEPT: ReadonlySet<ResourceDocument['status']> = new Set(['succeeded', 'unchanged']);

function closing(
  { kind, outcome, code, runId, planDigest, calls, resources }: RunDocument,
  { stack, again, options }: Asked,
  paint: Paint,
): string {
  const { create, update, delete: deleted, get, poll, throttled } = calls;
  const made = [
    [create, 'create'],
    [update, 'update'],
    [deleted, 'delete'],
    [get, 'get'],
    [poll, 'poll'],
  ] as const;
  const listed = made.filter(([n]) => n > 0).map(([n, name]) => `${n} ${name}`);
  const slowed = throttled > 0 ? `; ${throttled} of them throttled` : '';
  const total = listed.length === 0 ? '' : `${paint('dim', `Calls: ${listed.join(', ')}${slowed}`)}\n`;
  const status = [`assent status --stack ${stack}${options}`, 'shows what exists'] as const;
  const destroy = [
    `assent destroy --stack ${stack}${options}`,
    'deletes it all; what holds data must be named',
  ] as const;
  const rest: (readonly [string, string])[] = [];
  if (outcome === 'succeeded' && kind === 'deploy') rest.push(status, destroy);
  if (outcome === 'failed' && kind === 'deploy') {
    rest.push([again, 'goes on from here, once the cause is gone'], destroy, status);
  }
  if (outcome === 'rolled_back' || code === 'drifted') {
    rest.push([again, 'tries again, once the cause is gone'], status);
  }
  if (outcome === 'failed' && kind === 'destroy') rest.push([again, 'tries what is left again'], status);
  if (outcome === 'waiting_approval' && planDigest !== null) {
    rest.push([`assent approve ${runId}${options}`, 'deploys exactly this plan']);
    rest.push([`assent reject ${runId}${options}`, 'calls it off']);
  }
  if (code === 'data_loss') rest.push([`${again} --allow-data-loss ID,...`, 'allows the losses it names']);
  if (code === 'security_validation_failed') rest.push(['assent rules <id>', 'explains a rule']);
  if (outcome === 'superseded' || outcome === 'expired') rest.push([again, 'makes a new plan']);
  if (outcome === 'suspended') rest.push([`assent resume ${runId ?? ''}${options}`, 'goes on']);
  if (outcome === 'cancelled') {
    rest.push([`assent resume ${runId ?? ''}${options}`, 'goes on']);
    if (kind === 'deploy') rest.push(destroy);
  }
  const stands = resources.some(({ action, status }) => action !== 'delete' && KEPT.has(status));
  const kept = outcome === 'failed' && kind === 'deploy' && stands ? 'What was done is kept. ' : '';
  if (rest.length === 0) return total;
  return `${total}\n${kept}Next:\n${table(rest.map(([command, what]) => [paint('cyan', command), paint('dim', what)]))}`;
}
