// The nouns of the gate: what experts say, what is decided.
import type { Sides } from './sides.ts';

/** One expert's vote as documents show it. */
export interface VoteDocument {
  expert: string;
  /** `null` where it gave none. */
  option: string | null;
  /** Probability it gives its own option. */
  confidence: number | null;
  /** Probability that it is right about such a change, from what became of its votes; absent: it has no record. */
  reliability?: number;
  /** How much it counts, 1 for an expert that nobody knows yet. Absent in what versions before wrote. */
  weight?: number;
  reasons: string[];
  /** What the question cost; built-in experts cost nothing. */
  costUsd: number;
  elapsedMs: number;
  status: 'ok' | 'abstained' | 'timed_out' | 'invalid' | 'failed';
}

/** A finding that would have counted, and who says that it does not. */
export interface SuppressedFinding {
  ruleId: string;
  severity: 'critical' | 'high';
  resource: string;
  file: string;
  line: number;
  message: string;
  /** Whose form the suppression has: `assent`, `cfn_nag`, `checkov`, `guard`. */
  by: string;
  /** Empty where none is given. */
  reason: string;
  /** Only where one is named. */
  author?: string;
}

/** What was decided over a plan, by whom and why. Stored with the run. */
export interface Verdict {
  decision: 'approve' | 'refuse' | 'ask';
  /** `policy`: a finding blocks, or a deletion is always for a person; `circle`: the experts; `person`: asked because the circle was split; `nobody`: skipped. */
  by: 'policy' | 'circle' | 'person' | 'nobody';
  planDigest: string;
  reasons: string[];
  votes: VoteDocument[];
  /** What a person is shown first, where the circle asked one; stays when it was answered. */
  sides?: Sides;
  /** Probability per option. */
  posterior: Record<string, number>;
  /** How the votes became it: the same votes give the same answer by the same version. Absent as `changeClass` is. */
  method?: { name: string; version: number };
  /** Digest of the access policy of the service that let it in. */
  accessPolicy?: string;
  /** Digest of the configured circle that judged it; absent: the built-in one. */
  circlePolicy?: string;
  /** Why not everybody in the circle was asked, and who was not. */
  stopped?: 'answered' | 'settled' | 'rule' | 'budget' | 'deadline';
  unasked?: string[];
  /** What past outcomes allow, where an error rate is to be kept; without a threshold they are too few. */
  calibration?: { errorRate: number; cases: number; needed: number; threshold?: number };
  /** What kind of change it is: experts weigh as they did on such. Absent where nobody was asked, and in runs of before. */
  changeClass?: 'data' | 'permissions' | 'replacement' | 'update' | 'creation';
  /** SHA-256 of what the plan wants there to be; where the next deployment wants what was there before, it was reverted. */
  desired?: string;
  /** Gates that were not passed on request. */
  skipped: string[];
  /** Critical and high findings that the template itself suppresses, where there are any. */
  suppressed?: SuppressedFinding[];
}
