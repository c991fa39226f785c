// Spans: what was done when, and within what. An adapter sends them somewhere (OTLP); without one nothing is made.

/** All that a span may say: no value of a template, a parameter or a resource ever. */
export interface SpanAttributes {
  runId?: string;
  stack?: string;
  logicalId?: string;
  /** Of a resource. */
  type?: string;
  operation?: string;
  outcome?: string;
  attempts?: number;
  expert?: string;
}

/** A span under way. */
export interface Span {
  /** What became known meanwhile. */
  set(attributes: SpanAttributes): void;
}

/** Something that is over; times in ms since the epoch. */
export interface Past {
  startedAt: number;
  endedAt: number;
  failed?: boolean;
}

export interface Tracer {
  /**
   * Does the work within a span, a child of the one that the caller is in; rejects as the work does, and the span has failed
   * then.
   */
  within<T>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<T>): Promise<T>;
  /** A child of the span that the caller is in. */
  past(name: string, attributes: SpanAttributes, past: Past): void;
}

const NO_SPAN: Span = { set: () => undefined };

/** No spans. */
export const NO_TRACER: Tracer = {
  within: (_, __, work) => work(NO_SPAN),
  past: () => undefined,
};
