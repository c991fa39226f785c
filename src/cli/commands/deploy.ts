// `assent deploy`.
import { deploy } from '../../app/deploy.ts';
import { configuredCircle } from '../../edge/config/configured.ts';
import { placeOptions, shell } from '../again.ts';
import { conclude } from '../conclude.ts';
import { asking } from '../consent.ts';
import { readText } from '../input.ts';
import { withSession } from '../opening.ts';
import type { DeployCommandOptions, Work } from '../options.ts';
import { lossesOf, pairs, parameterValues } from '../parameters.ts';
import { warningsText } from '../render/problems.ts';
import { painter } from '../render/style.ts';

export const work: Work<DeployCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const text = await readText(file);
  const circle = await configuredCircle(options.config);
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const imports = pairs(options.import, '--import');
  const moved = pairs(options.moved, '--moved');
  const { stack, refresh, maxConcurrency, approve, failOn, skipExperts, suppressions, onFailure, format } = options;
  const given = options.yes === true || approve !== undefined;
  return withSession(io, options, async (opened) => {
    const question = { text: 'Deploy this plan?', given, format, file, detail: options.detail === true };
    const { hasTold, ...asked } = asking(io, question, opened);
    const document = await deploy(
      opened.session,
      {
        template: { text, name: file },
        stack,
        parameters,
        tags,
        imports,
        moved,
        refresh,
        allowSecretIdentifiers: options.allowSecretIdentifiers === true,
        maxConcurrency,
        failOn,
        suppressions,
        onFailure,
        allowDataLoss: lossesOf(options.allowDataLoss),
        skipExperts: skipExperts === true,
        circle,
        ...(approve === undefined ? {} : { approve }),
        ...asked,
      },
      opened.control,
    );
    const place = placeOptions(options);
    opened.progress.stop();
    // Where nothing was to be done, or it was refused, nobody has seen them yet.
    const warnings = hasTold() ? '' : warningsText(document.problems ?? [], file, painter(io.colour.out));
    if (format === 'text' && warnings !== '') io.out(`${warnings.trimStart()}\n`);
    return conclude(io, document, format, {
      stack,
      again: `${shell(['assent', 'deploy', file, '--stack', stack])}${place}`,
      options: place,
    });
  });
};
