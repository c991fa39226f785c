// `assent scan --service`: each text is scanned there, the findings are told here.
import type { ScanDocument } from '../../app/scan.ts';
import { AssentError } from '../../domain/errors.ts';
import { looked, tellScan } from '../commands/scan.ts';
import type { ScanCommandOptions, Work } from '../options.ts';
import { withService } from './remote.ts';

export const work: Work<ScanCommandOptions> = async ({ io, options, operands }) => {
  const { baseline, texts, unreadable } = await looked(options, operands);
  return withService(io, options, async ({ client }) => {
    const documents: ScanDocument[] = [];
    for (const { text, name, named } of texts) {
      const body = { template: text, name, baseline: [...baseline], suppressions: options.suppressions };
      try {
        documents.push((await client.call<ScanDocument>('POST', '/scans', { body })).document);
      } catch (error) {
        // What a folder holds besides templates is left out, as it is here.
        if (named || !(error instanceof AssentError) || error.code !== 'no_template') throw error;
      }
    }
    return tellScan(io, options, { document: together(documents), unreadable, operands });
  });
};

function together(documents: readonly ScanDocument[]): ScanDocument {
  const sum = (of: keyof ScanDocument['summary']) => documents.reduce((total, { summary }) => total + summary[of], 0);
  return {
    version: 1,
    kind: 'scan',
    findings: documents.flatMap(({ findings }) => findings),
    rules: documents.flatMap(({ rules }) => rules),
    summary: {
      critical: sum('critical'),
      high: sum('high'),
      medium: sum('medium'),
      low: sum('low'),
      info: sum('info'),
      suppressed: sum('suppressed'),
      filesScanned: sum('filesScanned'),
      elapsedMs: sum('elapsedMs'),
    },
  };
}
