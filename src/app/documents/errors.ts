// Errors that are kept, to be told to whoever asks later.
import { AssentError } from '../../domain/errors.ts';
import type { KeptError } from '../ports/service.ts';

// A template that cannot be planned may have thousands; an answer of the workflow holds 256 KB.
const MOST_PROBLEMS = 50;

/** An error as it is kept. */
export function told({ code, message, help, problems, kind }: AssentError): KeptError {
  const shown = problems.slice(0, MOST_PROBLEMS);
  return { version: 1, kind: 'error', code, message, help, problems: shown, errorKind: kind };
}

/** The error again. */
export function revived({ code, message, help, problems, errorKind }: KeptError): AssentError {
  return new AssentError(code, message, { help, problems, kind: errorKind });
}
