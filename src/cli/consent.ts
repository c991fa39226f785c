// Shows a plan and asks for consent, where consent is still needed.
import { userInfo } from 'node:os';
import type { Asking } from '../app/deploy.ts';
import { planDocument } from '../app/documents/documents.ts';
import type { Planned } from '../app/planning/planning.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Io } from './io.ts';
import type { Opened } from './opening.ts';
import { ask } from './prompt.ts';
import { planSummary, planText } from './render/plan.ts';
import { warningsText } from './render/problems.ts';
import { type Paint, painter } from './render/style.ts';
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
  /** Every change is shown, however long. */
  detail?: boolean;
}

/** How the use cases ask, and whether the warnings of the plan have been shown among the result. */
export interface Asked extends Asking {
  hasTold: () => boolean;
}

/** How the use cases ask at this terminal. `--yes` never answers for a split circle. */
export function asking(io: Io, question: Question, { session, interrupt }: Opened): Asked {
  const toOut = question.format === 'text';
  const paint: Paint = painter(toOut ? io.colour.out : io.colour.err);
  const say = toOut ? io.out : io.err;
  let told = false;
  const sayPlan = (planned: Planned): void => {
    const place = where(session, planned.context);
    const shown = {
      where: place,
      file: question.file,
      speed: session.speed,
      detail: question.detail === true,
      ...io.width(),
    };
    say(`${planText(planDocument(planned), shown, paint)}\n`);
    told = toOut;
  };
  const asking: Asked = { by: userName(), hasTold: () => told };
  if (question.given) {
    asking.show = (planned) => {
      if (!toOut) return;
      const document = planDocument(planned);
      say(`${planSummary(document, session.speed, paint)}${warningsText(document.problems, question.file, paint)}\n`);
      told = true;
    };
  } else {
    asking.consent = async (planned) => {
      if (!io.interactive) {
        throw new InvalidInput('confirmation_required', `There is no terminal to ask "${question.text}" at.`, {
          help: `Say --yes, or look at the plan first: its digest is ${planned.plan.digest}.`,
        });
      }
      sayPlan(planned);
      return ask(`${question.text} [y/N] `, interrupt.signal);
    };
  }
  if (io.interactive) {
    asking.decide = async (planned, verdict) => {
      sayPlan(planned);
      say(`${verdictText(verdict, true, paint)}\n`);
      return ask(
        verdict.by === 'policy' ? `${question.text} [y/N] ` : 'The circle does not decide this. Do you approve? [y/N] ',
        interrupt.signal,
      );
    };
  }
  return asking;
}

/** Who runs this program, as answers name them. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return 'unknown';
  }
}
