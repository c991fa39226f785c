// Shows a plan that the service has made and asks for consent, as consent.ts does at this machine. Nobody is asked on the
// service's side: whoever submits a run may not approve it there.
import type { PlanDocument } from '../../app/documents/documents.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Place } from '../../domain/stack.ts';
import { ask } from '../prompt.ts';
import { planText } from '../render/plan.ts';
import { painter } from '../render/style.ts';
import { inquired, type Remote } from './remote.ts';

/** A plan as the service tells it. */
export interface RemotePlan extends PlanDocument {
  target: Place & { speed: number };
}

/** How it is shown. */
export interface Shown {
  /** Name of the template in messages. */
  file: string;
  detail: boolean;
}

/** The plan for people. */
export function remotePlanText(document: RemotePlan, { file, detail }: Shown, { io }: Remote, toOut: boolean): string {
  const { endpoint, account, region, speed } = document.target;
  const where = `${endpoint}, account ${account}, ${region}`;
  const paint = painter(toOut ? io.colour.out : io.colour.err);
  return planText(document, { where, file, speed, detail, ...io.width() }, paint);
}

/** Digest of the plan that was agreed to; `undefined`: it was not. Rejects where nobody can be asked. */
export async function agreed(
  remote: Remote,
  body: object,
  { text, ...shown }: Shown & { text: string },
): Promise<string | undefined> {
  const { io, interrupt, format } = remote;
  const document = await inquired<RemotePlan>(remote, '/plans', { body });
  const { digest, actions } = document;
  if (actions.every(({ action }) => action === 'noop')) return digest;
  if (!io.interactive) {
    throw new InvalidInput('confirmation_required', `There is no terminal to ask "${text}" at.`, {
      help: `Say --yes, or look at the plan first: its digest is ${digest}.`,
    });
  }
  const toOut = format === 'text';
  (toOut ? io.out : io.err)(`${remotePlanText(document, shown, remote, toOut)}\n`);
  return (await ask(`${text} [y/N] `, interrupt.signal)) ? digest : undefined;
}
