// Which traces are kept: the samplers that OTEL_TRACES_SAMPLER names.
// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>
import type { TraceContext } from '../../domain/trace-context.ts';

/** Says of a span whether it is kept; `parent`: the span it is in, if any. */
export type Sampler = (traceId: string, parent: TraceContext | undefined) => boolean;

export type SamplerName = Root | `parentbased_${Root}`;

type Root = 'always_on' | 'always_off' | 'traceidratio';

/** `ratio`: share of traces, for those that take one. */
export function samplerOf(name: SamplerName, ratio: number): Sampler {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  if (name === 'traceidratio') return byRatio(ratio);
  const root = samplerOf(name.slice('parentbased_'.length) as SamplerName, ratio);
  return (traceId, parent) => parent?.sampled ?? root(traceId, parent);
}

/** By the last 56 bits of the trace id, as W3C's random ones: the same for every process of a trace. */
function byRatio(ratio: number): Sampler {
  const bound = ratio * 2 ** 56;
  return (traceId) => Number(BigInt(`0x${traceId.slice(-14)}`)) < bound;
}
