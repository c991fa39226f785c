// What commands share that are sent to a service (`--service`): the client, signals and progress around the work, a run
// followed to its end, an inquiry to its answer.
import { setTimeout as pause } from 'node:timers/promises';
import type { ErrorDocument, RunDocument } from '../../app/documents/documents.ts';
import type { RunEvent } from '../../app/documents/events.ts';
import { END_STATUSES, NO_TRACER } from '../../app/ports.ts';
import type { DeploymentDocument, EventsDocument } from '../../app/service/requests.ts';
import { interrupted } from '../../app/session.ts';
import { AssentError } from '../../domain/errors.ts';
import { openRemote } from '../../edge/remote.ts';
import { FLUSH_MS, openTelemetry } from '../../edge/telemetry/open.ts';
import { conclude } from '../conclude.ts';
import type { ExitCode } from '../exit.ts';
import { type Interrupt, listen } from '../interrupt.ts';
import type { Io } from '../io.ts';
import type { RemoteOptions } from '../options.ts';
import { type Progress, progress, SilentProgress } from '../progress.ts';
import type { Asked } from '../render/run.ts';

export type Client = Awaited<ReturnType<typeof openRemote>>;

/** What the work gets. */
export interface Remote {
  client: Client;
  io: Io;
  format: string;
  interrupt: Interrupt;
  progress: Progress;
}

// A feed is written twice a second.
const LOOK_MS = 700;

const ENDED: ReadonlySet<string> = new Set<DeploymentDocument['status']>([
  ...END_STATUSES,
  'not_planned',
  'waiting_approval',
]);

/** Opens, works, closes. */
export async function withService<T>(
  io: Io,
  options: RemoteOptions & { format: string },
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  // INVARIANT: program.ts calls these commands only where a service was named.
  const telemetry = await openTelemetry({ warn: (message) => io.err(`${message}\n`) });
  const tracer = telemetry?.tracer;
  const traceparent = tracer && (() => tracer.traceparent());
  const client = await openRemote({ ...options, service: options.service ?? '', traceparent });
  const shown = options.format === 'jsonl' ? new SilentProgress() : progress(io, Date.now);
  const interrupt = listen({ first: () => undefined, last: () => shown.stop() });
  try {
    return await (tracer ?? NO_TRACER).within('ask service', {}, () =>
      work({ client, io, format: options.format, interrupt, progress: shown }),
    );
  } finally {
    shown.stop();
    interrupt.stop();
    await telemetry?.close(FLUSH_MS);
  }
}

/** A command that is one request and its document. */
export async function fetched<Document>(
  io: Io,
  options: RemoteOptions & { format: string },
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Document> {
  return withService(io, options, async ({ client }) => (await client.call<Document>('GET', path, { query })).document);
}

/** Asks what takes longer than a request may, and waits for the answer. */
export async function inquired<Document>(
  { client, interrupt }: Remote,
  path: string,
  request: { body?: object; query?: Readonly<Record<string, string | undefined>> } = {},
): Promise<Document> {
  const { location = '' } = await client.call('POST', path, request);
  for (;;) {
    const { status, document } = await client.call<Document>('GET', location);
    if (status !== 202) return document;
    await patience(interrupt.signal);
    if (interrupt.signal.aborted) throw interrupted();
  }
}

/** What a run tells, read on from where it was left. */
export class Feed {
  readonly #client: Client;
  readonly #runId: string;
  #after = 0;
  #started = false;

  constructor(client: Client, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  /** `isSeen`: workers come and go, and who watches sees one run. Resolves with how much there was. */
  async read(tell: (event: RunEvent, isSeen: boolean) => void): Promise<number> {
    const query = { after: String(this.#after) };
    const { document } = await this.#client.call<EventsDocument>('GET', `/deployments/${this.#runId}/events`, {
      query,
    });
    for (const event of document.events) {
      const another = event.event === 'suspending' || (this.#started && event.event === 'started');
      this.#started ||= event.event === 'started';
      tell(event, !another);
    }
    this.#after = document.next;
    return document.events.length;
  }
}

/**
 * Shows what a run tells until it ends, waits for a person or is left by its workflow, then prints how it ended; the code is
 * the embedded one's.
 */
export async function followed(remote: Remote, runId: string, asked: Asked): Promise<ExitCode> {
  const { client, io, format, interrupt, progress } = remote;
  const path = `/deployments/${runId}`;
  const feed = new Feed(client, runId);
  const look = () =>
    feed.read((event, isSeen) => {
      if (isSeen) progress.show(event);
      if (format === 'jsonl') io.out(`${JSON.stringify({ version: 1, kind: 'event', ...event })}\n`);
    });
  for (;;) {
    if ((await look()) === 0) {
      const { document } = await client.call<DeploymentDocument>('GET', path);
      const { status, error } = document;
      if (ENDED.has(status)) {
        // What was told between the two looks.
        while ((await look()) > 0);
        progress.stop();
        return conclude(io, resultOf(document), format, { ...asked, stack: document.stack ?? asked.stack });
      }
      if (error !== undefined) throw revived(error, '', [{ action: 'resume', runId }]);
    }
    await patience(interrupt.signal);
    if (interrupt.signal.aborted) throw leftBehind(runId);
  }
}

function resultOf({ runId, status, result, error }: DeploymentDocument): RunDocument {
  if (result !== undefined) return result;
  throw revived(error, `Run ${runId} is ${status}: the service does not say why.`);
}

function revived(
  error: (ErrorDocument & { errorKind?: AssentError['kind'] }) | undefined,
  otherwise: string,
  ways: AssentError['ways'] = [],
): AssentError {
  if (error === undefined) return new AssentError('internal_error', otherwise, { kind: 'failed' });
  const { code, message, help, problems, errorKind = 'failed' } = error;
  return new AssentError(code, message, { help, problems, kind: errorKind, ways });
}

/** The rejection of who stops watching. */
export function leftBehind(runId: string): AssentError {
  return new AssentError('interrupted', `Run ${runId} goes on in the service; it is only not watched any more.`, {
    kind: 'interrupted',
    ways: [{ action: 'cancel', runId }],
  });
}

/** Until it is worth while to look again, or somebody interrupts. */
export async function patience(signal: AbortSignal): Promise<void> {
  await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
}
