// Errors as the services answer them: a name in `__type`, a message, an HTTP status.

export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Error codes of progress events, as the service's model lists them. */
export const HANDLER_ERRORS = [
  'NotUpdatable',
  'InvalidRequest',
  'AccessDenied',
  'UnauthorizedTaggingOperation',
  'InvalidCredentials',
  'AlreadyExists',
  'NotFound',
  'ResourceConflict',
  'Throttling',
  'ServiceLimitExceeded',
  'NotStabilized',
  'GeneralServiceException',
  'ServiceInternalError',
  'ServiceTimeout',
  'NetworkFailure',
  'InternalFailure',
] as const;
export type HandlerError = (typeof HANDLER_ERRORS)[number];

export const validation = (message: string): ApiError => new ApiError('ValidationException', message);
export const invalidRequest = (message: string): ApiError => new ApiError('InvalidRequestException', message);
