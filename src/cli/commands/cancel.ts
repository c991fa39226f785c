// `assent cancel`.
import { type CancelDocument, cancel } from '../../app/cancel.ts';
import { openLocal } from '../../edge/session.ts';
import type { CancelCommandOptions, Work } from '../options.ts';

export const work: Work<CancelCommandOptions> = async ({ io, options, operands: [runId = ''] }) => {
  const local = await openLocal(options.state);
  try {
    const document = await cancel(local, runId, options.now === true);
    if (options.format === 'json') io.out(`${JSON.stringify(document)}\n`);
    else io.out(`${sentence(document, options.now === true)}\n`);
    return 0;
  } finally {
    await local.close();
  }
};

function sentence({ runId, stack, status, requested }: CancelDocument, now: boolean): string {
  if (requested) {
    const rest = now
      ? 'what is in flight is cancelled in the cloud.'
      : `what is in flight may end first. assent cancel ${runId} --now does not wait for it.`;
    return `Run ${runId} was asked to stop: it starts nothing new, and ${rest}`;
  }
  if (status === 'rejected') return `Run ${runId} was called off. Nothing was changed.`;
  if (status !== 'running') return `Run ${runId} has already ended: ${status}.`;
  return (
    `The process of run ${runId} is gone, so there is nothing to cancel.\n` +
    `assent resume ${runId} goes on with it; assent destroy --stack ${stack} deletes what it made.`
  );
}
