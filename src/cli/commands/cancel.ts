// `assent cancel`: asks the process that works on the run; where there is none, this one ends it.
import { type CancelDocument, cancel } from '../../app/cancel.ts';
import type { RunDocument } from '../../app/documents/documents.ts';
import { callOff } from '../../app/work.ts';
import { openLocal } from '../../edge/session.ts';
import { placeOptions } from '../again.ts';
import { withSession } from '../opening.ts';
import type { CancelCommandOptions, Work } from '../options.ts';
import { runText } from '../render/run.ts';
import { painter } from '../render/style.ts';

export const work: Work<CancelCommandOptions> = async ({ io, options, operands: [runId = ''] }) => {
  const now = options.now === true;
  const asked = await ask(options, runId, now);
  const abandoned = !asked.requested && (asked.status === 'running' || asked.status === 'suspended');
  if (!abandoned) {
    io.out(options.format === 'json' ? `${JSON.stringify(asked)}\n` : `${cancelSentence(asked, now)}\n`);
    return 0;
  }
  const ended = await withSession(io, options, ({ session, control }) => callOff(session, { runId, now }, control));
  if (options.format === 'json') io.out(`${JSON.stringify(documentOf(asked, ended))}\n`);
  else {
    const place = placeOptions(options);
    const again = `assent destroy --stack ${asked.stack}${place}`;
    io.out(runText(ended, { stack: asked.stack, again, options: place }, painter(io.colour.out)));
  }
  return 0;
};

async function ask({ state }: CancelCommandOptions, runId: string, now: boolean): Promise<CancelDocument> {
  const local = await openLocal(state);
  try {
    return await cancel(local, runId, now);
  } finally {
    await local.close();
  }
}

/** The answer for a run that was ended here, with what came of each resource. */
function documentOf(
  asked: CancelDocument,
  { outcome, resources }: RunDocument,
): CancelDocument & Pick<RunDocument, 'resources'> {
  const status = outcome === 'waiting_approval' ? asked.status : outcome;
  return { ...asked, status, resources };
}

/** What has been asked for, in words. */
export function cancelSentence({ runId, status, requested }: CancelDocument, now: boolean): string {
  if (requested) {
    const rest = now
      ? 'what is in flight is cancelled in the cloud.'
      : `what is in flight may end first. assent cancel ${runId} --now does not wait for it.`;
    return `Run ${runId} was asked to stop: it starts nothing new, and ${rest}`;
  }
  if (status === 'rejected') return `Run ${runId} was called off. Nothing was changed.`;
  return `Run ${runId} has already ended: ${status}.`;
}
