// `assent destroy`.
import { destroy } from '../../app/destroy.ts';
import { configuredCircle } from '../../edge/config/configured.ts';
import { placeOptions } from '../again.ts';
import { conclude } from '../conclude.ts';
import { asking } from '../consent.ts';
import { withSession } from '../opening.ts';
import type { DestroyCommandOptions, Work } from '../options.ts';
import { lossesOf, parameterValues } from '../parameters.ts';

export const work: Work<DestroyCommandOptions> = async ({ io, options }) => {
  const { stack, maxConcurrency, format } = options;
  const circle = await configuredCircle(options.config);
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  return withSession(io, options, async (opened) => {
    const question = { text: 'Destroy this stack?', given: options.yes === true, format, file: stack };
    const placeUnsaid = options.region === undefined;
    const allowDataLoss = lossesOf(options.allowDataLoss);
    const document = await destroy(
      opened.session,
      { stack, maxConcurrency, parameters, allowDataLoss, placeUnsaid, circle, ...asking(io, question, opened) },
      opened.control,
    );
    opened.progress.stop();
    if (document.runId === null && document.outcome === 'no_changes') {
      io.err(`Stack ${stack} does not exist: it is already gone.\n`);
      if (format !== 'text') io.out(`${JSON.stringify(document)}\n`);
      return 0;
    }
    const place = placeOptions(options);
    return conclude(io, document, format, { stack, again: `assent destroy --stack ${stack}${place}`, options: place });
  });
};
