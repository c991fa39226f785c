// OTLP's messages, as protobuf or as JSON. A message is built once, in the form of OTLP's JSON (64-bit integers as decimal
// text, ids in hex, enums as numbers); the tables below, read off opentelemetry-proto 1.x, say how its fields go on the wire.
// <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>, <https://protobuf.dev/programming-guides/encoding/>

/** A message in JSON's form; fields without a table entry do not exist. */
export type Message = { readonly [field: string]: unknown };

type Kind =
  | 'string'
  | 'hex'
  | 'bool'
  | 'enum'
  | 'int64'
  | 'sint32'
  | 'fixed32'
  | 'fixed64'
  | 'double'
  | 'uint64s'
  | Table;
type Table = () => { readonly [field: string]: readonly [number, Kind] };

const anyValue: Table = () => ({ stringValue: [1, 'string'], boolValue: [2, 'bool'], intValue: [3, 'int64'] });
const keyValue: Table = () => ({ key: [1, 'string'], value: [2, anyValue] });
const resource: Table = () => ({ attributes: [1, keyValue] });
const scope: Table = () => ({ name: [1, 'string'] });

const number: Table = () => ({
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  asDouble: [4, 'double'],
  attributes: [7, keyValue],
});
const buckets: Table = () => ({ offset: [1, 'sint32'], bucketCounts: [2, 'uint64s'] });
const exponential: Table = () => ({
  attributes: [1, keyValue],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, buckets],
  min: [12, 'double'],
  max: [13, 'double'],
});
const gauge: Table = () => ({ dataPoints: [1, number] });
const sum: Table = () => ({ dataPoints: [1, number], aggregationTemporality: [2, 'enum'], isMonotonic: [3, 'bool'] });
const histogram: Table = () => ({ dataPoints: [1, exponential], aggregationTemporality: [2, 'enum'] });
const metric: Table = () => ({
  name: [1, 'string'],
  unit: [3, 'string'],
  gauge: [5, gauge],
  sum: [7, sum],
  exponentialHistogram: [10, histogram],
});
const scopeMetrics: Table = () => ({ scope: [1, scope], metrics: [2, metric] });
const resourceMetrics: Table = () => ({ resource: [1, resource], scopeMetrics: [2, scopeMetrics] });

const status: Table = () => ({ code: [3, 'enum'] });
const link: Table = () => ({ traceId: [1, 'hex'], spanId: [2, 'hex'], flags: [6, 'fixed32'] });
const span: Table = () => ({
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  parentSpanId: [4, 'hex'],
  name: [5, 'string'],
  kind: [6, 'enum'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, keyValue],
  links: [13, link],
  status: [15, status],
  flags: [16, 'fixed32'],
});
const scopeSpans: Table = () => ({ scope: [1, scope], spans: [2, span] });
const resourceSpans: Table = () => ({ resource: [1, resource], scopeSpans: [2, scopeSpans] });

const REQUESTS: Readonly<Record<Signal, Table>> = {
  metrics: () => ({ resourceMetrics: [1, resourceMetrics] }),
  traces: () => ({ resourceSpans: [1, resourceSpans] }),
};

/** What is exported: the request is `ExportMetricsServiceRequest` or `ExportTraceServiceRequest`. */
export type Signal = 'metrics' | 'traces';

/** The request as protobuf. Throws for a field that its table does not know. */
export function protobuf(signal: Signal, request: Message): Uint8Array {
  const writer = new Writer();
  writeMessage(writer, REQUESTS[signal], request);
  return writer.bytes();
}

function writeMessage(writer: Writer, table: Table, message: Message): void {
  const fields = table();
  for (const [name, value] of Object.entries(message)) {
    const field = fields[name];
    if (field === undefined) throw new Error(`OTLP has no field ${name} here`);
    const [id, kind] = field;
    // Of lists only the counts of buckets are packed.
    const values = Array.isArray(value) && kind !== 'uint64s' ? value : [value];
    for (const one of values) writeField(writer, id, kind, one);
  }
}

function writeField(writer: Writer, id: number, kind: Kind, value: unknown): void {
  if (typeof kind === 'function') {
    const inner = new Writer();
    writeMessage(inner, kind, value as Message);
    writer.tag(id, 2);
    writer.block(inner.bytes());
    return;
  }
  switch (kind) {
    case 'string':
    case 'hex':
      writer.tag(id, 2);
      writer.block(Buffer.from(String(value), kind === 'hex' ? 'hex' : 'utf8'));
      return;
    case 'bool':
    case 'enum':
      writer.tag(id, 0);
      writer.varint(Number(value));
      return;
    case 'int64':
      writer.tag(id, 0);
      writer.varint64(BigInt.asUintN(64, BigInt(String(value))));
      return;
    case 'sint32':
      writer.tag(id, 0);
      writer.varint(((Number(value) << 1) ^ (Number(value) >> 31)) >>> 0);
      return;
    case 'fixed32':
      writer.tag(id, 5);
      writer.fixed(4, (view) => view.setUint32(0, Number(value), true));
      return;
    case 'fixed64':
      writer.tag(id, 1);
      writer.fixed(8, (view) => view.setBigUint64(0, BigInt(String(value)), true));
      return;
    case 'double':
      writer.tag(id, 1);
      writer.fixed(8, (view) => view.setFloat64(0, Number(value), true));
      return;
    case 'uint64s': {
      const inner = new Writer();
      // Counts of this side are numbers, so none is beyond 2^53.
      for (const one of value as readonly string[]) inner.varint(Number(one));
      writer.tag(id, 2);
      writer.block(inner.bytes());
    }
  }
}

class Writer {
  #bytes = new Uint8Array(64);
  #length = 0;

  tag(id: number, type: number): void {
    this.varint((id << 3) | type);
  }

  /** Of a number from 0 to 2^53. */
  varint(value: number): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  varint64(value: bigint): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  fixed(length: number, write: (view: DataView) => void): void {
    this.#room(length);
    write(new DataView(this.#bytes.buffer, this.#length, length));
    this.#length += length;
  }

  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
  }
}
