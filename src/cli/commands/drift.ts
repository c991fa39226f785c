// `assent drift`.
import type { DriftDocument } from '../../app/documents/documents.ts';
import { drift } from '../../app/drift.ts';
import { withSession } from '../opening.ts';
import type { DriftCommandOptions, Work } from '../options.ts';
import { count, cut, type Paint, painter, plain, table } from '../render/style.ts';

const VALUE_CELLS = 60;

export const work: Work<DriftCommandOptions> = async ({ io, options }) =>
  withSession(io, options, async ({ session, control, progress }) => {
    const document = await drift(session, { stack: options.stack }, control);
    progress.stop();
    io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : driftText(document, painter(io.colour.out)));
    return document.inSync ? 0 : 1;
  });

/** A report for people. */
export function driftText({ stack, inSync, resources }: DriftDocument, paint: Paint): string {
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
  const said = `${drifted.length} of ${count(resources.length, 'resource')} in ${paint('bold', stack)} ${drifted.length === 1 ? 'is' : 'are'} not as deployed (deployed → now).${unread}\n`;
  return `${said}\n${parts.join('\n')}`;
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'nothing' : cut(plain(JSON.stringify(value)), VALUE_CELLS);
}
