// `assent drift`.
import type { DriftDocument, PlanDocument } from '../../app/documents/documents.ts';
import { drift } from '../../app/drift.ts';
import { reconcile } from '../../app/reconcile.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { placeOptions, shell } from '../again.ts';
import { conclude } from '../conclude.ts';
import type { ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';
import { type Opened, withSession } from '../opening.ts';
import type { DriftCommandOptions, Work } from '../options.ts';
import { planText } from '../render/plan.ts';
import { count, cut, type Paint, painter, plain, table } from '../render/style.ts';

const VALUE_CELLS = 60;

export const work: Work<DriftCommandOptions> = async ({ io, options }) => {
  checkYes(options);
  return withSession(io, options, async (opened) => {
    if (options.reconcile === true) return back(io, options, opened);
    const { session, control, progress } = opened;
    const document = await drift(session, { stack: options.stack }, control);
    progress.stop();
    return tellDrift(io, options, { document });
  });
};

/** Throws InvalidInput `yes_without_reconcile`. */
export function checkYes({ yes, reconcile }: DriftCommandOptions): void {
  if (yes !== true || reconcile === true) return;
  throw new InvalidInput('yes_without_reconcile', '--yes says nothing without --reconcile.', {
    help: 'Add --reconcile to go back to what was deployed.',
  });
}

/** The way back: shown, and gone where that was said. */
async function back(io: Io, options: DriftCommandOptions, opened: Opened): Promise<ExitCode> {
  const { stack, yes = false } = options;
  const { session, control, progress } = opened;
  const { drift: document, plan, run } = await reconcile(session, { stack, yes }, control);
  progress.stop();
  if (run === undefined) return tellDrift(io, options, { document, plan, speed: session.speed });
  tellBefore(io, options, document);
  return conclude(io, run, options.format, wayOf(options));
}

/** What is told of drift before the way back is gone. */
export function tellBefore(io: Io, { format }: DriftCommandOptions, document: DriftDocument): void {
  if (format === 'text') io.out(`${driftText(document, painter(io.colour.out), 'before')}\n`);
}

/** How the way back is called, in what is told of it. */
export function wayOf(options: DriftCommandOptions) {
  const { stack } = options;
  const place = placeOptions(options);
  return {
    stack,
    again: `${shell(['assent', 'drift', '--stack', stack, '--reconcile', '--yes'])}${place}`,
    options: place,
  };
}

/** Prints a report, and the plan that leads back where there is one. */
export function tellDrift(
  io: Io,
  options: DriftCommandOptions,
  { document, plan, speed = 1 }: { document: DriftDocument; plan?: PlanDocument | undefined; speed?: number },
): ExitCode {
  const { stack, format } = options;
  if (format === 'json') {
    io.out(`${JSON.stringify(plan === undefined ? document : { ...document, plan })}\n`);
  } else {
    const paint = painter(io.colour.out);
    io.out(driftText(document, paint));
    const shown = { where: stack, file: stack, speed, detail: true, ...io.width() };
    if (plan !== undefined) io.out(`\n${planText(plan, shown, paint)}\n`);
    if (plan?.actions.length) io.out(`Go this way: ${wayOf(options).again}\n`);
  }
  return document.inSync ? 0 : 1;
}

/** A report for people: how it is, or how it was before the way back was gone. */
export function driftText(
  { stack, inSync, resources }: DriftDocument,
  paint: Paint,
  when: 'now' | 'before' = 'now',
): string {
  const unreadable = resources.filter(({ status }) => status === 'unreadable').length;
  const declaredOnly = resources.filter((one) => one.declaredOnly).length;
  const unread = [
    unreadable === 0 ? '' : ` ${count(unreadable, 'resource')} cannot be read.`,
    declaredOnly === 0 ? '' : ` Of ${count(declaredOnly, 'resource')} only what the template declares was compared.`,
  ].join('');
  if (inSync)
    return `${paint('bold', stack)} is ${paint('green', 'in sync')}: ${count(resources.length, 'resource')}.${unread}\n`;
  const drifted = resources.filter(({ status }) => status === 'modified' || status === 'deleted');
  const parts = drifted.map(({ logicalId, type, status, differences }) => {
    const head = `${paint('bold', plain(logicalId))}  ${paint('dim', plain(type))}  ${paint(status === 'deleted' ? 'red' : 'yellow', status)}\n`;
    const rows = differences.map(({ path, recorded, live, declared }) => [
      plain(path),
      `${shown(recorded)} → ${shown(live)}`,
      declared ? '' : paint('dim', 'not in the template'),
    ]);
    return head + table(rows, '    ');
  });
  const [one, more] = when === 'now' ? ['is', 'are'] : ['was', 'were'];
  const verb = drifted.length === 1 ? one : more;
  const said = `${drifted.length} of ${count(resources.length, 'resource')} in ${paint('bold', stack)} ${verb} not as deployed (deployed → ${when === 'now' ? 'now' : 'then'}).${unread}\n`;
  return `${said}\n${parts.join('\n')}`;
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'nothing' : cut(plain(JSON.stringify(value)), VALUE_CELLS);
}
