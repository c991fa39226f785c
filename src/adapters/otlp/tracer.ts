// Spans for OTLP. Which span a caller is in follows the asynchronous calls (AsyncLocalStorage), so that use cases hand
// nothing on. Spans of a trace that is not sampled are not kept, but know their place, which is passed on.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Past, Span, SpanAttributes, Tracer } from '../../app/ports/tracer.ts';
import type { Clock } from '../../app/ports.ts';
import type { Labels } from '../../domain/metrics.ts';
import { type TraceContext, traceparentOf } from '../../domain/trace-context.ts';
import { attributesOf, nanoseconds } from './metrics.ts';
import type { Sampler } from './sampler.ts';
import { NotTaken, type Send } from './sender.ts';
import type { Message } from './wire.ts';

export interface TracerOptions {
  send: Send;
  resource: Labels;
  sampler: Sampler;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The parent of spans that are in no other. */
  parent?: TraceContext | undefined;
  /** Learns of spans that were not kept, because nobody took those before. */
  dropped?: (spans: number) => void;
}

/** How a process's work came about, where it was asked for from outside. */
export interface Entry {
  parent?: TraceContext | undefined;
  /** Another trace that it is part of. */
  link?: TraceContext | undefined;
}

/** As OTEL_BSP_MAX_QUEUE_SIZE and OTEL_BSP_MAX_EXPORT_BATCH_SIZE are by default. */
const MOST_KEPT = 2_048;
const BATCH = 512;

const KIND = { internal: 1, server: 2 } as const;
const ERROR = 2;

interface Open {
  context: TraceContext;
  attributes: SpanAttributes;
  startedAt: number;
  /** The end of the child that ended last: clocks of whole milliseconds must not let it outlive its parent. */
  childEndedAt: number;
}

export class OtlpTracer implements Tracer {
  readonly #options: TracerOptions;
  readonly #current = new AsyncLocalStorage<Open>();
  #ended: Message[] = [];
  #ahead = 0;

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  within<T>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<T>): Promise<T> {
    return this.#run(name, attributes, work, { kind: 'internal' });
  }

  /** A span that begins what others have asked for. */
  entered<T>(name: string, attributes: SpanAttributes, entry: Entry, work: (span: Span) => Promise<T>): Promise<T> {
    return this.#run(name, attributes, work, { kind: 'server', entry });
  }

  past(name: string, attributes: SpanAttributes, { startedAt, endedAt, failed = false }: Past): void {
    const parent = this.#current.getStore();
    const context = this.#contextIn(parent?.context ?? this.#options.parent);
    const began = Math.max(startedAt, parent?.startedAt ?? startedAt);
    const open = { context, attributes, startedAt: began, childEndedAt: 0 };
    this.#end(open, Math.max(endedAt, began), { name, kind: 'internal', parent, failed });
  }

  /** Of the span that the caller is in, or of what the process is in. */
  traceparent(): string | undefined {
    const context = this.#current.getStore()?.context ?? this.#options.parent;
    return context === undefined ? undefined : traceparentOf(context);
  }

  /** Sends what has ended. Rejects with NotTaken; what may be sent again is kept. Calls must not overlap. */
  async flush(signal: AbortSignal): Promise<void> {
    const { send, resource } = this.#options;
    while (this.#ended.length > 0) {
      const batch = this.#ended.splice(0, BATCH);
      const scopeSpans = [{ scope: { name: 'assent' }, spans: batch }];
      try {
        await send({ resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] }, signal);
      } catch (error) {
        if (error instanceof NotTaken && error.mayRepeat) this.#ended.unshift(...batch);
        this.#bound();
        throw error;
      }
    }
  }

  async #run<T>(
    name: string,
    attributes: SpanAttributes,
    work: (span: Span) => Promise<T>,
    { kind, entry }: { kind: keyof typeof KIND; entry?: Entry },
  ): Promise<T> {
    const parent = entry === undefined ? this.#current.getStore() : undefined;
    const outer = entry === undefined ? (parent?.context ?? this.#options.parent) : entry.parent;
    const startedAt = Math.max(this.#now(), parent?.startedAt ?? 0);
    const open: Open = { context: this.#contextIn(outer), attributes: { ...attributes }, startedAt, childEndedAt: 0 };
    const link = entry?.link;
    const end = (failed: boolean) =>
      this.#end(open, Math.max(this.#now(), open.childEndedAt), {
        name,
        kind,
        parent: parent ?? (outer && { context: outer }),
        failed,
        link,
      });
    try {
      const result = await this.#current.run(open, () =>
        work({ set: (more) => void Object.assign(open.attributes, more) }),
      );
      end(false);
      return result;
    } catch (error) {
      end(true);
      throw error;
    }
  }

  /** ms since the epoch, finer than the clock has them: spans that follow each other must not overlap. */
  #now(): number {
    const { clock } = this.#options;
    const [wall, monotonic] = [clock.now(), clock.monotonic()];
    // It has been set forwards, or this is the first time.
    if (wall - (this.#ahead + monotonic) >= 1) this.#ahead = wall - monotonic;
    return this.#ahead + monotonic;
  }

  #contextIn(parent: TraceContext | undefined): TraceContext {
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    return { traceId, spanId: randomBytes(8).toString('hex'), sampled: this.#options.sampler(traceId, parent) };
  }

  #end(
    { context, attributes, startedAt }: Open,
    endedAt: number,
    about: {
      name: string;
      kind: keyof typeof KIND;
      parent: Pick<Open, 'context'> | Open | undefined;
      failed: boolean;
      link?: TraceContext | undefined;
    },
  ): void {
    const { name, kind, parent, failed, link } = about;
    if (parent !== undefined && 'childEndedAt' in parent) parent.childEndedAt = Math.max(parent.childEndedAt, endedAt);
    if (!context.sampled) return;
    const outer = parent?.context ?? this.#options.parent;
    this.#ended.push({
      traceId: context.traceId,
      spanId: context.spanId,
      ...(outer === undefined ? {} : { parentSpanId: outer.spanId }),
      name,
      kind: KIND[kind],
      startTimeUnixNano: nanoseconds(startedAt),
      endTimeUnixNano: nanoseconds(endedAt),
      attributes: spanAttributes(attributes),
      ...(link === undefined ? {} : { links: [{ traceId: link.traceId, spanId: link.spanId, flags: flagsOf(link) }] }),
      ...(failed ? { status: { code: ERROR } } : {}),
      flags: flagsOf(context),
    });
    this.#bound();
  }

  #bound(): void {
    const over = this.#ended.length - MOST_KEPT;
    if (over <= 0) return;
    this.#ended.splice(0, over);
    this.#options.dropped?.(over);
  }
}

const NAMES: Readonly<Record<keyof SpanAttributes, string>> = {
  runId: 'assent.run_id',
  stack: 'assent.stack',
  logicalId: 'assent.logical_id',
  type: 'assent.type',
  operation: 'assent.operation',
  outcome: 'assent.outcome',
  attempts: 'assent.attempts',
  expert: 'assent.expert',
};

function spanAttributes(attributes: SpanAttributes): Message[] {
  return Object.entries(NAMES).flatMap(([field, key]) => {
    const value = attributes[field as keyof SpanAttributes];
    if (value === undefined) return [];
    return [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }];
  });
}

function flagsOf({ sampled }: TraceContext): number {
  return sampled ? 1 : 0;
}
