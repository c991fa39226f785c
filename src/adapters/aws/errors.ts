// What an exception of the AWS SDK means, decided by code and status, never by message text. One table for every call
// of this product.
// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/CommonErrors.html>
import type { CallError } from '../../app/ports.ts';
import { Unreachable } from '../../domain/errors.ts';

/** No credentials could be had: none configured, expired login, refused role. Thrown by connection.ts only. */
export class NoCredentials extends Error {
  override name = 'NoCredentials';
}

/** What the classification looks at; SDK exceptions and Node's network errors both fit. */
interface Thrown {
  name?: string;
  message?: string;
  /** Node's code of a network error. */
  code?: unknown;
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
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

const TIMEOUT = new Set(['RequestTimeout', 'RequestTimeoutException']);

/** An exception as an answer. @throws Unreachable when it is the credentials: no other call would fare better. */
export function callError(thrown: unknown): CallError {
  const error = thrown as Thrown;
  const name = error.name ?? 'Error';
  const status = error.$metadata?.httpStatusCode;
  const message = messageOf(error);
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
  const text = cause instanceof NoCredentials ? message : `AWS did not accept the credentials (${name}): ${message}`;
  return new Unreachable(text, {
    help: 'Sign in again or choose other credentials; then the run can be resumed.',
    ways: [{ option: 'credentials' }],
    retryable: false,
    cause,
  });
}

/** Node leaves the message of a failed connection to several addresses empty. */
function messageOf({ message, name, code }: Thrown): string {
  return message || (typeof code === 'string' ? code : (name ?? 'no answer'));
}
