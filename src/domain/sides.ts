// What speaks for a plan and what against it, as a person who decides in the circle's place should see it first.
import type { VoteDocument } from './verdict.ts';

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
export function sidesOf(votes: readonly VoteDocument[]): Sides {
  return { approve: strongest(votes, 'approve', 1), refuse: strongest(votes, 'refuse', SHOWN) };
}

function strongest(votes: readonly VoteDocument[], side: keyof Sides, each: number): SideReason[] {
  const ranked = votes
    .filter(({ option, status }) => option === side && status === 'ok')
    .toSorted((one, other) => strength(other) - strength(one) || (one.expert < other.expert ? -1 : 1));
  const turns = Array.from({ length: each }, (_, turn) => ranked.flatMap((vote) => reasonAt(vote, turn)));
  return turns.flat().slice(0, SHOWN);
}

function strength({ weight = 1, confidence }: VoteDocument): number {
  const p = Math.min(0.99, Math.max(0.01, confidence ?? DEFAULT_CONFIDENCE));
  return weight * Math.log(p / (1 - p));
}

/** An expert sums up in its first reason; what the sum is of comes next, so the two are one. */
function reasonAt({ expert, confidence, option, reasons }: VoteDocument, turn: number): SideReason[] {
  const objects = option === 'refuse';
  const reason = turn > 0 ? reasons[turn + 1] : reasons.slice(0, objects ? 2 : 1).join(': ');
  if (reason === undefined || reason === '') return [];
  return [{ expert, confidence: confidence ?? DEFAULT_CONFIDENCE, reason }];
}
