// What experts outside the core have answered already: the same question to the same version of an expert is not paid for
// twice, whichever process asks. Keys are the adapter's to make; no vote of an expert without one is kept.
import type { Vote } from '#wasm';
import type { ExpertQuestion, Experts } from '../ports/experts.ts';
import type { Answers, Clock } from '../ports.ts';

/** How long an answer is good for, unless the configuration says otherwise. */
const REMEMBER_MS = 24 * 3_600_000;

export class Remembered {
  readonly #answers: Answers;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #experts: Experts | undefined;
  readonly #keepMs: number;

  constructor(answers: Answers, clock: Pick<Clock, 'now'>, experts: Experts | undefined, keepMs = REMEMBER_MS) {
    this.#answers = answers;
    this.#clock = clock;
    this.#experts = experts;
    this.#keepMs = keepMs;
  }

  /** The expert's answer to this very question, at no cost. */
  async recall(expert: string, question: ExpertQuestion): Promise<Vote | undefined> {
    const key = this.#key(expert, question);
    const text = key === undefined ? undefined : await this.#answers.get(key);
    return text === undefined ? undefined : { ...(JSON.parse(text) as Vote), expert, costUsd: 0 };
  }

  /** Keeps an answer; what failed, came too late or could not be read may succeed next time and is not kept. */
  async keep(vote: Vote, question: ExpertQuestion): Promise<void> {
    const key = this.#key(vote.expert, question);
    if (key === undefined || !['ok', 'abstained'].includes(vote.status ?? 'ok')) return;
    await this.#answers.keep(key, JSON.stringify(vote), this.#clock.now() + this.#keepMs);
  }

  #key(expert: string, question: ExpertQuestion): string | undefined {
    return this.#keepMs === 0 ? undefined : this.#experts?.key?.(expert, question);
  }
}
