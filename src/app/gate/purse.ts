// What asking experts may cost: per run, and per day together with all who share the store. Money is reserved before a
// call, at the price that the configuration expects; what the call did cost takes its place. A call that was cancelled
// keeps its reservation, for nobody knows what it has cost.
import type { CircleSettings } from '../../domain/circle.ts';
import type { Clock, Notes } from '../ports.ts';

/** Fractions of a cent add up. */
const EDGE = 1e-9;

export class Purse {
  readonly #notes: Notes;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #budget: CircleSettings['budget'];
  readonly #reserved = new Map<string, { usd: number; note: string }>();
  #spent = 0;
  #dayLeft: number | undefined;

  constructor(notes: Notes, clock: Pick<Clock, 'now'>, budget: CircleSettings['budget'] = {}) {
    this.#notes = notes;
    this.#clock = clock;
    this.#budget = budget;
    this.#dayLeft = budget.dayUsd;
  }

  /** US dollars that may still be spent, as far as is known; `undefined`: any. */
  left(): number | undefined {
    const { runUsd } = this.#budget;
    const reserved = [...this.#reserved.values()].reduce((sum, { usd }) => sum + usd, 0);
    const ofRun = runUsd === undefined ? Number.POSITIVE_INFINITY : runUsd - this.#spent - reserved;
    const left = Math.min(ofRun, this.#dayLeft ?? Number.POSITIVE_INFINITY);
    return left === Number.POSITIVE_INFINITY ? undefined : Math.max(left + EDGE, 0);
  }

  /** Whether so much may be spent on a call; it is set aside then. */
  async reserve(expert: string, usd: number): Promise<boolean> {
    if (usd === 0) return true;
    if (usd > (this.left() ?? Number.POSITIVE_INFINITY)) return false;
    const note = this.#today();
    const { dayUsd } = this.#budget;
    let taken = true;
    if (dayUsd !== undefined) {
      await this.#notes.change(note, (kept) => {
        const spent = amount(kept);
        taken = spent + usd <= dayUsd + EDGE;
        const now = taken ? spent + usd : spent;
        this.#dayLeft = Math.max(dayUsd - now, 0);
        return String(now);
      });
    }
    if (taken) this.#reserved.set(expert, { usd, note });
    return taken;
  }

  /** What the call did cost. */
  async paid(expert: string, usd: number): Promise<void> {
    // What was to be free may cost something after all.
    const reserved = this.#reserved.get(expert) ?? { usd: 0, note: this.#today() };
    this.#reserved.delete(expert);
    this.#spent += usd;
    const { dayUsd } = this.#budget;
    if (dayUsd === undefined || usd === reserved.usd) return;
    await this.#notes.change(reserved.note, (kept) => {
      const now = Math.max(amount(kept) - reserved.usd + usd, 0);
      this.#dayLeft = Math.max(dayUsd - now, 0);
      return String(now);
    });
  }

  #today(): string {
    return `experts ${new Date(this.#clock.now()).toISOString().slice(0, 10)}`;
  }
}

function amount(kept: string | undefined): number {
  const usd = Number(kept ?? 0);
  return Number.isFinite(usd) ? usd : 0;
}
