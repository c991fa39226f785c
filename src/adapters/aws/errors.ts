// What an exception of the AWS SDK means, decided by code and status, never by message text. One table for every call
// of this product.
// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/CommonErrors.html>
import type { CallError } from '../../app/ports.ts';
import { Unreachable } from '../../domain/errors.ts';

/** No credentials could be had: none configured, expired login, refused role. Thrown by connection.ts only. */
export class NoCredentials extends Error {
  override name = 'NoCredentials';
  /** What to do about it. */
  readonly help: string;

  constructor(message: string, { help, cause }: { help: string; cause: unknown }) {
    super(message, { cause });
    this.help = help;
  }
}

/** For credentials that AWS does not take, or that are not there. */
export const SIGN_IN = 'Sign in again or choose other credentials; then the run can be resumed.';

/** What the classification looks at; SDK exceptions and Node's network errors both fit. */
interface Thrown {
  name?: string;
  message?: string;
  /** Node's code of a network error. */
  code?: unknown;
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  $response?: { headers?: Record<string, string> };
  $responseBodyText?: string;
  cause?: unknown;
}

const THROTTLING = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
]);

const CREDENTIALS = new Set([
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidCredentialsException',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

/** A page of one of these stands in the way until somebody does something. */
const FORBIDDEN = new Set([401, 403, 407, 511]);

const TIMEOUT = new Set(['RequestTimeout', 'RequestTimeoutException']);

const UNTRUSTED = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Node's codes of TLS that cannot come about, with what they mean. Nothing has been sent then. */
function tlsTrouble(code: unknown): { what: string; help: string } | undefined {
  if (typeof code !== 'string') return undefined;
  if (UNTRUSTED.has(code)) {
    return {
      what: 'its certificate is signed by nobody this machine trusts',
      help: 'Behind a proxy that inspects TLS, or with an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate.',
    };
  }
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return {
        what: 'its certificate is not valid at this time',
        help: "Check this machine's clock, then the certificate.",
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { what: 'its certificate is for another host', help: 'Check the endpoint, and what stands between.' };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return { what: 'it does not speak TLS', help: 'Check whether the endpoint begins with http:// or https://.' };
    default:
      return undefined;
  }
}

/** Whether a page came instead of an answer: of a proxy, a firewall, a captive portal. */
function isPage({ $response, $responseBodyText }: Thrown): boolean {
  const type = String($response?.headers?.['content-type'] ?? '');
  return type.includes('text/html') || /^\s*<(!doctype|html)/i.test($responseBodyText ?? '');
}

/** What stands between here and AWS and will not go away by trying again: TLS that cannot come about, a proxy's page. */
export function blocked(thrown: unknown): Unreachable | undefined {
  const error = thrown as Thrown;
  const code = error.code ?? (error.cause as Thrown | undefined)?.code;
  const tls = tlsTrouble(code);
  if (tls !== undefined) {
    const message = `No secure connection: ${tls.what} (${String(code)}).`;
    return new Unreachable(message, { help: tls.help, retryable: false, cause: thrown });
  }
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined || !FORBIDDEN.has(status) || !isPage(error)) return undefined;
  return new Unreachable(`Something between here and AWS answered ${status} with a page of its own.`, {
    help: 'A proxy or firewall refuses the call: check HTTPS_PROXY and NO_PROXY, sign in to the network, or ask who runs it.',
    retryable: false,
    cause: thrown,
  });
}

/**
 * An exception as an answer. @throws Unreachable when it is the credentials, TLS or a proxy: no other call would fare
 * better.
 */
export function callError(thrown: unknown): CallError {
  const error = thrown as Thrown;
  const name = error.name ?? 'Error';
  const status = error.$metadata?.httpStatusCode;
  const message = messageOf(error);
  const stopped = blocked(thrown);
  if (stopped !== undefined) throw stopped;
  if (status === 429 || THROTTLING.has(name)) return { kind: 'throttled', message };
  if (thrown instanceof NoCredentials || CREDENTIALS.has(name)) {
    // The SDK has just noted how far this clock is off: the same call, signed again, will do.
    if (error.$metadata?.clockSkewCorrected === true) return { kind: 'lost', message };
    throw credentialsRefused(name, message, thrown);
  }
  if (status !== undefined && status >= 400 && status < 500 && error.$fault !== undefined && !TIMEOUT.has(name)) {
    return name === 'ResourceNotFoundException'
      ? { kind: 'notFound', message }
      : { kind: 'rejected', errorCode: name, message };
  }
  // 5xx, no connection, a timeout, an answer that is not AWS's: what happened is unknown.
  return { kind: 'lost', message };
}

function credentialsRefused(name: string, message: string, cause: unknown): Unreachable {
  const [text, help] =
    cause instanceof NoCredentials
      ? [message, cause.help]
      : [`AWS did not accept the credentials (${name}): ${message}`, SIGN_IN];
  return new Unreachable(text, {
    help,
    ways: [{ option: 'credentials' }],
    retryable: false,
    cause,
  });
}

/** Node leaves the message of a failed connection to several addresses empty. */
function messageOf({ message, name, code }: Thrown): string {
  return message || (typeof code === 'string' ? code : (name ?? 'no answer'));
}
