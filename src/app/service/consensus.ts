// Consensus over HTTP: as `aggregate`, and seen by whoever follows traces.
import type { VoteStatus } from '#wasm';
import { aggregate, type ConsensusDocument } from '../consensus.ts';
import { traceVotes } from '../measure/spans.ts';
import type { Clock, Tracer } from '../ports.ts';

/** What `aggregate` takes, as far as a span says it. */
interface Question {
  votes: readonly { expert: string; status?: VoteStatus | undefined }[];
}

/** Aggregates within a span, with one below it for each expert. Rejects as `aggregate`. */
export function requestConsensus(
  { clock, tracer }: { clock: Pick<Clock, 'now'>; tracer: Tracer },
  question: Question,
): Promise<ConsensusDocument> {
  return tracer.within('consult', {}, async (span) => {
    const began = clock.now();
    const document = aggregate(question);
    traceVotes(tracer, question.votes, began, clock.now() - began);
    // Options are the caller's words; a decision is one of three.
    if (document.decision !== undefined) span.set({ outcome: document.decision });
    return document;
  });
}
