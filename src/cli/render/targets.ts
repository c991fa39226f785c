// Several targets for people: what would be done to each, what each does, how all of it ended.
import type { RunEvent } from '../../app/documents/events.ts';
import type { TargetDocument, TargetsDocument } from '../../app/documents/targets.ts';
import type { Brief } from '../../app/targets/brief.ts';
import { type Colour, count, duration, type Paint, plain, table } from './style.ts';

/** `web in 111111111111, eu-west-1`; what nobody knows yet is left out. */
export function targetName({ stack, account, region }: Pick<TargetDocument, 'stack' | 'account' | 'region'>): string {
  const place = [account, region].flatMap((part) => (part === null ? [] : [plain(part)])).join(', ');
  return place === '' ? plain(stack) : `${plain(stack)} in ${place}`;
}

/** What is asked about: a row per target, in the order in which they are begun. */
export function briefText({ targets, groups, digest }: Brief, paint: Paint): string {
  const rows = groups.flatMap((group, at) =>
    group.flatMap((index) => {
      const one = targets[index];
      if (one === undefined || 'error' in one) return [];
      const { name, account, region } = one.stack;
      const changes = one.plan.resources.filter(({ action }) => action !== 'noop');
      const open = one.open.length === 0 ? '' : `imports ${one.open.map(plain).join(', ')}, not made yet`;
      const ask = one.verdict?.decision === 'ask' ? paint('yellow', 'the circle is split') : '';
      return [[String(at + 1), targetName({ stack: name, account, region }), changesText(changes), ask, open]];
    }),
  );
  const head = `${paint('bold', `Deployment to ${count(rows.length, 'target')}`)}\n\n`;
  return `${head}${table(rows)}\nDigest: ${digest ?? ''}\n`;
}

function changesText(changes: readonly { action: string }[]): string {
  if (changes.length === 0) return 'no changes';
  const by = new Map<string, number>();
  for (const { action } of changes) by.set(action, (by.get(action) ?? 0) + 1);
  return [...by].map(([action, n]) => `${n} to ${action}`).join(', ');
}

/** A line for what a target tells; nothing for what is of no interest among many. */
export function targetLine(target: TargetDocument, event: RunEvent): string {
  const name = targetName(target);
  switch (event.event) {
    case 'started':
      return `${name}: run ${event.runId} started, ${count(event.resources, 'resource')}\n`;
    case 'resource':
      return event.status === 'failed'
        ? `${name}: ${plain(event.logicalId)} failed: ${plain(event.message ?? '')}\n`
        : '';
    case 'rolling_back':
      return `${name}: rolling back\n`;
    case 'warning':
      return `${name}: ${plain(event.message)}\n`;
    default:
      return '';
  }
}

const HEADS: Record<TargetsDocument['outcome'], readonly [string, Colour]> = {
  succeeded: ['Deployed to every target', 'green'],
  no_changes: ['No changes in any target', 'green'],
  refused: ['Refused', 'red'],
  rejected: ['Rejected: nothing was called', 'yellow'],
  waiting_approval: ['Waiting for approval', 'yellow'],
  failed: ['Failed: targets that succeeded stay', 'red'],
  cancelled: ['Cancelled', 'yellow'],
};

/** How it ended, and why where it did not end well. */
export function targetsText(document: TargetsDocument, again: string, paint: Paint): string {
  const { outcome, code, targets, elapsedMs, digest } = document;
  const [head, colour] = HEADS[outcome];
  const rows = targets.map((target) => {
    const { status, result, error, reasons = [] } = target;
    const failed = result?.resources.find((resource) => resource.status === 'failed');
    const why = error?.message ?? reasons[0] ?? failed?.message ?? target.code ?? '';
    return [targetName(target), status.replaceAll('_', ' '), result?.runId ?? '', paint('dim', plain(why))];
  });
  const reason = code === undefined ? '' : ` ${paint('dim', `[${code}]`)}`;
  const parts = [`${paint(colour, head)}${reason} ${paint('dim', `(${duration(elapsedMs)})`)}\n\n${table(rows)}`];
  if (outcome === 'waiting_approval') parts.push(`A person approves it by \`${again} --approve ${digest}\`.\n`);
  if (outcome === 'failed' || outcome === 'cancelled') parts.push(`\`${again}\` goes on with what is left.\n`);
  return parts.join('\n');
}
