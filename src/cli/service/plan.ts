// `assent plan --service`.
import { readText } from '../input.ts';
import type { PlanCommandOptions, Work } from '../options.ts';
import { mermaid } from '../render/mermaid.ts';
import { planMarkdown } from '../render/plan-markdown.ts';
import { type RemotePlan, remotePlanText } from './consent.ts';
import { desiredBody } from './desired.ts';
import { inquired, withService } from './remote.ts';

export const work: Work<PlanCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const body = await desiredBody(options, await readText(file));
  await withService(io, options, async (remote) => {
    const document = await inquired<RemotePlan>(remote, '/plans', { body });
    if (options.format === 'json') io.out(`${JSON.stringify(document)}\n`);
    else if (options.format === 'mermaid') io.out(mermaid(document));
    else if (options.format === 'markdown') io.out(planMarkdown(document));
    else io.out(remotePlanText(document, { file, detail: options.detail === true }, remote, true));
  });
  return 0;
};
