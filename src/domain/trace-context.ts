// Where a span stands in its trace, as others say it: W3C Trace Context (`traceparent`) and X-Ray's header.
// <https://www.w3.org/TR/trace-context/#traceparent-header>,
// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

/** Ids in hex, lower case. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** `undefined` for what is no valid `traceparent`. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text?.trim() ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** The same of `Root=1-…;Parent=…;Sampled=1`: X-Ray's trace ids have 128 bits, too. */
export function parseXray(text: string | undefined): TraceContext | undefined {
  const parts = Object.fromEntries(
    (text ?? '').split(';').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
  const [, epoch, unique] = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(parts['Root'] ?? '') ?? [];
  const traceparent = `00-${epoch}${unique}-${parts['Parent'] ?? ''}-0${parts['Sampled'] === '1' ? '1' : '0'}`;
  return parseTraceparent(traceparent.toLowerCase());
}
