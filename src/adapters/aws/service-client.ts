// An installed service over HTTP: one request, its answer or a typed error. What may be sent twice is sent again where
// nothing came back.
import { AssentError, type ErrorKind, Unreachable } from '../../domain/errors.ts';
import type { AwsCredentials } from './connection.ts';
import { signed } from './sigv4.ts';

/** How requests say who asks. */
export type Identity = { token: string } | { credentials: () => Promise<AwsCredentials>; region: string };

export interface ServiceClientOptions {
  /** Of the API, without a slash at its end. */
  url: string;
  identity: Identity;
  /** ms since the epoch. */
  now: () => number;
  pause: (ms: number) => Promise<void>;
  /** Where in which trace the requests are made. */
  traceparent?: (() => string | undefined) | undefined;
}

export interface ServiceRequest {
  body?: object;
  query?: Readonly<Record<string, string | undefined>>;
  /** Makes a request that begins something the same one when it is sent again. */
  key?: string;
}

export interface ServiceAnswer<Document> {
  status: number;
  location: string | undefined;
  document: Document;
}

const ANSWER_MS = 60_000;
const TRIES = 4;
const PAUSE_MS = 500;

export class ServiceClient {
  readonly #options: ServiceClientOptions;

  constructor(options: ServiceClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /** Rejects with the error that the service tells, with Unreachable where there is no answer. */
  async call<Document>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, query = {}, key }: ServiceRequest = {},
  ): Promise<ServiceAnswer<Document>> {
    const url = new URL(`${this.#options.url}${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    const mayRepeat = method === 'GET' || key !== undefined;
    for (let tries = 1; ; tries += 1) {
      const last = !mayRepeat || tries === TRIES;
      const answer = await this.#send(method, url, headers, text).catch((error: unknown) => {
        if (last || !(error instanceof Unreachable) || !error.retryable) throw error;
        return undefined;
      });
      if (answer !== undefined && (last || !isPassing(answer.status))) return this.#read<Document>(answer);
      await this.#options.pause(PAUSE_MS * 2 ** (tries - 1));
    }
  }

  async #send(method: string, url: URL, headers: Record<string, string>, body: string): Promise<Response> {
    const { identity, now, traceparent } = this.#options;
    const trace = traceparent?.();
    const authorized =
      'token' in identity
        ? { ...headers, authorization: `Bearer ${identity.token}` }
        : signed({ method, url, headers, body }, await credentialsOf(identity), {
            region: identity.region,
            service: 'execute-api',
            at: now(),
          });
    try {
      return await fetch(url, {
        method,
        // Not signed: whoever is on the way may set it anew.
        headers: trace === undefined ? authorized : { ...authorized, traceparent: trace },
        // A redirection would carry token or template to somebody else.
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body === '' ? {} : { body }),
      });
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause ?? error;
      const why = (cause as Error).message || String((cause as { code?: unknown }).code ?? cause);
      throw new Unreachable(`The service at ${this.url} does not answer: ${why}`, {
        help: 'Check its URL and the network.',
        cause: error,
      });
    }
  }

  async #read<Document>(answer: Response): Promise<ServiceAnswer<Document>> {
    const { status, headers } = answer;
    const text = await answer.text().catch((cause: unknown) => {
      throw new Unreachable(`The answer of ${this.url} broke off.`, { cause });
    });
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (cause) {
      throw new Unreachable(`What answers at ${this.url} is no Assent service: ${status} without a document.`, {
        help: 'Check its URL.',
        retryable: false,
        cause,
      });
    }
    if (status < 400) return { status, location: headers.get('location') ?? undefined, document: document as Document };
    throw errorOf(status, document, this.url);
  }
}

/** Answers that another try may not get: of an API that is overloaded or just being installed. */
function isPassing(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

async function credentialsOf({ credentials }: Extract<Identity, { region: string }>): Promise<AwsCredentials> {
  try {
    return await credentials();
  } catch (cause) {
    throw new Unreachable((cause as Error).message, {
      help: 'The service wants requests signed by AWS credentials, or a token in ASSENT_TOKEN.',
      ways: [{ option: 'credentials' }],
      retryable: false,
      cause,
    });
  }
}

const KIND: Readonly<Record<number, ErrorKind>> = { 400: 'invalid', 404: 'not_found', 409: 'refused', 413: 'invalid' };

interface Told {
  code?: string;
  detail?: string;
  message?: string;
  help?: string;
  errorKind?: ErrorKind;
  problems?: AssentError['problems'];
}

/** An answer of 4xx or 5xx as the error it tells of. */
function errorOf(status: number, document: unknown, url: string): AssentError {
  const { code, detail, message, help = '', errorKind, problems = [] } = document as Told;
  if (code !== undefined && detail !== undefined) {
    const kind = errorKind ?? KIND[status] ?? (status === 403 ? 'refused' : 'unreachable');
    return new AssentError(code, detail, { help, problems, kind });
  }
  // Not the service's own answer, but the gateway's before it.
  if (status === 401 || status === 403) {
    return new AssentError(status === 401 ? 'unauthorized' : 'forbidden', `The service at ${url} lets you not in.`, {
      help: 'It wants requests signed by AWS credentials that may call it, or a token in ASSENT_TOKEN.',
      ways: [{ option: 'credentials' }],
      kind: 'unreachable',
    });
  }
  const said = message === undefined ? '' : `: ${message}`;
  return new Unreachable(`The service at ${url} answered ${status}${said}.`, { retryable: false });
}
