// Experts outside the core, a language model for instance: asked over the network, for money, and sometimes in vain.
import type { Finding, Vote } from '#wasm';
import type { ActionDocument } from '../documents/documents.ts';

/** What an expert is asked: the plan as people see it, secrets named and not shown. */
export interface ExpertQuestion {
  planDigest: string;
  stack: string;
  actions: readonly ActionDocument[];
  findings: readonly Pick<Finding, 'ruleId' | 'severity' | 'resource' | 'message'>[];
}

export interface Experts {
  /**
   * One expert's vote. Resolves also where there is none: with status `invalid` for an answer that cannot be read, `failed`
   * for none at all. An abort of `signal` may reject. What it says of weight, veto and lineage counts for nothing.
   */
  ask(expert: string, question: ExpertQuestion, signal: AbortSignal): Promise<Vote>;
  /**
   * What an answer may be kept under: equal only for the same question to the same version of the expert. Absent, or
   * `undefined`: it is not to be kept.
   */
  key?(expert: string, question: ExpertQuestion): string | undefined;
}
