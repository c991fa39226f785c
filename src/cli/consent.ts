// Shows a plan and asks for consent, where consent is still needed.
import { planDocument } from '../app/documents/documents.ts';
import type { Planned } from '../app/planning/planning.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Io } from './io.ts';
import type { Opened } from './opening.ts';
import { ask } from './prompt.ts';
import { planSummary, planText } from './render/plan.ts';
import { painter } from './render/style.ts';
import { verdictText } from './render/verdict.ts';
import { where } from './where.ts';

/** What the question is about. */
export interface Question {
  /** e.g. `Deploy this plan?` */
  text: string;
  /** Consent was given on the command line. */
  given: boolean;
  /** Format of the result: with `text` the plan belongs to it, otherwise to the conversation on stderr. */
  format: string;
  /** Name of the template in messages. */
  file: string;
}

/** A `decide` for the use cases: shows what the circle said and asks. `--yes` never answers this. */
export function askPerson(
  io: Io,
  format: string,
  { session, interrupt }: Opened,
): (planned: Planned, verdict: Verdict) => Promise<boolean> {
  return async (planned, verdict) => {
    const toOut = format === 'text';
    const paint = painter(toOut ? io.colour.out : io.colour.err);
    const say = toOut ? io.out : io.err;
    say(`${planSummary(planDocument(planned), session.speed, paint)}\n`);
    say(`${verdictText(verdict, true, paint)}\n`);
    return ask('The circle does not decide this. Do you approve? [y/N] ', interrupt.signal);
  };
}

/** A `confirm` for the use cases. Rejects with `confirmation_required` where nobody can be asked. */
export function consent(
  io: Io,
  question: Question,
  { session, interrupt }: Opened,
): (planned: Planned) => Promise<boolean> {
  return async (planned) => {
    const document = planDocument(planned);
    const toOut = question.format === 'text';
    const paint = painter(toOut ? io.colour.out : io.colour.err);
    const say = toOut ? io.out : io.err;
    if (question.given) {
      if (toOut) say(`${planSummary(document, session.speed, paint)}\n`);
      return true;
    }
    if (!io.interactive) {
      throw new InvalidInput('confirmation_required', `There is no terminal to ask "${question.text}" at.`, {
        help: `Say --yes, or look at the plan first: its digest is ${document.digest}.`,
      });
    }
    say(
      `${planText(document, { where: where(session, planned.context), file: question.file, speed: session.speed, ...io.width() }, paint)}\n`,
    );
    return ask(`${question.text} [y/N] `, interrupt.signal);
  };
}
