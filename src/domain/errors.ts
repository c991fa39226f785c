// Typed errors: what a caller branches on, and the exit code each one means on the command line.
import type { Problem } from '#wasm';

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130;

interface Details {
  help?: string;
  problems?: readonly Problem[];
  retryable?: boolean;
  exitCode?: ExitCode;
  cause?: unknown;
}

/** Everything Assent refuses or fails with; `code` is stable snake_case. */
export class AssentError extends Error {
  override name = 'AssentError';
  readonly code: string;
  readonly help: string;
  readonly problems: readonly Problem[];
  readonly retryable: boolean;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.help = details.help ?? '';
    this.problems = details.problems ?? [];
    this.retryable = details.retryable ?? false;
    this.exitCode = details.exitCode ?? 2;
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
    super('deployment_failed', message, { exitCode: 4, ...details });
  }
}

/** Policy or a verdict refuses. */
export class SecurityValidationFailed extends AssentError {
  override name = 'SecurityValidationFailed';
  constructor(message: string, details: Details = {}) {
    super('security_validation_failed', message, { exitCode: 1, ...details });
  }
}

/** A stack, run or resource that was named does not exist. */
export class ResourceNotFound extends AssentError {
  override name = 'ResourceNotFound';
  constructor(message: string, details: Details = {}) {
    super('resource_not_found', message, { exitCode: 2, ...details });
  }
}

/** Another run holds the stack. */
export class LeaseHeld extends AssentError {
  override name = 'LeaseHeld';
  constructor(message: string, details: Details = {}) {
    super('lease_held', message, { exitCode: 6, retryable: true, ...details });
  }
}

/** The cloud or the service could not be reached. */
export class Unreachable extends AssentError {
  override name = 'Unreachable';
  constructor(message: string, details: Details = {}) {
    super('unreachable', message, { exitCode: 5, retryable: true, ...details });
  }
}
