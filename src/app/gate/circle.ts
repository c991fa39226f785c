// The circle at work: experts outside the core are asked, several at a time and no more than could matter, until the core
// says that the decision stands.
import type { Answered, ChangeClass, CirclePolicy, Consultation, Vote } from '#wasm';
import { decide } from '../../core/calls.ts';
import { type CircleSettings, lineageOf, thresholdsFor } from '../../domain/circle.ts';
import { AssentError } from '../../domain/errors.ts';
import type { ExpertQuestion, Experts } from '../ports/experts.ts';
import { type Answers, type Clock, NO_TRACER, type Tracer } from '../ports.ts';
import { interrupted } from '../session.ts';
import type { Purse } from './purse.ts';
import { Remembered } from './remembered.ts';

/** A circle that somebody has configured. */
export interface Circle {
  settings: CircleSettings;
  /** SHA-256 of the settings as they are understood; stands in the verdict. */
  digest: string;
  /** Answers for experts that are not built in; without, they have failed. */
  experts?: Experts | undefined;
}

/** How the core is to judge for this stack. */
export function policyFor({ experts, quorum, stop, ...settings }: CircleSettings, stack: string): CirclePolicy {
  const { errorRate, ...thresholds } = thresholdsFor({ experts, quorum, stop, ...settings }, stack);
  const places = Object.entries(experts).map(([name, { model, lineage, ...place }]) => {
    const family = lineageOf({ model, lineage });
    return [name, { ...place, ...(family === undefined ? {} : { lineage: family }) }] as const;
  });
  return {
    experts: Object.fromEntries(places),
    quorum,
    stop,
    ...thresholds,
    ...(errorRate === undefined ? {} : { errorRate }),
  };
}

export interface Consulting {
  circle: Circle | undefined;
  question: ExpertQuestion;
  /** Of the built-in experts. */
  votes: readonly Vote[];
  /** Newest first. */
  outcomes: Answered[];
  clock: Clock;
  /** What asking may cost. */
  purse: Purse;
  /** What was answered before; without, everybody is asked anew. */
  answers?: Answers;
  /** What kind of change it is. */
  changeClass?: ChangeClass;
  tracer?: Tracer;
  signal?: AbortSignal | undefined;
}

/**
 * Asks whom it takes. Calls that are not needed any more are cancelled; who has not answered by the deadline has timed out.
 * Rejects with `interrupted`.
 */
export async function consultCircle(consulting: Consulting): Promise<Consultation> {
  const { circle, question, outcomes, changeClass, clock, purse, tracer = NO_TRACER, signal } = consulting;
  const { planDigest, stack } = question;
  const votes = [...consulting.votes];
  const common = {
    question: `deploy plan ${planDigest} of stack ${stack}?`,
    outcomes,
    ...(changeClass === undefined ? {} : { class: changeClass }),
    ...(circle === undefined ? {} : { policy: policyFor(circle.settings, stack) }),
  };
  // Nobody is left to ask in a circle of built-in experts.
  if (circle === undefined) return concluded(decide({ ...common, votes, last: true }));
  const { settings } = circle;
  const remembered =
    consulting.answers && new Remembered(consulting.answers, clock, circle.experts, settings.rememberMs);
  for (const [expert, { enabled, model }] of Object.entries(settings.experts)) {
    const vote = enabled && model !== undefined ? await remembered?.recall(expert, question) : undefined;
    if (vote !== undefined) votes.push(vote);
  }
  const isAborted = () => signal?.aborted === true;
  const asked = new Map<string, Promise<Vote>>();
  const end = new AbortController();
  const stop = () => end.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const late = clock.sleep(clock.now() + settings.deadlineMs, end.signal).then(() => undefined);
  try {
    for (let dry = false; ; ) {
      if (isAborted()) throw interrupted();
      const left = dry ? 0 : purse.left();
      const answer = decide({ ...common, votes, ...(left === undefined ? {} : { budgetUsd: left }) });
      // Who cannot be paid any more may have been asked already.
      const waits = answer.type === 'decided' && answer.consultation.stopped === 'budget' && asked.size > 0;
      if (answer.type !== 'ask' && !waits) return concluded(answer);
      for (const expert of answer.type === 'ask' ? answer.next : []) {
        if (asked.size >= settings.wave) break;
        if (asked.has(expert) || !(await purse.reserve(expert, settings.experts[expert]?.costUsd ?? 0))) continue;
        const asking = tracer.within('expert', { expert }, async (span) => {
          const vote = await askOne(circle, expert, question, clock, end.signal);
          span.set({ outcome: vote.status ?? 'ok' });
          return vote;
        });
        asked.set(expert, asking);
      }
      // Another process has spent the day's money meanwhile: only what is free is left.
      dry = asked.size === 0;
      if (dry) continue;
      const first = await Promise.race([...asked.values(), late]);
      if (isAborted()) throw interrupted();
      if (first === undefined) {
        for (const expert of asked.keys()) votes.push(noVote(expert, 'timed_out', 'the time for consulting was over'));
        return concluded(decide({ ...common, votes, last: true }));
      }
      asked.delete(first.expert);
      await purse.paid(first.expert, first.costUsd ?? 0);
      await remembered?.keep(first, question);
      votes.push(first);
    }
  } finally {
    end.abort();
    signal?.removeEventListener('abort', stop);
  }
}

/** One answer, whatever happens; cancelled with `end`. */
async function askOne(
  { experts, settings }: Circle,
  expert: string,
  question: ExpertQuestion,
  clock: Clock,
  end: AbortSignal,
): Promise<Vote> {
  if (experts === undefined) return noVote(expert, 'failed', 'nobody here can ask it');
  const call = new AbortController();
  const over = new AbortController();
  const cancel = () => call.abort();
  end.addEventListener('abort', cancel, { once: true });
  const began = clock.monotonic();
  const answer = Promise.resolve()
    .then(() => experts.ask(expert, question, AbortSignal.any([call.signal, end])))
    // Why is the adapter's to say; what an error quotes may be anything.
    .catch(() => noVote(expert, 'failed', 'it could not be asked'));
  const timeout = clock.sleep(clock.now() + settings.timeoutMs, over.signal).then(() => undefined);
  try {
    const vote = (await Promise.race([answer, timeout])) ?? noVote(expert, 'timed_out', 'it did not answer in time');
    return { ...vote, expert, elapsedMs: clock.monotonic() - began };
  } finally {
    over.abort();
    call.abort();
    end.removeEventListener('abort', cancel);
  }
}

function noVote(expert: string, status: NonNullable<Vote['status']>, why: string): Vote {
  return { expert, status, reasons: [why] };
}

function concluded(answer: ReturnType<typeof decide>): Consultation {
  if (answer.type === 'decided') return answer.consultation;
  const problems = answer.type === 'refused' ? answer.problems : ['somebody is still to be asked'];
  throw new AssentError('invalid_votes', `The circle cannot decide: ${problems.join('; ')}.`);
}
