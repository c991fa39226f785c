// `assent scan`.
import { writeFile } from 'node:fs/promises';
import { junit } from '../../app/documents/junit.ts';
import { markdown } from '../../app/documents/markdown.ts';
import { sarif } from '../../app/documents/sarif.ts';
import { baselineText, parseBaseline, refusing, scan } from '../../app/scan.ts';
import { rules } from '../../core/calls.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { sources } from '../folders.ts';
import { readText } from '../input.ts';
import type { ScanCommandOptions, Work } from '../program.ts';
import { scanText } from '../render/scan.ts';
import { count, painter, plain } from '../render/style.ts';

export const work: Work<ScanCommandOptions> = async ({ io, options, operands }) => {
  const { baseline: known, writeBaseline, failOn, format } = options;
  const baseline = known === undefined ? new Set<string>() : parseBaseline(await readText(known), known);
  const texts = await sources(operands, (reason) => io.err(`skipped: ${plain(reason)}\n`));
  const document = scan({ sources: texts, baseline }, () => performance.now());
  // Nothing looked at must not look like nothing found.
  if (document.summary.filesScanned === 0) {
    throw new InvalidInput('no_template', `There is no template in ${operands.join(', ')}.`, {
      help: 'Files that end in .yaml, .yml, .json or .template and have Resources are templates.',
    });
  }
  if (format === 'json') io.out(`${JSON.stringify(document)}\n`);
  else if (format === 'sarif') io.out(sarif(document, rules()));
  else if (format === 'junit') io.out(junit(document));
  else if (format === 'markdown') io.out(markdown(document));
  else io.out(scanText(document, failOn, painter(io.colour.out)));
  if (writeBaseline !== undefined) {
    const accepted = document.findings.filter(isOpenOrKnown);
    await writeFile(writeBaseline, baselineText(accepted));
    io.err(`${count(accepted.length, 'finding')} written to ${plain(writeBaseline)}\n`);
    return 0;
  }
  return refusing(document.findings, failOn).length > 0 ? 1 : 0;
};

/** What a template suppresses itself needs no baseline. */
function isOpenOrKnown({ suppressed }: { suppressed?: { by: string } }): boolean {
  return suppressed === undefined || suppressed.by === 'baseline';
}
