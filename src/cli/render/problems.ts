// Problems and errors for people, and as the one document on stdout for programs.
import type { Problem } from '#wasm';
import type { ErrorDocument } from '../../app/documents/documents.ts';
import { AssentError } from '../../domain/errors.ts';
import { helpOf, helpOfProblem } from '../exit.ts';
import { type Paint, plain } from './style.ts';

/** Problems as `file:line:column`, one per line, each with its way out below. */
export function problemLines(problems: readonly Problem[], file: string, paint: Paint): string {
  return problems
    .map((problem) => {
      const { code, severity, message, line, column, path } = problem;
      const help = helpOfProblem(problem);
      const place = line > 0 ? `${file === '' ? '' : `${plain(file)}:`}${line}:${column}` : plain(path ?? '');
      const label = severity === 'error' ? paint('red', 'error') : paint('yellow', 'warning');
      const where = place === '' ? '' : `${place}  `;
      const way = help === '' ? '' : `      ${paint('dim', plain(help))}\n`;
      return `  ${where}${label}  ${plain(message)} ${paint('dim', `[${plain(code)}]`)}\n${way}`;
    })
    .join('');
}

/** Warnings of a plan under their heading; nothing where there are none. */
export function warningsText(problems: readonly Problem[], file: string, paint: Paint): string {
  return problems.length === 0 ? '' : `\n${paint('bold', 'Warnings')}\n${problemLines(problems, file, paint)}`;
}

/** An error for people. */
export function errorText(error: AssentError, file: string, paint: Paint): string {
  const head = `${paint('red', 'error:')} ${plain(error.message)} ${paint('dim', `[${error.code}]`)}\n`;
  const problems = error.problems.length > 0 ? problemLines(error.problems, file, paint) : '';
  const said = helpOf(error);
  const help = said === '' ? '' : `${paint('cyan', 'help:')} ${plain(said)}\n`;
  return head + problems + help;
}

/** An error for programs. */
export function errorDocument(error: AssentError): ErrorDocument {
  const { code, message } = error;
  const problems = error.problems.map((problem) => {
    const help = helpOfProblem(problem);
    return help === '' ? problem : { ...problem, help };
  });
  return { version: 1, kind: 'error', code, message, help: helpOf(error), problems };
}

/** Any rejection as a typed one; what nobody foresaw is `internal_error`. */
export function asAssentError(error: unknown): AssentError {
  if (error instanceof AssentError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AssentError('internal_error', message, {
    help: 'This should not have happened. State is saved; `assent status` shows it and `assent resume` goes on.',
    kind: 'failed',
    cause: error,
  });
}
