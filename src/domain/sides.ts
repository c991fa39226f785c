// What speaks for a plan and what against it, as a person who decides in the circle's place should see it first.

/** What is looked at of a vote: as the core gives it, or as documents show it. */
export interface Voice {
  expert: string;
  option?: string | null | undefined;
  /** Probability it gives its option. */
  confidence?: number | null | undefined;
  /** Probability per option, where it names none. */
  probabilities?: Readonly<Record<string, number>> | undefined;
  weight?: number | undefined;
  reasons?: readonly string[] | undefined;
  status?: string | undefined;
}

/** One reason, and whose it is. */
export interface SideReason {
  expert: string;
  /** Probability the expert gives its side. */
  confidence: number;
  reason: string;
}

/** The strongest reasons on each side, strongest first. */
export interface Sides {
  approve: SideReason[];
  refuse: SideReason[];
}

const SHOWN = 3;
const DEFAULT_CONFIDENCE = 0.8;

/**
 * At most three reasons a side. A vote is as strong as its weight times the log-odds of its confidence; equals go by name,
 * so that the order of votes decides nothing. Every vote gives its first reason before any gives another; only objections
 * give more than one, because what an approval adds are its reservations.
 */
export function sidesOf(votes: readonly Voice[]): Sides {
  return { approve: strongest(votes, 'approve', 1), refuse: strongest(votes, 'refuse', SHOWN) };
}

interface Ranked {
  expert: string;
  confidence: number;
  strength: number;
  reasons: readonly string[];
}

function strongest(votes: readonly Voice[], side: keyof Sides, each: number): SideReason[] {
  const ranked = votes
    .flatMap((vote) => rankedOn(side, vote))
    .toSorted((one, other) => other.strength - one.strength || (one.expert < other.expert ? -1 : 1));
  const turns = Array.from({ length: each }, (_, turn) => ranked.flatMap((vote) => reasonAt(vote, turn, each > 1)));
  return turns.flat().slice(0, SHOWN);
}

function rankedOn(side: keyof Sides, vote: Voice): Ranked[] {
  const { expert, option, probabilities = {}, weight = 1, reasons = [], status = 'ok' } = vote;
  const other = side === 'approve' ? 'refuse' : 'approve';
  const isOn = option == null ? (probabilities[side] ?? 0) > (probabilities[other] ?? 0) : option === side;
  if (status !== 'ok' || !isOn) return [];
  const confidence = (option == null ? probabilities[side] : vote.confidence) ?? DEFAULT_CONFIDENCE;
  const p = Math.min(0.99, Math.max(0.01, confidence));
  return [{ expert, confidence, strength: weight * Math.log(p / (1 - p)), reasons }];
}

/** An expert sums up in its first reason; of an objection, what the sum is of comes next, so the two are one. */
function reasonAt({ expert, confidence, reasons }: Ranked, turn: number, objects: boolean): SideReason[] {
  const reason = turn > 0 ? reasons[turn + 1] : reasons.slice(0, objects ? 2 : 1).join(': ');
  return reason === undefined || reason === '' ? [] : [{ expert, confidence, reason }];
}
