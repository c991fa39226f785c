// Calls in AWS's JSON protocol, signed here: for services of which one or two operations are needed and whose client would
// be a tenth of a function's package. <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
import type { AwsCredentials } from './connection.ts';
import { signed } from './sigv4.ts';

export interface JsonService {
  region: string;
  /** As it is signed for and as its host begins, e.g. `kms`. */
  service: string;
  /** What stands before the operation in `X-Amz-Target`. */
  target: string;
  /** Where it is, where that is not AWS's own place for it. */
  endpoint?: string | undefined;
  credentials: () => Promise<AwsCredentials>;
  /** ms since the epoch. */
  now: () => number;
}

/** The service said no, or could not be understood; `name` is its error's. */
export class JsonCallFailed extends Error {
  override name = 'JsonCallFailed';
  readonly status: number;

  constructor(message: string, status: number, name?: string) {
    super(message);
    this.status = status;
    if (name !== undefined) this.name = name;
  }
}

// Whoever waits for it has a run to go on with.
const WITHIN_MS = 3_000;

/** One try. Rejects with JsonCallFailed, or as fetch does. What was sent is in no message. */
export async function jsonCall<Answer>(
  { region, service, target, endpoint, credentials, now }: JsonService,
  operation: string,
  input: object,
): Promise<Answer> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(endpoint ?? `https://${service}.${region}.${suffix}`);
  const body = JSON.stringify(input);
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${target}.${operation}` };
  const answer = await fetch(url, {
    method: 'POST',
    headers: signed({ method: 'POST', url, headers, body }, await credentials(), { region, service, at: now() }),
    body,
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as Answer;
  const kind = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z]+)"/.exec(text)?.[1];
  throw new JsonCallFailed(`${service}:${operation} was answered with ${answer.status}`, answer.status, kind);
}
