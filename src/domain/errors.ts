// Typed errors: what a caller branches on. Domain and core know kinds and codes; what a kind means on a command line is
// the CLI's (exit codes), what it means over HTTP is the edge's (status codes).
import type { Problem } from '#wasm';

/** What sort of thing went wrong. */
export type ErrorKind =
  /** Template, parameters, options or state are not what they must be; nothing was called. */
  | 'invalid'
  /** What was named does not exist. */
  | 'not_found'
  /** Policy, a person or an approval stands against it. */
  | 'refused'
  /** A person has to answer first. */
  | 'waiting'
  /** Work was begun and did not come to its end. */
  | 'failed'
  /** Cloud or service could not be reached. */
  | 'unreachable'
  /** Somebody else works on it. */
  | 'held'
  | 'interrupted';

/**
 * What may be done about it, for the outside to spell: a command line says `assent resume RUN`, an HTTP API a request.
 * `action`: of a use case; `option`: something to say otherwise.
 */
export type Way =
  | { action: 'resume' | 'approve' | 'reject' | 'cancel'; runId: string }
  | { action: 'status' | 'deploy' | 'plan'; stack?: string }
  | { action: 'rules' | 'scan_baseline' }
  | { option: 'place' | 'region' | 'state' | 'credentials' | 'endpoint' | 'no_refresh' | 'cloud_aws' | 'account' }
  | { option: 'parameters'; names: readonly string[] };

interface Details {
  /** In words that hold whoever reads them: no command, no option, no status code. */
  help?: string;
  ways?: readonly Way[];
  problems?: readonly Problem[];
  retryable?: boolean;
  kind?: ErrorKind;
  cause?: unknown;
}

/** Everything Assent refuses or fails with; `code` is stable snake_case. */
export class AssentError extends Error {
  override name = 'AssentError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly help: string;
  readonly ways: readonly Way[];
  readonly problems: readonly Problem[];
  readonly retryable: boolean;

  constructor(code: string, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.kind = details.kind ?? 'invalid';
    this.help = details.help ?? '';
    this.ways = details.ways ?? [];
    this.problems = details.problems ?? [];
    this.retryable = details.retryable ?? false;
  }
}

/** Template, parameters or usage are wrong; nothing was called. */
export class InvalidInput extends AssentError {
  override name = 'InvalidInput';
}

/** A resource could not be deployed; the code is `deployment_failed` unless a narrower one is given. */
export class DeploymentFailed extends AssentError {
  override name = 'DeploymentFailed';
  constructor(message: string, details: Details = {}) {
    super('deployment_failed', message, { kind: 'failed', ...details });
  }
}

/** Policy or a verdict refuses. */
export class SecurityValidationFailed extends AssentError {
  override name = 'SecurityValidationFailed';
  constructor(message: string, details: Details = {}) {
    super('security_validation_failed', message, { kind: 'refused', ...details });
  }
}

/** The access policy of a service does not allow it. */
export class NotAllowed extends AssentError {
  override name = 'NotAllowed';
  constructor(message: string, details: Details = {}) {
    super('not_allowed', message, { kind: 'refused', ...details });
  }
}

/** A stack, run or resource that was named does not exist. */
export class ResourceNotFound extends AssentError {
  override name = 'ResourceNotFound';
  constructor(message: string, details: Details = {}) {
    super('resource_not_found', message, { kind: 'not_found', ...details });
  }
}

/** Another run holds the stack. */
export class LeaseHeld extends AssentError {
  override name = 'LeaseHeld';
  constructor(message: string, details: Details = {}) {
    super('lease_held', message, { kind: 'held', retryable: true, ...details });
  }
}

/** The cloud or the service could not be reached. */
export class Unreachable extends AssentError {
  override name = 'Unreachable';
  constructor(message: string, details: Details = {}) {
    super('unreachable', message, { kind: 'unreachable', retryable: true, ...details });
  }
}
