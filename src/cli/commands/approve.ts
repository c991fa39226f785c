// `assent approve`: the answer, then the deployment with its progress and exit codes.

import { approve } from '../../app/answer.ts';
import { work as workOn } from '../../app/work.ts';
import { concealed } from '../../domain/secret.ts';
import { placeOptions } from '../again.ts';
import { conclude } from '../conclude.ts';
import { userName } from '../consent.ts';
import { withSession } from '../opening.ts';
import type { ApproveCommandOptions, Work } from '../options.ts';
import { parameterValues } from '../parameters.ts';

export const work: Work<ApproveCommandOptions> = async ({ io, options, operands: [runId = ''] }) => {
  const { reason, format } = options;
  const parameters = concealed(await parameterValues(options.parametersFile, options.parameters));
  return withSession(io, options, async (opened) => {
    const { session, control } = opened;
    const answer = { runId, by: userName(), parameters, ...(reason === undefined ? {} : { reason }) };
    const { stack, mode } = await approve(session, answer);
    const document = await workOn(session, { runId, secretParameters: parameters }, control);
    opened.progress.stop();
    const place = placeOptions(options);
    const command = mode === 'deploy' ? 'assent deploy TEMPLATE' : 'assent destroy';
    const again = `${command} --stack ${stack.name}${place}`;
    return conclude(io, document, format, { stack: stack.name, again, options: place });
  });
};
