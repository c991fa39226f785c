// Errors on the way out of the HTTP API: problem details (RFC 9457). The only place that knows which kind of error is
// which status; what is ours alone (a bug, a trap) says nothing of its cause.
import type { Problem } from '#wasm';
import { AssentError, type ErrorKind, NotAllowed } from '../../domain/errors.ts';

/** A problem details object; `code` is the error's stable snake_case, `problems` are the places. */
export interface ProblemDetails {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  /** What sort of error it is, as the command line's exit codes are cut; absent where HTTP alone knows it. */
  errorKind?: ErrorKind;
  help?: string;
  problems?: readonly Pick<Problem, 'code' | 'message' | 'line' | 'column' | 'path' | 'help'>[];
}

/** What a request is refused for before any use case sees it. */
export class HttpRefusal extends Error {
  override name = 'HttpRefusal';
  readonly status: number;
  readonly code: string;
  readonly problems: ProblemDetails['problems'];

  constructor(status: number, code: string, message: string, problems?: ProblemDetails['problems']) {
    super(message);
    this.status = status;
    this.code = code;
    this.problems = problems;
  }
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

const STATUS: Record<ErrorKind, number> = {
  // What was sent is well-formed and cannot be worked with.
  invalid: 422,
  not_found: 404,
  refused: 409,
  waiting: 409,
  held: 409,
  failed: 500,
  unreachable: 502,
  interrupted: 503,
};

/** Any error as the caller sees it. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof HttpRefusal) return details(error.status, error.code, error.message, '', error.problems);
  const status = error instanceof NotAllowed ? 403 : error instanceof AssentError ? STATUS[error.kind] : 500;
  if (status === 500 || !(error instanceof AssentError)) {
    return details(500, 'internal_error', 'The service failed. Its log says why, under the id of this request.');
  }
  return { ...details(status, error.code, error.message, error.help, error.problems), errorKind: error.kind };
}

function details(
  status: number,
  code: string,
  detail: string,
  help = '',
  problems: ProblemDetails['problems'] = [],
): ProblemDetails {
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(help === '' ? {} : { help }),
    ...(problems.length === 0
      ? {}
      : {
          problems: problems.map(({ code, message, line, column, path, help }) => ({
            code,
            message,
            line,
            column,
            ...(path === undefined ? {} : { path }),
            ...(help === undefined ? {} : { help }),
          })),
        }),
  };
}
