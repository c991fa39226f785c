// `assent scan`.
import { junit } from '../../app/documents/junit.ts';
import { markdown } from '../../app/documents/markdown.ts';
import { sarif } from '../../app/documents/sarif.ts';
import {
  baselineText,
  parseBaseline,
  refusing,
  type ScanDocument,
  scan,
  UNREADABLE,
  type Unreadable,
} from '../../app/scan.ts';
import { rules } from '../../core/calls.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { ExitCode } from '../exit.ts';
import { sources } from '../folders.ts';
import { readText, writeText } from '../input.ts';
import type { Io } from '../io.ts';
import type { ScanCommandOptions, Work } from '../options.ts';
import { scanText } from '../render/scan.ts';
import { count, painter, plain } from '../render/style.ts';

export const work: Work<ScanCommandOptions> = async ({ io, options, operands }) => {
  const { suppressions, allowUnreadable = false } = options;
  const { baseline, texts, unreadable } = await looked(options, operands);
  const document = scan({ sources: texts, unreadable, allowUnreadable, baseline, suppressions }, () =>
    performance.now(),
  );
  return tellScan(io, options, { document, unreadable, operands });
};

/** What is to be scanned, and what is known already. */
export async function looked({ baseline: known }: ScanCommandOptions, operands: readonly string[]) {
  const baseline = known === undefined ? new Set<string>() : parseBaseline(await readText(known), known);
  return { baseline, ...(await sources(operands)) };
}

/** What was found, in the format asked for, and what it means to a shell. */
export async function tellScan(
  io: Io,
  options: ScanCommandOptions,
  {
    document,
    unreadable,
    operands,
  }: { document: ScanDocument; unreadable: readonly Unreadable[]; operands: readonly string[] },
): Promise<ExitCode> {
  const { writeBaseline, failOn, format, allowUnreadable = false } = options;
  // Nothing looked at must not look like nothing found.
  if (document.summary.filesScanned === 0 && (unreadable.length === 0 || allowUnreadable)) {
    throw new InvalidInput('no_template', `There is no template in ${operands.join(', ')}.`, {
      help: 'Files that end in .yaml, .yml, .json or .template and have Resources are templates.',
    });
  }
  // First what can fail, so that there is one document on stdout or none.
  if (writeBaseline !== undefined) {
    const accepted = document.findings.filter(isOpenOrKnown);
    await writeText(writeBaseline, baselineText(accepted));
    io.err(`${count(accepted.length, 'finding')} written to ${plain(writeBaseline)}\n`);
  }
  if (format === 'json') io.out(`${JSON.stringify(document)}\n`);
  else if (format === 'sarif') io.out(sarif(document, rules()));
  else if (format === 'junit') io.out(junit(document));
  else if (format === 'markdown') io.out(markdown(document));
  else io.out(scanText(document, failOn, painter(io.colour.out)));
  if (unreadable.length > 0 && !allowUnreadable) return 2;
  if (writeBaseline !== undefined) return 0;
  return refusing(document.findings, failOn).length > 0 ? 1 : 0;
}

/** What a template suppresses itself needs no baseline; what nobody looked at cannot be accepted by one. */
function isOpenOrKnown({ ruleId, suppressed }: { ruleId: string; suppressed?: { by: string } }): boolean {
  if (ruleId === UNREADABLE) return false;
  return suppressed === undefined || suppressed.by === 'baseline';
}
