// `assent plan`.
import { plan } from '../../app/plan.ts';
import { readText } from '../input.ts';
import { withSession } from '../opening.ts';
import type { PlanCommandOptions, Work } from '../options.ts';
import { pairs, parameterValues } from '../parameters.ts';
import { mermaid } from '../render/mermaid.ts';
import { planText } from '../render/plan.ts';
import { planMarkdown } from '../render/plan-markdown.ts';
import { painter } from '../render/style.ts';
import { where } from '../where.ts';

export const work: Work<PlanCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const text = await readText(file);
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const imports = pairs(options.import, '--import');
  const moved = pairs(options.moved, '--moved');
  const { stack, refresh, maxConcurrency, allowSecretIdentifiers = false } = options;
  const template = { text, name: file };
  const wanted = { template, stack, parameters, tags, imports, moved, refresh, allowSecretIdentifiers, maxConcurrency };
  await withSession(io, options, async ({ session, control }) => {
    const { document, planned } = await plan(session, wanted, control);
    if (options.format === 'json') io.out(`${JSON.stringify(document)}\n`);
    else if (options.format === 'mermaid') io.out(mermaid(document));
    else if (options.format === 'markdown') io.out(planMarkdown(document));
    else
      io.out(
        planText(
          document,
          {
            where: where(session, planned.context),
            file,
            speed: session.speed,
            detail: options.detail === true,
            ...io.width(),
          },
          painter(io.colour.out),
        ),
      );
  });
  return 0;
};
