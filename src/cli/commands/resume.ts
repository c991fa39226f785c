// `assent resume`.
import { resume } from '../../app/resume.ts';
import { placeOptions } from '../again.ts';
import { conclude } from '../conclude.ts';
import { withSession } from '../opening.ts';
import type { ResumeCommandOptions, Work } from '../options.ts';
import { parameterValues } from '../parameters.ts';

export const work: Work<ResumeCommandOptions> = async ({ io, options, operands: [runId] }) => {
  const { format } = options;
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  return withSession(io, options, async (opened) => {
    const { session, control } = opened;
    const wanted = runId === undefined ? { parameters } : { runId, parameters };
    const { document, stack, ended } = await resume(session, wanted, control);
    opened.progress.stop();
    if (stack === undefined) {
      io.err('There is no unfinished run. What `deploy --targets` has not begun goes on by the same command again.\n');
      if (format !== 'text') io.out(`${JSON.stringify(document)}\n`);
      return 0;
    }
    if (ended) io.err(`Run ${document.runId} had already ended.\n`);
    const place = placeOptions(options);
    const again = document.kind === 'deploy' ? 'assent deploy TEMPLATE' : 'assent destroy';
    return conclude(io, document, format, { stack, again: `${again} --stack ${stack}${place}`, options: place });
  });
};
