// `destroy`: deletes a stack's resources in reverse order. A stack nobody knows is already gone.
import { type Asking, ask, spanOf } from './deploy.ts';
import { nothingToDo, type RunDocument } from './documents/documents.ts';
import type { GateOptions } from './gate/gate.ts';
import type { AllowedLoss } from './gate/guard.ts';
import { judge } from './judge.ts';
import { DEFAULT_CONCURRENCY } from './plan.ts';
import { type Control, type Session, stackHere } from './session.ts';
import { headsNamed, livesElsewhere } from './status.ts';
import { submit } from './submit.ts';

/** What `destroy` takes. */
export interface DestroyOptions extends Asking, Pick<GateOptions, 'circle'> {
  stack: string;
  maxConcurrency?: number;
  /** NoEcho values, needed only when an interrupted deployment has to be settled with them first. */
  parameters?: Readonly<Record<string, string>>;
  /** What may be lost; default: nothing that holds data is deleted. */
  allowDataLoss?: AllowedLoss;
  /** Nobody said where the stack is: one that is not here but elsewhere is refused, not taken for gone. */
  placeUnsaid?: boolean;
}

/** Destroys a stack; resolves with `no_changes` and no run when it does not exist. Otherwise as `deploy`. */
export function destroy(session: Session, options: DestroyOptions, control: Control): Promise<RunDocument> {
  return session.tracer.within('destroy', { stack: options.stack }, async (span) => {
    const document = await destroyNow(session, options, control);
    span.set(spanOf(document));
    return document;
  });
}

async function destroyNow(session: Session, options: DestroyOptions, control: Control): Promise<RunDocument> {
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_CONCURRENCY;
  const { stack } = await stackHere(session, options.stack, control);
  if ((await session.store.stacks.get(stack)) === undefined) {
    const elsewhere = options.placeUnsaid === true ? await headsNamed(session, { name: stack.name }) : [];
    if (elsewhere.length > 0) throw livesElsewhere(stack, elsewhere);
    return nothingToDo('destroy');
  }
  const { parameters = {}, allowDataLoss = [], circle } = options;
  const wanted = { stack: stack.name, mode: 'destroy', refresh: false, maxConcurrency, parameters } as const;
  const submitted = await submit(session, wanted, control);
  using _planner = submitted.planned.inCore;
  const askAlways = options.consent !== undefined;
  const { document, run } = await judge(session, submitted, { allowDataLoss, askAlways, circle }, control);
  return document ?? ask(session, { ...submitted, run }, options, control);
}
